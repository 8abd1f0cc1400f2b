"""Propagation: who attends to whom, what prompts are worth, and whether missing features come back."""

from comp_viz.ui.attention import attention_part
from comp_viz.ui.flow import flow_part
from comp_viz.ui.page import empty_state
from comp_viz.ui.parts import in_parts
from comp_viz.ui.reconstruction import reconstruction_part
from comp_viz.ui.sidebar import current_view

PARTS = {"Attention": attention_part, "Cross-modal flow": flow_part, "Reconstruction": reconstruction_part}
HELP = (
    "Attention: who attends to whom within a modality. Cross-modal flow: what each modality's output owes to the prompts of the others. "
    "Reconstruction: how near the features of missing utterances come to what they would be."
)


if view := current_view("pages/propagation.py"):
    in_parts(view, "propagation", PARTS, HELP)
else:
    empty_state()
