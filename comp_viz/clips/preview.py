"""A file that browsers play, made from what was decoded, for containers they do not read (AVI, MPEG-1, and the like)."""

import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from comp_viz.clips.media import RATE, Media

BLOCK = 960  # samples handed over at a time, 60 ms


def write_playable(media: Media, stem: Path) -> Path:
    """Write `stem` with a suffix of its own: WebM with the pictures that were taken and the sound, or WAV without pictures."""
    if media.video_problem or not media.picture_times:
        return write_wav(media, stem.with_suffix(".wav"))
    return write_webm(media, stem.with_suffix(".webm"))


def write_wav(media: Media, path: Path) -> Path:
    """The sound as 16-bit samples."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(media.sound, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def write_webm(media: Media, path: Path) -> Path:
    """Pictures at their times as VP8, sound as Opus."""
    import av

    first = media.pictures([0])[0]
    height, width = (side - side % 2 for side in first.shape[:2])
    with av.open(str(path), "w", format="webm") as file:
        video: Any = file.add_stream("libvpx", rate=30)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.bit_rate = 800_000
        video.options = {"deadline": "realtime", "cpu-used": "8"}
        video.codec_context.time_base = Fraction(1, 1000)
        sound: Any = None if media.sound_problem else file.add_stream("libopus", rate=48_000, layout="mono")
        for i, time in enumerate(media.picture_times):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(media.pictures([i])[0][:height, :width]), "rgb24")
            frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
            file.mux(video.encode(frame))
        file.mux(video.encode())
        if sound is not None:
            write_sound(file, sound, media)
    return path


def write_sound(file: Any, stream: Any, media: Media) -> None:
    """All samples, resampled to what the codec takes."""
    import av

    resampler = av.AudioResampler(format="flt", layout="mono", rate=48_000)
    samples = media.sound
    for at in range(0, len(samples), BLOCK):
        frame = av.AudioFrame.from_ndarray(np.array(samples[None, at : at + BLOCK], np.float32), "flt", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        for piece in resampler.resample(frame):
            file.mux(stream.encode(piece))
    file.mux(stream.encode())
