"""A page that shows one of its parts at a time."""

from collections.abc import Callable, Mapping

import streamlit as st

from comp_viz.figures.style import Palette
from comp_viz.methods.method import Capability
from comp_viz.ui.frame.capability import capable
from comp_viz.ui.frame.compare_mode import Side, draw_sides
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.heading import page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import utterance_bar
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.widgets.choices import one_of

Tab = Callable[[list[Side], int, Palette], str]  # draws what is compared at one utterance, and says what it found


@st.fragment
@errors_in_words()
def tabbed_page(
    view: PageView,
    page: str,
    parts: Mapping[str, Tab],
    help: str,
    words: Mapping[str, str],
    need: Capability | None = None,
) -> None:
    """The part that is chosen below what it found; runs again by itself when one of its own controls changes.

    `words` explain the terms of each part's finding. The page is for methods that have what it needs.
    """
    view = view.now()
    if need and not capable(view, need):
        return
    top = st.container()
    selected, corner = utterance_bar(view)
    controls = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    compared = draw_sides(view, corner, need=need)
    with controls:
        part = one_of("Part", list(parts), page, help, buttons=True)
        finding = parts[part](compared, selected, palette())
    with top:
        page_heading(finding, words[part])
