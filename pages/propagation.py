"""Propagation: who attends to whom, what prompts are worth, and whether missing features come back."""

from comp_viz.ui.frame.heading import empty_state
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.propagation.attention import attention_part
from comp_viz.ui.propagation.prompt_ablation import flow_part
from comp_viz.ui.propagation.reconstruction import reconstruction_part
from comp_viz.ui.widgets.tabbed_page import tabbed_page

PARTS = {"Attention": attention_part, "Cross-modal flow": flow_part, "Reconstruction": reconstruction_part}
HELP = (
    "Attention: who attends to whom within a modality. Cross-modal flow: what each modality's output owes to the prompts of the others. "
    "Reconstruction: how near the features of missing utterances come to what they would be."
)
# What a reader needs to know to read the finding of a part.
WORDS = {
    "Attention": "Every layer attends with several heads side by side. The entropy of a head's weights says how evenly they spread: at "
    "its greatest every observed utterance gets the same.",
    "Cross-modal flow": "A prompt is what one modality hands another. It is worth how far the receiver's features after propagation move "
    "when it is taken away, as a share of their length.",
    "Reconstruction": "An entry is one modality of one utterance. Its features after propagation are compared with those it would have "
    "had, were it not missing: nearest means nearer to them than to those of any other utterance.",
}


if view := current_view("pages/propagation.py"):
    tabbed_page(view, "propagation", PARTS, HELP, WORDS)
else:
    empty_state()
