"""Reads one modality of one utterance: its features, or why it is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from comp_viz.clips import faces
from comp_viz.clips.clip import Face, FaceSearch
from comp_viz.clips.extractors.registry import extractors_missing, feature_names, languages_read, loaded_extractor
from comp_viz.clips.face_following import follow_face
from comp_viz.clips.face_visibility import FACE_PARTS, covered_parts
from comp_viz.clips.media import Picture
from comp_viz.clips.settings import Settings
from comp_viz.clips.span import Span
from comp_viz.data.conversation import Floats
from comp_viz.wording import decimal, percent

FEWEST_CHECKED, CHECKED = 3, 8  # faces of an utterance, evenly over it, of which it is asked whether they are covered
SILENT = -120.0  # dBFS given to digital silence
LANGUAGES = {
    "ar": "Arabic", "de": "German", "en": "English", "es": "Spanish", "fr": "French", "hi": "Hindi", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ru": "Russian", "tr": "Turkish",
    "zh": "Chinese",
}  # fmt: skip


@dataclass(frozen=True)
class Read:
    """The features of one modality of an utterance, or why they are missing."""

    features: Floats  # [D], zeros where missing
    reason: str  # why it is missing, "" where it is not


def read_audio(sound: Floats, problem: str, names: Sequence[str], settings: Settings, voice: float) -> Read:
    """The utterance's samples -> features. `problem` says why the clip has no sound, `voice` the share of time with voice."""
    limits, dbfs = settings.thresholds, sound_level(sound)
    if not problem and len(sound) == 0:
        problem = "the sound ends before this utterance"
    elif not problem and dbfs < limits.level:
        problem = f"silence ({decimal(dbfs, 0)} dBFS, below {decimal(limits.level, 0)})"
    elif not problem and voice < limits.voice:
        problem = f"no voice (in {percent(voice)} of the time, below {percent(limits.voice)})"
    return extract_features(names, sound, problem)


def read_text(
    span: Span, problem: str, names: Sequence[str], settings: Settings, language: str = "", certainty: float = 0.0
) -> Read:
    """The utterance's words -> features. `problem` says why nothing could be recognised in the whole clip.

    `language` is that of the words, "de" and so on, with its probability; "" for words that a visitor wrote.
    """
    least = settings.thresholds.confidence
    if not problem and not span.words:
        problem = "no speech"
    elif not problem and not settings.any_language and (foreign := foreign_language(names, language, certainty)):
        problem = foreign
    elif not problem and span.confidence < least:
        problem = f"low recognition confidence ({span.confidence:.2f}, below {least:g})"
    return extract_features(names, span.text, problem)


def foreign_language(names: Sequence[str], language: str, certainty: float = 0.0) -> str:
    """Why these extractors cannot read words of a language, "" where they can."""
    known = languages_read(names)
    if not language or not known or language in known:
        return ""
    read = " and ".join(language_name(one) for one in known)
    sure = f" (probability {decimal(certainty)})" if certainty else ""
    return f"the words are {language_name(language)}{sure}, the text features are made for {read}"


def language_name(code: str) -> str:
    """A language's English name, or its code where it is a rare one."""
    return LANGUAGES.get(code, f'of the language "{code}"')


def read_video(
    pictures: Sequence[Picture],
    times: Sequence[float],
    problem: str,
    names: Sequence[str],
    settings: Settings,
    gallery: int,
) -> tuple[Read, FaceSearch]:
    """The utterance's pictures and their times -> features of the faces in them, and what was found on the way."""
    problem = problem or (faces.faces_missing() or "")
    if problem:
        return extract_features(names, (), problem), FaceSearch(0, 0, 0.0, ())
    limits = settings.thresholds
    detected = follow_face(pictures, times)
    large = [face for face in detected if face.size >= limits.face_size]
    enough = max(1.0, limits.face_share * len(pictures))
    if not pictures:
        problem = "no pictures in this utterance"
    elif len(detected) < enough:
        problem = f"no face (in {len(detected)} of {len(pictures)} pictures, below {percent(limits.face_share)})"
    elif len(large) < enough:
        problem = f"face too small ({np.median([face.size for face in detected]):.0f} pixels, below {limits.face_size})"
    else:
        problem = covering(evenly_spaced(large, CHECKED), limits.visible_share)
    size = float(np.median([face.size for face in detected])) if detected else 0.0
    return extract_features(names, large, problem), FaceSearch(
        len(pictures), len(large), size, evenly_spaced(large or detected, gallery)
    )


def covering(checked: Sequence[Face], least: float) -> str:
    """Why the landmarker's expressions are not to be believed, "" when at least this share of the faces is to be seen.

    One or two pictures are too few to tell: the measure suspects single ones of uncovered faces as well.
    """
    if len(checked) < FEWEST_CHECKED:
        return ""
    covered = [covered_parts(face) for face in checked]
    for part in FACE_PARTS:
        count = sum(part in parts for parts in covered)
        if len(checked) - count < least * len(checked):
            return f"{part} covered in {count} of {len(checked)} pictures"
    return ""


def evenly_spaced(candidates: Sequence[Face], count: int) -> tuple[Face, ...]:
    """At most `count` of the faces, from the first to the last."""
    picked = (
        np.unique(np.linspace(0, len(candidates) - 1, min(count, len(candidates))).round().astype(int))
        if candidates
        else ()
    )
    return tuple(candidates[i] for i in picked)


def extract_features(names: Sequence[str], given: Any, problem: str) -> Read:
    """Features of several extractors side by side. One that is not there or fails makes the modality missing, no error."""
    width = len(feature_names(names))
    problem = problem or extractors_missing(names)
    if problem:
        return Read(np.zeros(width, np.float32), problem)
    try:
        features = np.concatenate([np.asarray(loaded_extractor(name)(given), np.float32) for name in names])
    except Exception as error:  # extractors are other people's code on whatever a visitor brings
        return Read(np.zeros(width, np.float32), f"the extractor failed ({type(error).__name__})")
    if features.shape != (width,):
        return Read(np.zeros(width, np.float32), f"the extractor gave {features.size} features instead of {width}")
    return Read(np.nan_to_num(features, nan=0.0, posinf=0.0, neginf=0.0), "")


def sound_level(sound: Floats) -> float:
    """Root mean square, dBFS."""
    power = float(np.mean(np.square(sound, dtype=np.float64))) if len(sound) else 0.0
    return max(SILENT, 10 * float(np.log10(power))) if power > 0 else SILENT
