"""Why: what made this prediction, whether that explanation is faithful, and what changes it."""

from comp_viz.figures.why import heading
from comp_viz.ui.frame.heading import empty_state
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.why.context import context_part
from comp_viz.ui.why.contributions import contributions_part
from comp_viz.ui.why.counterfactuals import counterfactuals_part
from comp_viz.ui.why.features import features_part
from comp_viz.ui.widgets.tabbed_page import tabbed_page

PARTS = {
    "Contributions": contributions_part,
    "Features": features_part,
    "Context": context_part,
    "Counterfactuals": counterfactuals_part,
}
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
    tabbed_page(view, "why", PARTS, HELP, HEADING_HELP)
else:
    empty_state()
