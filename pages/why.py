"""Why: what made this prediction, whether that explanation is faithful, and what would have changed it."""

import streamlit as st

from comp_viz.ui.compare import sides
from comp_viz.ui.options import one_of
from comp_viz.ui.page import empty_state, head
from comp_viz.ui.sidebar import View, current_view
from comp_viz.ui.theme import palette
from comp_viz.ui.utterance import utterance_bar
from comp_viz.ui.why_context import context_part
from comp_viz.ui.why_contributions import contributions_part
from comp_viz.ui.why_counterfactuals import counterfactuals_part
from comp_viz.ui.why_features import features_part

PARTS = {
    "Contributions": contributions_part,
    "Features": features_part,
    "Context": context_part,
    "Counterfactuals": counterfactuals_part,
}
HELP = (
    "Contributions: what each modality adds. Features: which cells, features and words. Context: which other utterances. Counterfactuals: "
    "what would have to be missing, or there, for another decision."
)


@st.fragment
def why(view: View) -> None:
    """The page; runs again by itself when one of its own controls changes."""
    view = view.now()
    top = st.container()
    selected, corner = utterance_bar(view)
    controls = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    compared = sides(view, corner)
    with controls:
        part = one_of("Part", list(PARTS), "why", HELP, buttons=True)
        finding = PARTS[part](compared, selected, palette())
    with top:
        head(finding)


if view := current_view("pages/why.py"):
    why(view)
else:
    empty_state()
