"""Where the example leads: single cells on Live, a clip of one's own, data of one's own."""

import streamlit as st

from comp_viz.ui.frame.arrival import go_to


def open_cells(kept: list[str]) -> None:
    """Open the example on Live with the modalities `kept`; to be called in a callback."""
    from comp_viz.data.source import EXAMPLE  # these wait for PyTorch
    from comp_viz.ui.frame.navigation import open_here
    from comp_viz.ui.frame.pattern_state import PatternChoice, set_pattern

    open_here("clips", EXAMPLE, None)
    set_pattern(PatternChoice(f"only({', '.join(kept)})") if kept else PatternChoice())
    go_to("pages/live.py")


def ways_on() -> None:
    """Links to what comes next."""
    for column, (page, label, icon, help) in zip(st.columns(3), WAYS, strict=True):
        column.page_link(f"pages/{page}.py", label=label, icon=f":material/{icon}:", help=help, width="stretch")


WAYS = (
    ("live", "Your own data, or the lab, on Live", "graphic_eq", "Data sets in the folder that `COMP_VIZ_DATA` names."),
    ("clips", "A clip of your own", "movie", "A video or a recording of someone talking; it stays on this server."),
    ("lecture", "A story told step by step", "co_present", "Prepared for a class, with a question at every step."),
)
