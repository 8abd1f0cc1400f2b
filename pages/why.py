"""Why: what made this prediction, whether that explanation is faithful, and what changes it."""

import streamlit as st

from comp_viz.figures.predictions import FROM_CONTEXT, FROM_NOTHING
from comp_viz.figures.style import Palette
from comp_viz.figures.why import heading
from comp_viz.figures.why.heading import unexplained_facts, unexplained_heading
from comp_viz.ui.frame.compare_mode import Side
from comp_viz.ui.frame.heading import empty_state
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.why.context import context_part
from comp_viz.ui.why.contributions import contributions_part
from comp_viz.ui.why.counterfactuals import counterfactuals_part
from comp_viz.ui.why.features import features_part
from comp_viz.ui.widgets.tabbed_page import Tab, tabbed_page

PARTS = {
    "Contributions": contributions_part,
    "Features": features_part,
    "Context": context_part,
    "Counterfactuals": counterfactuals_part,
}


def explained(part: Tab) -> Tab:
    """A part of the page, and why there is none where the selected utterance has no prediction."""

    def draw(sides: list[Side], selected: int, palette: Palette) -> str:
        conversation = sides[0].view.conversation
        if not conversation.observed[selected].any():
            st.info(unexplained_facts(), icon=":material/block:")
            return unexplained_heading(selected)
        for side in sides:
            if not side.view.observed[selected].any():
                source = FROM_CONTEXT if side.view.observed.any() else FROM_NOTHING
                side.place.caption(f":material/diversity_3: Utterance {selected + 1} is predicted {source}.")
        return part(sides, selected, palette)

    return draw


HELP = (
    "Contributions: what each modality adds. Features: which cells, features and words. Context: which other utterances. Counterfactuals: "
    "the smallest change of what is observed that flips the decision."
)

HEADING_HELP = {
    "Contributions": heading.CONTRIBUTIONS_HELP,
    "Features": heading.FEATURES_HELP,
    "Context": heading.CONTEXT_HELP,
    "Counterfactuals": heading.COUNTERFACTUALS_HELP,
}


if view := current_view("pages/why.py"):
    tabbed_page(view, "why", {name: explained(part) for name, part in PARTS.items()}, HELP, HEADING_HELP)
else:
    empty_state()
