"""Loads the models that a clip is read with before it is read, so that the first clip is not taken for a slow one."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import accumulate, pairwise

from comp_viz.clips import faces, whisper
from comp_viz.clips.extractors import egemaps, face_blendshapes, minilm, whisper_encoder
from comp_viz.clips.extractors.registry import loaded_extractor
from comp_viz.clips.media import Media
from comp_viz.clips.progress import Watch
from comp_viz.clips.settings import Settings

WORDS, FACES = "words", "faces"
SECONDS = {  # that each takes to load, as measured on two cores; the recogniser's encoder and blendshapes come with others
    WORDS: 1.0,
    FACES: 0.4,
    whisper_encoder.EXTRACTOR.name: 0.0,
    egemaps.EXTRACTOR.name: 0.3,
    minilm.EXTRACTOR.name: 0.2,
    face_blendshapes.EXTRACTOR.name: 0.0,
}
LARGE = 4.0  # the same of any other, such as the published extractors
LOADED = set[str]()  # names of extractors that were loaded, or tried


def load_models(media: Media, settings: Settings, watch: Watch) -> None:
    """Load what this clip needs and is not in memory yet.

    What cannot be loaded is no matter here: where it is used it makes a modality missing, with the reason.
    """
    loads = dict[str, Callable[[], object]]()
    if not media.sound_problem and not whisper.whisper_missing() and not whisper.whisper_model.cache_info().currsize:
        loads[WORDS] = load_whisper
    if not media.video_problem and not faces.faces_missing() and not faces.landmarker.cache_info().currsize:
        loads[FACES] = faces.landmarker
    without = {"video": media.video_problem}
    for modality, names in settings.extractors:
        if not without.get(modality, media.sound_problem):
            loads |= {name: partial(loaded_extractor, name) for name in names if name not in LOADED}
            LOADED.update(names)
    ends = list(accumulate((SECONDS.get(name, LARGE) for name in loads), initial=0.0))
    watch.expect(load=ends[-1])
    for (before, after), load in zip(pairwise(ends), loads.values(), strict=True):
        if ends[-1]:
            watch.at("load", before / ends[-1], after / ends[-1])
        with suppress(Exception):
            load()
    watch.at("load", 1.0)


def load_whisper() -> None:
    """Load the recogniser of words."""
    with whisper.WHISPER_LOCK:
        whisper.whisper_model()
