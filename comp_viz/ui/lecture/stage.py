"""What keeps a story's bar on top and brings the chart of a step into view, a small component of our own."""

import re

from comp_viz.ui.widgets.component import component


def bring_into_view(step: str, show: str) -> None:
    """Scroll once for every `step` to what has the key `show`, or to the top where that is empty."""
    name = re.sub(r"[^a-zA-Z0-9_-]", "-", f"st-key-{show}") if show else ""  # as Streamlit names its parts
    component(__file__, isolated=False)(key="stage", data={"step": step, "show": name})
