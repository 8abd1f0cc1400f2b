"""Recognises words with their times, and tells where there is voice at all."""

from collections.abc import Callable, Sequence

import numpy as np

from comp_viz.clips import whisper
from comp_viz.clips.clip import Word
from comp_viz.clips.media import RATE
from comp_viz.clips.settings import Settings
from comp_viz.data.conversation import Floats

LOUD = 0.5  # peak that quiet sound is raised to before listening
FAINTEST = 1e-3  # peak below which sound is left as it is: raising it would only raise the noise


def listen(
    sound: Floats, settings: Settings, tick: Callable[[float], None] = lambda share: None
) -> tuple[tuple[Word, ...], str]:
    """Samples -> words in order, and the language heard ("" without words).

    Only where there is voice is listened to, so that silence and noise give no words rather than invented ones. `tick` is
    told the share of the sound that is done, and may raise to stop.
    """
    if len(sound) < RATE // 10 or np.abs(sound).max() < FAINTEST:
        return (), ""
    model = whisper.model()
    with whisper.LOCK:
        segments, info = model.transcribe(
            raised(sound),
            language=settings.language or None,
            beam_size=5,
            word_timestamps=True,
            vad_filter=True,
            vad_parameters={"threshold": settings.thresholds.speech},
            condition_on_previous_text=False,  # one wrong sentence must not spread to the next
        )
        words = []
        for segment in segments:
            words += [
                Word(word.word.strip(), float(word.start), float(word.end), float(word.probability))
                for word in segment.words or ()
                if word.word.strip()
            ]
            tick(min(1.0, segment.end * RATE / len(sound)))
    return tuple(words), info.language if words else ""


def raised(sound: Floats) -> Floats:
    """The same sound as loud as a close voice, since recognition expects that; never made quieter."""
    peak = float(np.abs(sound).max())
    gain = max(1.0, LOUD / peak) if peak >= FAINTEST else 1.0
    return np.asarray(sound, np.float32) * np.float32(gain)


def voiced(sound: Floats, threshold: float) -> list[tuple[float, float]]:
    """Stretches of voice, start and end in seconds. Without the recognition library there are none known."""
    if whisper.library_missing() or len(sound) < RATE // 10 or np.abs(sound).max() < FAINTEST:
        return []
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(threshold=threshold, min_silence_duration_ms=200, speech_pad_ms=50)
    with whisper.LOCK:
        found = get_speech_timestamps(raised(sound), options)
    return [(piece["start"] / RATE, piece["end"] / RATE) for piece in found]


def share(stretches: Sequence[tuple[float, float]], duration: float, start: float = 0.0) -> float:
    """Share of the time from `start` for `duration` seconds that stretches of voice cover, 0 to 1."""
    covered = sum(max(0.0, min(b, start + duration) - max(a, start)) for a, b in stretches)
    return min(1.0, covered / duration) if duration > 0 else 0.0
