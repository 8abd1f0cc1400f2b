"""Degrades chosen utterances of an analysed clip, and extracts anew only what that changes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from comp_viz.clips.clip import Clip
from comp_viz.clips.degradation import (
    PICTURES,
    SOUND,
    WORDS,
    Degradation,
    degrade_pictures,
    degrade_sound,
    degrade_words,
)
from comp_viz.clips.media import RATE, Picture
from comp_viz.clips.one_thread import one_blas_thread
from comp_viz.clips.reading import Read, read_audio, read_text, read_video, sound_level
from comp_viz.clips.span import Span, Word
from comp_viz.clips.speech import listen
from comp_viz.clips.voice import voiced_share, voiced_stretches
from comp_viz.data.conversation import Floats
from comp_viz.errors import CompVizError


@one_blas_thread()
def degrade(clip: Clip, degradations: Sequence[Degradation]) -> Clip:
    """The clip under all these degradations, in order: first those of sound, then of pictures, then of words.

    `clip` must be as it was analysed; it is never changed, and all that no degradation touches is shared with it. Raises
    `CompVizError` for an utterance that there is not, or when the clip is degraded already.
    """
    if clip.degradations:
        raise CompVizError(
            "This clip is degraded already. Give all degradations at once, with the clip as it was analysed."
        )
    for degradation in degradations:
        for i in degradation.utterances:
            if not 0 <= i < len(clip.spans):
                raise CompVizError(f"{degradation.kind}: expected utterances from 0 to {len(clip.spans) - 1}, got {i}.")
    degraded = replace(clip, degradations=tuple(degradations))
    for i in sorted({i for degradation in degradations for i in degradation.utterances}):
        mine = [d for d in degradations if i in d.utterances]
        if any(d.kind in SOUND for d in mine):
            degraded = with_sound_read_again(
                degraded, i, listen_again=any(d.kind in SOUND and d.listen_again for d in mine)
            )
        if any(d.kind in PICTURES for d in mine):
            degraded = with_pictures_read_again(degraded, i)
        for degradation in mine:
            if degradation.kind in WORDS:
                language = "" if degradation.kind == "rewrite" else degraded.language
                degraded = with_utterance(degraded, i, degrade_words(degraded.spans[i], degradation), language)
    return degraded


def sound_of(clip: Clip, i: int) -> Floats:
    """What is to be heard in utterance `i`, its degradations applied, `[n]` at 16 kHz."""
    span = clip.spans[i]
    sound = np.array(clip.media.sound[round(span.start * RATE) : round(span.end * RATE)])
    for degradation in clip.degradations:
        if degradation.kind in SOUND and i in degradation.utterances:
            sound = degrade_sound(sound, degradation)
    return sound


def pictures_of(clip: Clip, i: int) -> tuple[list[Picture], list[float]]:
    """What is to be seen in utterance `i`, its degradations applied, and at which times in the clip, seconds."""
    numbers = clip.media.pictures_between(clip.spans[i].start, clip.spans[i].end)
    pictures = clip.media.pictures(numbers)
    for degradation in clip.degradations:
        if degradation.kind in PICTURES and i in degradation.utterances and pictures:
            pictures = degrade_pictures(pictures, degradation)
    return pictures, [clip.media.picture_times[number] for number in numbers]


def with_sound_read_again(clip: Clip, i: int, listen_again: bool) -> Clip:
    """The clip with the sound of utterance `i` read anew, and its words recognised anew where asked for."""
    if clip.media.sound_problem or "audio" not in clip.features:
        return clip
    sound, span = sound_of(clip, i), clip.spans[i]
    voice = voiced_stretches(sound, clip.settings.thresholds.speech)
    share = voiced_share(voice, len(sound) / RATE)
    read = read_audio(sound, "", dict(clip.settings.extractors)["audio"], clip.settings, share)
    clip = with_read(clip, "audio", i, read, level=sound_level(sound), voice=share)
    if not listen_again or not span.words:
        return clip
    heard = listen(sound, voice, replace(clip.settings, language=clip.settings.language or clip.language))
    moved = tuple(replace(word, start=word.start + span.start, end=word.end + span.start) for word in heard.words)
    return with_utterance(clip, i, replace(span, words=moved), clip.language)


def with_pictures_read_again(clip: Clip, i: int) -> Clip:
    """The clip with the pictures of utterance `i` read anew."""
    if clip.media.video_problem or "video" not in clip.features:
        return clip
    pictures, times = pictures_of(clip, i)
    names = dict(clip.settings.extractors)["video"]
    read, looked = read_video(pictures, times, "", names, clip.settings, max(1, len(clip.looked[i].gallery)))
    faces = looked.with_face / looked.pictures if looked.pictures else 0.0
    clip = with_read(clip, "video", i, read, faces=faces)
    return replace(clip, looked=(*clip.looked[:i], looked, *clip.looked[i + 1 :]))


def replaced_words(clip: Clip, i: int, words: tuple[Word, ...]) -> Clip:
    """The clip with these words in utterance `i` and its text features made anew; none make the text missing."""
    return with_utterance(clip, i, replace(clip.spans[i], words=words))


def with_utterance(clip: Clip, i: int, span: Span, language: str = "") -> Clip:
    """The clip with other words in utterance `i`, of this language; "" for words that a visitor wrote."""
    clip = replace(clip, spans=(*clip.spans[:i], span, *clip.spans[i + 1 :]))
    if "text" not in clip.features:
        return clip
    read = read_text(span, "", dict(clip.settings.extractors)["text"], clip.settings, language)
    return with_read(clip, "text", i, read, confidence=span.confidence)


def with_read(clip: Clip, modality: str, i: int, read: Read, **quality: float) -> Clip:
    """The clip with one modality of one utterance replaced; arrays of everything else are shared."""
    features = clip.features[modality].copy()
    features[i] = read.features
    reasons = clip.reasons[modality]
    changed = {name: clip.quality[name].copy() for name in quality}
    for name, value in quality.items():
        changed[name][i] = value
    return replace(
        clip,
        features={**clip.features, modality: features},
        reasons={**clip.reasons, modality: (*reasons[:i], read.reason, *reasons[i + 1 :])},
        quality={**clip.quality, **changed},
    )
