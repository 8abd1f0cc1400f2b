"""What keeps a story's bar on top and brings the chart of a step into view, a small component of our own."""

import re
from collections.abc import Callable
from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent


@st.cache_resource
def _component() -> Callable[..., object]:
    """Register the component once for the whole server."""
    return st.components.v2.component(
        "lecture_stage",
        css=(HERE / "stage.css").read_text(encoding="utf-8"),
        js=(HERE / "stage.js").read_text(encoding="utf-8"),
        isolate_styles=False,  # the bar is the page's
    )


def stage(step: str, show: str) -> None:
    """Scroll once for every `step` to what has the key `show`, or to the top where that is empty."""
    name = re.sub(r"[^a-zA-Z0-9_-]", "-", f"st-key-{show}") if show else ""  # as Streamlit names its parts
    _component()(key="stage", data={"step": step, "show": name})
