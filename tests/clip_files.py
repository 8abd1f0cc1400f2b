"""Clips for tests, made here: containers with chosen sound and pictures, and what hostile people would upload."""

import io
import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np
from needs import need

from comp_viz.clips import decode

need(decode.decoder_missing())
import av  # noqa: E402  # only where it is there


def make_clip(
    path: Path,
    seconds: float = 1.0,
    rate: int = 10,
    size: tuple[int, int] = (64, 48),
    sound: np.ndarray | None = None,
    codec: str = "mpeg4",
    shift: int = 0,
    metadata: dict[str, str] | None = None,
) -> Path:
    """A clip of `seconds` at `rate` pictures per second, each picture a shade of grey, with 16 kHz `sound` if given."""
    with av.open(str(path), "w") as container:
        container.metadata.update(metadata or {})
        streams = []
        if rate:
            video = container.add_stream(codec, rate=rate)
            video.width, video.height = size
            video.pix_fmt = {"mjpeg": "yuvj420p", "png": "gray"}.get(codec, "yuv420p")
            streams.append((video, pictures(seconds, rate, size, video.pix_fmt, shift)))
        if sound is not None:
            audio = container.add_stream(
                "pcm_s16le" if path.suffix in (".wav", ".avi", ".mkv", ".mov") else "aac", rate=16000
            )
            audio.layout = "mono"
            streams.append((audio, samples(sound)))
        for stream, frames in streams:
            for frame in frames:
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


def pictures(seconds, rate, size, form, shift):
    for i in range(max(1, round(seconds * rate))):
        shade = np.full((size[1], size[0]), (i * 20) % 256, np.uint8)
        frame = av.VideoFrame.from_ndarray(shade, format="gray").reformat(format=form)
        frame.pts, frame.time_base = i + shift, Fraction(1, rate)
        yield frame


def samples(sound):
    whole = (np.clip(sound, -1, 1) * 32767).astype(np.int16)
    for at in range(0, len(whole), 1024):
        frame = av.AudioFrame.from_ndarray(whole[None, at : at + 1024], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16000, at, Fraction(1, 16000)
        yield frame


def tone(seconds: float) -> np.ndarray:
    """1 kHz: a lower tone is taken for a voice, and recognition looks for its words for half a minute."""
    return (0.3 * np.sin(2 * np.pi * 1000 * np.arange(int(seconds * 16000)) / 16000)).astype(np.float32)


def zip_bomb(path: Path) -> Path:
    """Ten megabytes of zeros packed into a few kilobytes, under a clip's name."""
    inside = io.BytesIO()
    with zipfile.ZipFile(inside, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros", bytes(10 << 20))
    path.write_bytes(inside.getvalue())
    return path
