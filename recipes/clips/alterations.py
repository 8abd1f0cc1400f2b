"""What recordings do to a voice: speed, rooms, channels, noise, level and codecs. None of it is an emotion."""

import io
from typing import Any

import numpy as np

from comp_viz.clips.media import RATE
from comp_viz.data.conversation import Floats

SPEED, ROOM, CHANNEL, CODEC = 0.4, 0.5, 0.6, 0.5  # how often each is done; noise and level always are
NOISE = (8.0, 35.0)  # dB of the louder frames of the voice over the noise
PEAK = (-25.0, -1.0)  # dB of full scale
FASTEST = 1.07  # pitch and rate together
CODECS = (
    ("libmp3lame", "mp3", 24_000), ("libmp3lame", "mp3", 48_000), ("aac", "adts", 24_000), ("aac", "adts", 48_000),
    ("libopus", "ogg", 12_000), ("libopus", "ogg", 24_000),
)  # fmt: skip  # encoder, container, bits a second


def altered(sound: Floats, rng: np.random.Generator) -> Floats:
    """The same voice from another recording; the same every time for the same `rng`."""
    wide = np.asarray(sound, np.float64)
    if rng.random() < SPEED:
        wide = at_another_speed(wide, rng)
    if rng.random() < ROOM:
        wide = in_a_room(wide, rng)
    if rng.random() < CHANNEL:
        wide = through_a_channel(wide, rng)
    wide = in_noise(wide, rng)
    wide = wide / max(1e-6, np.abs(wide).max()) * 10 ** (-rng.uniform(-PEAK[1], -PEAK[0]) / 20)
    if rng.random() < CODEC:
        wide = coded(wide, *CODECS[rng.integers(len(CODECS))])
    changed: Floats = wide.astype(np.float32)
    return changed


def at_another_speed(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Faster and higher, or slower and lower, as another player would have it."""
    factor = rng.uniform(2 - FASTEST, FASTEST)
    played: np.ndarray = np.interp(np.arange(int(len(sound) / factor)) * factor, np.arange(len(sound)), sound)
    return played


def in_a_room(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """With the echo of a room: decaying noise, 0.15 to 0.7 s until it is 60 dB lower, 0 to 12 dB below the voice."""
    length = int(rng.uniform(0.15, 0.7) * RATE)
    echo = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    echo[: int(0.002 * RATE)] = 0
    echo = echo / np.sqrt((echo**2).sum()) * 10 ** (rng.uniform(-12, 0) / 20)
    echo[0] = 1
    whole = len(sound) + length - 1
    heard: np.ndarray = np.fft.irfft(np.fft.rfft(sound, whole) * np.fft.rfft(echo, whole), whole)[: len(sound)]
    return heard


def through_a_channel(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """With the low and high end of a microphone or a telephone, and up to 3 dB an octave brighter or duller."""
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    low, high = np.exp(rng.uniform(np.log(30), np.log(300))), np.exp(rng.uniform(np.log(3000), np.log(9000)))
    gain = 1 / np.sqrt(1 + (low / np.maximum(frequency, 1)) ** 4) / np.sqrt(1 + (frequency / high) ** 8)
    gain *= 10 ** (rng.uniform(-3, 3) * np.log2(np.maximum(frequency, 60) / 1000) / 20)
    passed: np.ndarray = np.fft.irfft(np.fft.rfft(sound) * gain, len(sound))
    return passed


def in_noise(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """With white, pink or brown noise."""
    frames = sound[: len(sound) // 400 * 400].reshape(-1, 400)
    power = float(np.percentile((frames**2).mean(1), 80))
    hiss = noise(len(sound), rng)
    mixed: np.ndarray = sound + hiss * np.sqrt(power / 10 ** (rng.uniform(*NOISE) / 10))
    return mixed


def noise(samples: int, rng: np.random.Generator) -> np.ndarray:
    """White, pink or brown noise of power 1."""
    white: np.ndarray = rng.standard_normal(samples)
    steepness = rng.choice(3)
    if steepness:
        spectrum = np.fft.rfft(white)
        number = np.arange(len(spectrum))
        number[0] = 1
        white = np.fft.irfft(spectrum / number ** (0.5 * steepness), samples)
    even: np.ndarray = white / np.sqrt(np.mean(white**2) + 1e-12)
    return even


def coded(sound: np.ndarray, encoder: str, container: str, bits: int) -> np.ndarray:
    """As it comes out of an encoder, of the same length."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream: Any = out.add_stream(encoder, rate=RATE, layout="mono")
        stream.bit_rate = bits
        samples = av.AudioResampler(format="flt" if encoder == "libopus" else "fltp", layout="mono", rate=RATE)
        frame = av.AudioFrame.from_ndarray(np.clip(sound, -1, 1).astype(np.float32)[None], format="fltp", layout="mono")
        frame.sample_rate = RATE
        for part in samples.resample(frame):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as written:
        samples = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        frames = [f.to_ndarray().ravel() for d in written.decode(audio=0) for f in samples.resample(d)]
    heard = np.concatenate([*frames, np.zeros(0, np.float32)])
    return np.pad(heard, (0, max(0, len(sound) - len(heard))))[: len(sound)] if len(heard) > RATE // 10 else sound
