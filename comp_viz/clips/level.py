"""How loud speech is, and sound brought to one loudness, so that neither words nor features depend on the recording's level."""

from collections.abc import Sequence

import numpy as np

from comp_viz.clips.media import RATE
from comp_viz.data.conversation import Floats

LEVEL = -23.0  # dBFS of the louder frames of speech after levelling, as of a close voice; peaks stay below full scale
FRAME = RATE // 40  # samples, 25 ms
LOUDER = 80.0  # percentile of the frames' energies that is taken: above pauses, below a knock on the microphone
FAINTEST = -110.0  # dBFS; below it there is nothing to make louder


def speech_level(sound: Floats, voice: Sequence[tuple[float, float]] = (), percentile: float = LOUDER) -> float:
    """Level in dBFS of the louder frames of `sound`, of those within `voice` (start and end, seconds) where it is given."""
    frames = frame_powers(sound)
    inside = np.zeros(len(frames), bool)
    for start, end in voice:
        inside[int(start * RATE / FRAME) : int(np.ceil(end * RATE / FRAME))] = True
    chosen = frames[inside] if inside.any() else frames
    power = float(np.percentile(chosen, percentile)) if len(chosen) else 0.0
    return max(FAINTEST, 10 * float(np.log10(power))) if power > 0 else FAINTEST


def frame_powers(sound: Floats) -> np.ndarray:
    """Mean square of each frame of 25 ms; what is left at the end counts as one where there is no whole frame."""
    if len(sound) < FRAME:
        return np.array([np.mean(np.square(sound, dtype=np.float64))]) if len(sound) else np.zeros(0)
    whole = np.asarray(sound[: len(sound) // FRAME * FRAME], np.float32).reshape(-1, FRAME)
    power: Floats = np.einsum("ij,ij->i", whole, whole).astype(np.float64) / FRAME
    return power


def bring_to_level(sound: Floats, level: float) -> Floats:
    """The sound with `level` (dBFS) moved to `LEVEL`, louder or quieter; peaks beyond full scale are cut."""
    if level <= FAINTEST:
        return np.asarray(sound, np.float32)
    gain = np.float32(10 ** ((LEVEL - level) / 20))
    louder: Floats = np.clip(np.asarray(sound, np.float32) * gain, -1, 1)
    return louder


def levelled(sound: Floats) -> Floats:
    """An utterance at the level at which features are made of it, whatever it was recorded at."""
    return bring_to_level(sound, speech_level(sound))
