"""What people call a kind of file: "MP4" and not "mov,mp4,m4a,3gp,3g2,mj2"."""

from typing import Any

BRANDS = {"qt": "QuickTime", "3g": "3GP", "M4A": "M4A", "M4B": "M4A", "M4V": "M4V"}  # how the brand of an MP4 begins
WEB = {"vp8", "vp9", "av1", "opus", "vorbis", "libdav1d", "libvpx", "libopus"}  # codecs of WebM, by names of decoders
KINDS = {  # by FFmpeg's name
    "mpeg": "MPEG", "mpegts": "MPEG transport stream", "mpegvideo": "MPEG video", "asf": "Windows Media", "ogg": "Ogg",
    "w64": "Wave64", "ac3": "AC-3", "eac3": "E-AC-3", "amrnb": "AMR", "amrwb": "AMR", "h264": "H.264", "hevc": "H.265",
    "ape": "Monkey's Audio", "wv": "WavPack", "tta": "TTA", "nut": "NUT", "m4v": "MPEG-4 video",
}  # fmt: skip


def container_kind(container: Any) -> str:
    """The kind of a file that was opened, in one name."""
    name = container.format.name
    if "mp4" in name.split(","):
        brand = str(container.metadata.get("major_brand") or "")
        return next((kind for begins, kind in BRANDS.items() if brand.startswith(begins)), "MP4")
    if "matroska" in name:
        used = {stream.codec_context.name for stream in container.streams if stream.type in ("audio", "video")}
        return "WebM" if used <= WEB else "Matroska"
    return KINDS.get(name, str(name).split(",")[0].upper())
