"""The live diagram on a page: a small component of our own, and the same numbers as a table for those it does not reach."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from comp_viz.ui.sidebar import go_to

HERE = Path(__file__).parent


@st.cache_resource
def _component() -> Callable[..., object]:
    """Register the component once for the whole server."""
    return st.components.v2.component(
        "architecture_diagram",
        html='<div class="diagram"></div>',
        css=(HERE / "diagram.css").read_text(encoding="utf-8"),
        js=(HERE / "diagram.js").read_text(encoding="utf-8"),
    )


def clickable(svg: str, key: str) -> None:
    """Show a picture made by `figures.diagram`; a click on a part opens the page it names with the next run."""

    def opened() -> None:
        if page := st.session_state[key].get("open"):
            go_to(f"pages/{page}.py")

    _component()(key=key, data={"svg": svg}, on_open_change=opened)
