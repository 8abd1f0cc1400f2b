"""The availability matrix to click and drag, a small component of our own with no build step."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from comp_viz.data.conversation import Bools
from comp_viz.figures.style import Palette, modality_colours, modality_marks
from comp_viz.figures.timeline import MARGIN_LEFT, MARGIN_RIGHT

HERE = Path(__file__).parent
KEY = "painter"


@st.cache_resource
def _component() -> Callable[..., object]:
    """Register the component once for the whole server."""
    return st.components.v2.component(
        "availability_painter",
        html='<div class="painter"></div>',
        css=(HERE / "painter.css").read_text(encoding="utf-8"),
        js=(HERE / "painter.js").read_text(encoding="utf-8"),
    )


def painter(
    modalities: tuple[str, ...],
    shown: Bools,
    available: Bools,
    base: Bools,
    selected: int,
    palette: Palette,
    on_edit: Callable[[list[list[int]], bool], None],
) -> None:
    """Show the matrix `shown [S, M]` over what the recording has (`available`), aligned with the timeline below it.

    Cells that differ from `base`, the matrix before any editing by hand, carry a dot.

    `on_edit(cells, value)` is called before the next run with `[utterance, modality]` pairs and whether they are now observed.
    """
    colours, marks = modality_colours(palette, modalities), modality_marks(modalities)
    data = {
        "modalities": list(modalities),
        "colours": [colours[name] for name in modalities],
        "marks": [marks[name] for name in modalities],
        "utterances": len(shown),
        "observed": columns(shown),
        "available": columns(available),
        "base": columns(base),
        "selected": selected,
        "left": MARGIN_LEFT,
        "right": MARGIN_RIGHT,
    }

    def edited() -> None:
        gesture = st.session_state[KEY].get("edit")
        if gesture:
            on_edit(gesture["cells"], bool(gesture["observed"]))

    _component()(key=KEY, data=data, on_edit_change=edited)


def columns(matrix: Bools) -> list[str]:
    """One text of 0 and 1 for each modality: compact on the wire."""
    return ["".join("01"[int(cell)] for cell in column) for column in matrix.T]
