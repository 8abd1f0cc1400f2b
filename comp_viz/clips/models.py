"""Loads the models that a clip is read with before it is read, so that the first clip is not taken for a slow one."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from comp_viz.clips import faces, whisper
from comp_viz.clips.extractors.registry import loaded_extractor
from comp_viz.clips.media import Media
from comp_viz.clips.progress import Watch
from comp_viz.clips.settings import Settings

SECONDS = 1.5  # that a model takes to load, about
LOADED = set[str]()  # names of extractors that were loaded, or tried


def load_models(media: Media, settings: Settings, watch: Watch) -> None:
    """Load what this clip needs and is not in memory yet.

    What cannot be loaded is no matter here: where it is used it makes a modality missing, with the reason.
    """
    loads = list[Callable[[], object]]()
    if not media.sound_problem and not whisper.whisper_missing() and not whisper.whisper_model.cache_info().currsize:
        loads.append(load_whisper)
    if not media.video_problem and not faces.faces_missing() and not faces.landmarker.cache_info().currsize:
        loads.append(faces.landmarker)
    without = {"video": media.video_problem}
    for modality, names in settings.extractors:
        if not without.get(modality, media.sound_problem):
            loads += [partial(loaded_extractor, name) for name in names if name not in LOADED]
            LOADED.update(names)
    watch.expect(load=SECONDS * len(loads))
    for i, load in enumerate(loads):
        watch.at("load", i / len(loads), (i + 1) / len(loads))
        with suppress(Exception):
            load()
    watch.at("load", 1.0)


def load_whisper() -> None:
    """Load the recogniser of words."""
    with whisper.WHISPER_LOCK:
        whisper.whisper_model()
