"""What a browser needs to draw the timeline by itself: its rows, titles, colours, marks and words."""

from typing import Any

from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Floats
from comp_viz.figures.live.marks import OUTLINES
from comp_viz.figures.live.timeline import row_heights, row_titles
from comp_viz.figures.predictions import CONTEXT_ONLY, FROM_CONTEXT, FROM_NOTHING, NO_PREDICTION, NOTHING_RECORDED
from comp_viz.figures.style import Palette, modality_symbols


def timeline_plan(here: Prediction, labels: Floats, palette: Palette) -> dict[str, Any]:
    """As JSON can hold it. Only what stays the same under every missing pattern: of `here` no number is in it."""
    task, symbols = here.task, modality_symbols(here.modalities)
    words = {"none": NO_PREDICTION, "nothing": NOTHING_RECORDED, "context": CONTEXT_ONLY}
    return {
        "task": {"classes": list(task.classes) or None, "neutral": task.neutral},
        "rows": row_heights(here),
        "titles": {row: text.split("<br>") for row, text in row_titles(here, labels).items()},
        "outlines": [OUTLINES[symbols[name]] for name in here.modalities],
        "colours": {
            name: getattr(palette, name) for name in ("ink", "faint", "truth", "negative", "positive", "mark", "ground")
        },
        "words": words | {"from_context": FROM_CONTEXT, "from_nothing": FROM_NOTHING},
        "weights_from": here.weights_from,
    }
