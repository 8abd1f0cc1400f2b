"""Where in a sound there is voice, whatever level it was recorded at."""

from collections.abc import Sequence

import numpy as np

from comp_viz.clips.level import FAINTEST, bring_to_level, speech_level
from comp_viz.clips.media import RATE
from comp_viz.clips.requirements import library_missing
from comp_viz.data.conversation import Floats

DETECTOR = "faster-whisper"  # the library that brings the detector, Silero VAD
SHORTEST = 0.1  # seconds of voice at least: less is a click, or what the end of a clip leaves of a word
NEAR = 12.0  # dB by which the level may have been guessed wrongly before the detector listens again
Stretches = Sequence[tuple[float, float]]


def voiced_stretches(sound: Floats, threshold: float) -> list[tuple[float, float]]:
    """Stretches of voice, start and end in seconds. Without the detector's library nothing is known, and all is one stretch.

    The detector is level-dependent, so it hears the sound at the level of its louder frames; where that was not the level
    of the voice in it, again at that one; and where there is no voice, again at the level of the very loudest frames,
    for a few words in a long recording.
    """
    if len(sound) < RATE // 10:
        return []
    if library_missing(DETECTOR):
        return [(0.0, len(sound) / RATE)]
    level = speech_level(sound, percentile=95.0)
    voice = detect(sound, level, threshold)
    other = speech_level(sound, voice) if voice else speech_level(sound, percentile=99.5)
    return detect(sound, other, threshold) if abs(other - level) > NEAR else voice


def detect(sound: Floats, level: float, threshold: float) -> list[tuple[float, float]]:
    """Stretches of voice in a sound whose voice has this level, dBFS."""
    if level <= FAINTEST:
        return []
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        threshold=threshold,
        min_speech_duration_ms=round(SHORTEST * 1000),
        min_silence_duration_ms=200,
        speech_pad_ms=50,
    )
    pieces = get_speech_timestamps(np.ascontiguousarray(bring_to_level(sound, level)), options)
    return [(piece["start"] / RATE, piece["end"] / RATE) for piece in pieces]


def voiced_share(stretches: Stretches, duration: float, start: float = 0.0) -> float:
    """Share of the time from `start` for `duration` seconds that stretches of voice cover, 0 to 1."""
    covered = sum(max(0.0, min(b, start + duration) - max(a, start)) for a, b in stretches)
    return min(1.0, covered / duration) if duration > 0 else 0.0
