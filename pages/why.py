"""Why: what made this prediction, whether that explanation is faithful, and what would have changed it."""

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
    "what would have to be missing, or there, for another decision."
)

# What a reader needs to know to read the finding of a part.
WORDS = {
    "Contributions": "A contribution is what a modality adds to a prediction, on average over all orders in which modalities can be "
    "added (Shapley's value). Dominance: one modality holds two thirds or more of all contributions to an utterance. Complement: several "
    "push the same way. Conflict: the weaker side holds a fifth or more.",
    "Features": "A cell is one modality of one utterance. The method shares out among cells, and among the features in them, how far "
    "the prediction is from that for features at their mean. About, beside the chart, says how.",
    "Context": "Attention rollout follows attention through all layers. Its order of the other utterances is compared with how far the "
    "prediction moves when each is taken away: 1 is the same order, 0 no relation.",
    "Counterfactuals": "A cell is one modality of one utterance. A decision flips when the prediction changes sides of neutral, or its "
    "class.",
}


if view := current_view("pages/why.py"):
    tabbed_page(view, "why", PARTS, HELP, WORDS)
else:
    empty_state()
