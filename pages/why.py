"""Why: what made this prediction, whether that explanation is faithful, and what would have changed it."""

from comp_viz.ui.page import empty_state
from comp_viz.ui.parts import in_parts
from comp_viz.ui.sidebar import current_view
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


if view := current_view("pages/why.py"):
    in_parts(view, "why", PARTS, HELP)
else:
    empty_state()
