"""Recognises words with their times, and tells where there is voice at all."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from comp_viz.clips import whisper
from comp_viz.clips.media import RATE
from comp_viz.clips.requirements import library_missing
from comp_viz.clips.settings import Settings
from comp_viz.clips.span import Word
from comp_viz.data.conversation import Floats

LOUD = 0.5  # peak that quiet sound is raised to before listening
PAD = 1000  # milliseconds of sound around a stretch of voice that are listened to as well, for the ends of its words
CUT = (
    0.12  # seconds: a first word that begins with the clip and is shorter may be what the clip's beginning left of one
)
SURE = 0.75  # probability below which it is taken to be that; the number of threads alone moves it by 0.03
WINDOW = 30 * RATE  # samples that are listened to for the language
CLEAR = 0.6  # probability of a language that is taken to be clear
REPEATING = 2.4  # times that text is shortened by packing it: more, and the recogniser was caught in a loop
FAINTEST = 1e-3  # peak below which sound is left as it is: raising it would only raise the noise


def listen(
    sound: Floats, settings: Settings, tick: Callable[[float], None] = lambda share: None
) -> tuple[tuple[Word, ...], str]:
    """Samples -> words in order, and the language heard ("" without words).

    Only where there is voice is listened to, so that silence and noise give no words rather than invented ones. `tick` is
    given the share of the sound that is done, and may raise to stop.
    """
    if len(sound) < RATE // 10 or np.abs(sound).max() < FAINTEST:
        return (), ""
    loud = raise_volume(sound)
    with whisper.WHISPER_LOCK:
        model = whisper.whisper_model()
        language = settings.language or heard_language(loud, settings.thresholds.speech)
        if not language:
            return (), ""
        segments, _ = model.transcribe(
            loud,
            language=language,
            beam_size=5,
            temperature=0.0,  # the same words every time; what repeats itself is left out below
            word_timestamps=True,
            vad_filter=True,
            vad_parameters={"threshold": settings.thresholds.speech, "speech_pad_ms": PAD},
            condition_on_previous_text=False,  # one wrong sentence must not spread to the next
        )
        words = list[Word]()
        for segment in segments:
            if segment.compression_ratio <= REPEATING:
                words += segment_words(segment)
            tick(min(1.0, segment.end * RATE / len(sound)))
    if words and begins_mid_word(words[0]):
        words = words[1:]
    return tuple(words), language if words else ""


def begins_mid_word(word: Word) -> bool:
    """Whether the clip begins within this word, so that it was guessed from its end rather than heard."""
    return word.start == 0 and word.end < CUT and word.probability < SURE


def segment_words(segment: Any) -> list[Word]:
    """A recognised segment's words; pieces that continue one, such as "-year", are put back to it."""
    words = list[Word]()
    for word in segment.words or ():
        text = word.word.strip()
        if words and text and not word.word.startswith(" ") and segment.words[0].word.startswith(" "):
            last = words.pop()
            probability = min(last.probability, float(word.probability))
            words.append(Word(last.text + text, last.start, float(word.end), probability))
        elif text:
            words.append(Word(text, float(word.start), float(word.end), float(word.probability)))
    return words


def heard_language(sound: Floats, threshold: float) -> str:
    """The language spoken first, "en" and so on; "" when nobody speaks. English unless another one is clear."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    stretches = get_speech_timestamps(sound, VadOptions(threshold=threshold))
    if not stretches:
        return ""
    likeliest, probability, _ = whisper.whisper_model().detect_language(sound[stretches[0]["start"] :][:WINDOW])
    return str(likeliest) if probability >= CLEAR else "en"


def raise_volume(sound: Floats) -> Floats:
    """The same sound as loud as a close voice, since recognition expects that; never made quieter."""
    peak = float(np.abs(sound).max())
    gain = max(1.0, LOUD / peak) if peak >= FAINTEST else 1.0
    return np.asarray(sound, np.float32) * np.float32(gain)


def voiced_stretches(sound: Floats, threshold: float) -> list[tuple[float, float]]:
    """Stretches of voice, start and end in seconds. Without the recognition library there are none known."""
    if library_missing(whisper.LIBRARY) or len(sound) < RATE // 10 or np.abs(sound).max() < FAINTEST:
        return []
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(threshold=threshold, min_silence_duration_ms=200, speech_pad_ms=50)
    with whisper.WHISPER_LOCK:
        stretches = get_speech_timestamps(raise_volume(sound), options)
    return [(piece["start"] / RATE, piece["end"] / RATE) for piece in stretches]


def voiced_share(stretches: Sequence[tuple[float, float]], duration: float, start: float = 0.0) -> float:
    """Share of the time from `start` for `duration` seconds that stretches of voice cover, 0 to 1."""
    covered = sum(max(0.0, min(b, start + duration) - max(a, start)) for a, b in stretches)
    return min(1.0, covered / duration) if duration > 0 else 0.0
