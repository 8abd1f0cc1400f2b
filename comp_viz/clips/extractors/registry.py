"""Every extractor by its name. To add one: write a file beside this one and name it here."""

from collections.abc import Sequence
from functools import cache

from comp_viz.clips.extractors import (
    egemaps,
    face_blendshapes,
    minilm,
    published_audio,
    published_text,
    published_video,
    whisper_encoder,
)
from comp_viz.clips.extractors.extractor import Extract, Extractor
from comp_viz.clips.requirements import require
from comp_viz.errors import CompVizError

EXTRACTORS: dict[str, Extractor] = {
    e.name: e
    for e in (
        whisper_encoder.EXTRACTOR,
        egemaps.EXTRACTOR,
        minilm.EXTRACTOR,
        face_blendshapes.EXTRACTOR,
        published_audio.EXTRACTOR,
        published_text.EXTRACTOR,
        published_video.EXTRACTOR,
    )
}


def extractor(name: str) -> Extractor:
    """The extractor of that name. Raises `CompVizError` naming those there are."""
    if name not in EXTRACTORS:
        raise CompVizError(f"extractor: expected one of {', '.join(EXTRACTORS)}, got {name!r}.")
    return EXTRACTORS[name]


@cache
def loaded_extractor(name: str) -> Extract:
    """The extractor, loaded once for the life of the process. Raises `CompVizError` with the command that mends it."""
    entry = extractor(name)
    require(name, entry.ready())
    return entry.load()


def feature_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names of the features that several extractors of one modality make side by side, `[D]`."""
    return tuple(feature for name in names for feature in extractor(name).feature_names)


def languages_read(names: Sequence[str]) -> tuple[str, ...]:
    """Languages that all of these extractors were made for, as codes; none where they do not mind."""
    known = [EXTRACTORS[name].languages for name in names if name in EXTRACTORS and EXTRACTORS[name].languages]
    return tuple(one for one in known[0] if all(one in others for others in known)) if known else ()


def extractors_missing(names: Sequence[str]) -> str:
    """Why these extractors cannot all be used here, with the commands that mend it; "" when they can."""
    problems = [f"{name}: {problem}" for name in names if (problem := extractor(name).ready())]
    return " ".join(problems)
