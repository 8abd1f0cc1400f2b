"""Recognises words with their times, where there is voice and nowhere else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from comp_viz.clips import whisper
from comp_viz.clips.level import bring_to_level, speech_level
from comp_viz.clips.media import RATE
from comp_viz.clips.settings import Settings
from comp_viz.clips.span import Word
from comp_viz.clips.voice import Stretches
from comp_viz.data.conversation import Floats

APART = 1.5  # seconds without voice that part what is recognised by itself: a longer pause invites invented words
AROUND = 1.0  # seconds of sound around a stretch of voice that are listened to as well, for the ends of its words
LONGEST = 27.0  # seconds of voice recognised at once; the model takes 30
EDGE = 0.1  # seconds that a word may reach beyond voice
ALONE = 0.6  # seconds without words before and after one that is alone
CUT = 0.15  # seconds: a word at the clip's beginning or end that is shorter may be what the cut left of one
SURE = 0.75  # probability below which it is taken to be that
CLEAR = 0.6  # probability of a language that is taken to be clear
REPEATING = 2.4  # times that text is shortened by packing it: more, and the recogniser was caught in a loop
LIKELY = -0.62  # mean log probability of a token below which it listens again, to a longer window
LIKELY_CUT = -0.4  # the same where the sound begins within a word, which misleads it about the next ones
UNHEARD, UNLIKELY = (
    0.6,
    -1.0,
)  # probability that nothing is spoken, and mean log probability: words of both are invented


@dataclass(frozen=True)
class Heard:
    """What was understood of a sound."""

    words: tuple[Word, ...]  # in order of time, each within voice
    language: str  # "en" and so on; "" without words
    certainty: float  # probability of the language, 0 to 1; 1 where a visitor named it


NOTHING = Heard((), "", 0.0)


@dataclass(frozen=True)
class Listening:
    """How far the recogniser is."""

    words: tuple[Word, ...]  # so far
    until: float  # seconds of the sound that it has listened to
    share: float  # of its work that is done, 0 to 1
    then: float  # the share at the next report
    whole: float  # seconds of sound that it listens to in all


def listen(
    sound: Floats, voice: Stretches, settings: Settings, tick: Callable[[Listening], None] = lambda listening: None
) -> Heard:
    """Samples and where there is voice in them -> words.

    Nothing but voice is listened to, so that silence and noise give no words rather than invented ones. `tick` is called
    before each window and after the last, and may raise to stop.
    """
    windows = listening_windows(voice, len(sound) / RATE)
    if not windows:
        return NOTHING
    level, words = speech_level(sound, voice), list[Word]()

    def samples(window: tuple[float, float]) -> Floats:
        return bring_to_level(sound[round(window[0] * RATE) : round(window[1] * RATE)], level)

    def heard(until: float) -> tuple[Word, ...]:
        return tuple(without_doubtful(within_voice(words, voice), until, settings.thresholds.confidence))

    ends = np.cumsum([0.0, *(end - start for start, end in windows)])
    shares = [float(share) for share in ends / ends[-1]]
    tick(Listening((), 0.0, 0.0, shares[1], float(ends[-1])))
    longest = max(windows, key=lambda window: window[1] - window[0])
    language, certainty = settings.language, 1.0
    with whisper.WHISPER_LOCK:
        encoded = {longest: whisper.encode_speech(samples(longest))}
        if not language:
            language, certainty = likeliest_language(encoded[longest])
    for i, window in enumerate(windows, 1):
        with whisper.WHISPER_LOCK:  # for a moment at a time, as another clip may be analysed beside this one
            words += recognise(encoded.pop(window, None), samples(window), window[0], language)
        then = shares[min(i + 1, len(windows))]
        tick(Listening(heard(window[1]), window[1], shares[i], then, float(ends[-1])))
    whole = heard(len(sound) / RATE)
    return Heard(whole, language, certainty) if whole else NOTHING


def listening_windows(voice: Stretches, duration: float) -> list[tuple[float, float]]:
    """Voice joined over short pauses, with some sound around it, start and end in seconds; never overlapping."""
    groups = list[list[float]]()
    for start, end in (piece for stretch in voice for piece in short_pieces(stretch)):
        if groups and start - groups[-1][1] < APART and end - groups[-1][0] <= LONGEST:
            groups[-1][1] = end
        else:
            groups.append([start, end])
    if not groups:
        return []
    edges = [0.0, *((before[1] + after[0]) / 2 for before, after in pairwise(groups)), duration]
    return [
        (max(start - AROUND, left), min(end + AROUND, right))
        for (start, end), (left, right) in zip(groups, pairwise(edges), strict=True)
    ]


def short_pieces(stretch: tuple[float, float]) -> list[tuple[float, float]]:
    """A stretch of voice that goes on too long to be recognised at once, in equal parts."""
    start, end = stretch
    edges = np.linspace(start, end, max(1, int(np.ceil((end - start) / LONGEST))) + 1)
    return [(float(a), float(b)) for a, b in pairwise(edges)]


def likeliest_language(encoded: Any) -> tuple[str, float]:
    """The language spoken and its probability. English unless another one is clear."""
    languages = {token[2:-2]: float(p) for token, p in whisper.whisper_model().model.detect_language(encoded)[0]}
    likeliest = max(languages, key=lambda language: languages[language])
    language = likeliest if languages[likeliest] >= CLEAR else "en"
    return language, languages.get(language, 0.0)


def recognise(encoded: Any, sound: Floats, start: float, language: str) -> list[Word]:
    """Words of one window that begins at `start` seconds; `encoded` where its sound was encoded already.

    The model was trained on windows of 30 s. Shorter ones cost a third and give the same words where it is sure of them;
    where it is not, is caught in a loop, or the sound begins within a word, it listens again with more silence behind.
    """
    encoded = whisper.encode_speech(sound) if encoded is None else encoded
    words, sure = read_words(encoded, sound, language)
    if not sure:
        words, _ = read_words(whisper.encode_speech(sound, whisper.LONG_SILENCE), sound, language)
    return [replace(word, start=start + word.start, end=start + word.end) for word in words]


def read_words(encoded: Any, sound: Floats, language: str) -> tuple[list[Word], bool]:
    """Words of an encoded window, seconds from its beginning, and whether the recogniser is sure of them."""
    reading = whisper.read_speech(encoded, language)
    invented = reading.unspoken > UNHEARD and reading.likelihood < UNLIKELY
    if not reading.tokens or invented or reading.repetition > REPEATING:
        return [], False
    words = joined_words(whisper.align_words(encoded, reading, language, len(sound)))
    cut = bool(words) and is_cut_off(words[0], len(sound) / RATE)
    return words, reading.likelihood >= (LIKELY_CUT if cut else LIKELY)


def joined_words(pieces: Sequence[dict[str, Any]]) -> list[Word]:
    """Aligned pieces as words; pieces that continue one, such as "-year", are put back to it."""
    spaced = bool(pieces) and str(pieces[0]["word"]).startswith(" ")  # not so in Chinese
    words = list[Word]()
    for piece in pieces:
        text = str(piece["word"]).strip()
        a, b = float(piece["start"]), float(piece["end"])
        if words and text and spaced and not piece["word"].startswith(" "):
            last = words.pop()
            words.append(Word(last.text + text, last.start, b, min(last.probability, float(piece["probability"]))))
        elif text:
            words.append(Word(text, a, b, float(piece["probability"])))
    return words


def within_voice(words: Sequence[Word], voice: Stretches) -> list[Word]:
    """Words cut to the voice that they were spoken by; those that no voice speaks are left out."""
    bounded = list[Word]()
    for word in words:
        spoken = [(a - EDGE, b + EDGE) for a, b in voice if a - EDGE < word.end and b + EDGE > word.start]
        if not spoken:
            continue
        most = max(spoken, key=lambda s: min(word.end, s[1]) - max(word.start, s[0]))
        near = [s for s in spoken if s[0] - most[1] < ALONE and most[0] - s[1] < ALONE]
        start = max(word.start, near[0][0], bounded[-1].end if bounded else 0.0)
        end = min(word.end, near[-1][1])
        if end > start or word.end == word.start:
            bounded.append(Word(word.text, round(start, 3), round(max(start, end), 3), word.probability))
    return bounded


def without_doubtful(words: Sequence[Word], duration: float, least: float) -> list[Word]:
    """Words without those that the clip's beginning or end cut off, and without doubtful ones that stand alone."""
    whole = [word for word in words if not is_cut_off(word, duration)]
    ends = [-np.inf, *(word.end for word in whole)]
    starts = [*(word.start for word in whole), np.inf]
    return [
        word
        for i, word in enumerate(whole)
        if word.probability >= least or word.start - ends[i] < ALONE or starts[i + 1] - word.end < ALONE
    ]


def is_cut_off(word: Word, duration: float) -> bool:
    """Whether the clip begins or ends within this word, so that it was guessed from a rest rather than heard."""
    at_edge = word.start < EDGE / 2 or word.end > duration - EDGE / 2
    return at_edge and word.end - word.start < CUT and word.probability < SURE
