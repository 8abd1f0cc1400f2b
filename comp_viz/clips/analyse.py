"""A clip's file -> `Clip`: decode, cut into utterances, extract features of each, and say what is missing and why."""

from collections.abc import Callable
from pathlib import Path

from comp_viz.clips.clip import Clip
from comp_viz.clips.progress import Progress
from comp_viz.clips.settings import Settings


def analyse(
    path: Path,
    folder: Path,
    settings: Settings = Settings(),
    name: str = "",
    report: Callable[[Progress], None] = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Clip:
    """Analyse a clip, or take it from `folder` where the same content was analysed with the same settings before.

    `folder` belongs to the caller (a session's temporary folder); all that is kept lies there, under the content's digest.
    `name` is what people call the clip, by default its file's name. Raises `CompVizError` when nothing of the clip can be
    read, a limit is passed or an extractor is not there, and `Cancelled` between steps once `cancelled()` is true.
    """
    raise NotImplementedError
