"""Which files may be clips: any, for the decoder tries them all; here are names for players, and what to look at in folders."""

from pathlib import Path

MEDIA_TYPES = {  # how a name ends -> what browsers call it
    **dict.fromkeys((".mp4", ".m4v", ".mov"), "video/mp4"),
    **dict.fromkeys((".ts", ".mts", ".m2ts"), "video/mp2t"),
    **dict.fromkeys((".mpg", ".mpeg", ".vob", ".mpe", ".m2v"), "video/mpeg"),
    **dict.fromkeys((".ogg", ".oga", ".opus", ".spx"), "audio/ogg"),
    **dict.fromkeys((".aif", ".aiff", ".aifc"), "audio/aiff"),
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".avi": "video/x-msvideo",
    ".divx": "video/x-msvideo",
    ".ogv": "video/ogg",
    ".3gp": "video/3gpp",
    ".3g2": "video/3gpp2",
    ".wmv": "video/x-ms-wmv",
    ".asf": "video/x-ms-asf",
    ".flv": "video/x-flv",
    ".mxf": "application/mxf",
    ".dv": "video/x-dv",
    ".wav": "audio/wav",
    ".w64": "audio/wav",
    ".mp3": "audio/mpeg",
    ".mp2": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".flac": "audio/flac",
    ".weba": "audio/webm",
    ".mka": "audio/x-matroska",
    ".aac": "audio/aac",
    ".wma": "audio/x-ms-wma",
    ".caf": "audio/x-caf",
    ".au": "audio/basic",
    ".amr": "audio/amr",
    ".ac3": "audio/ac3",
    ".eac3": "audio/eac3",
}
# What clips begin with, at which byte: for files whose names say nothing.
BEGINNINGS = (
    (4, b"ftyp"), (4, b"moov"), (4, b"mdat"), (0, b"\x1aE\xdf\xa3"), (8, b"AVI "), (8, b"WAVE"), (0, b"OggS"), (0, b"fLaC"),
    (0, b"ID3"), (0, b"\xff\xfb"), (0, b"\xff\xf1"), (0, b"FLV\x01"), (0, b"0&\xb2u\x8ef\xcf\x11"), (8, b"AIFF"), (8, b"AIFC"),
    (0, b"\x00\x00\x01\xba"), (0, b"caff"), (0, b"#!AMR"), (0, b".snd"), (0, b"riff.\x91\xcf\x11"),
)  # fmt: skip
TRANSPORT = ((0, 188), (4, 192))  # streams of packets: where the first begins, and how far it is to the next


def looks_like_clip(path: Path) -> bool:
    """Whether a file in a folder is worth giving to the decoder: by how its name ends, else by how it begins."""
    if path.suffix.lower() in MEDIA_TYPES and not path.name.startswith("."):
        return True
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError:
        return False
    if any(head[at : at + len(mark)] == mark for at, mark in BEGINNINGS):
        return True
    return any(len(head) > at + 4 * step and set(head[at::step]) == {0x47} for at, step in TRANSPORT)
