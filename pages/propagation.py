"""Propagation: who attends to whom, and what prompts are worth."""

from comp_viz.figures.propagation.heading import ABLATION_TERMS, ATTENTION_TERMS
from comp_viz.ui.frame.arrival import moved_part
from comp_viz.ui.frame.heading import empty_state
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.propagation.attention import attention_tab
from comp_viz.ui.propagation.prompt_ablation import ablation_tab
from comp_viz.ui.widgets.tabbed_page import tabbed_page

TABS = {"Attention": attention_tab, "Prompt ablation": ablation_tab}
TERMS = dict(zip(TABS, (ATTENTION_TERMS, ABLATION_TERMS), strict=True))
HELP = "Attention: who attends to whom within a modality. Prompt ablation: what outputs owe to the prompts of the other modalities."


moved_part("propagation", "Reconstruction", "reconstruction")
if view := current_view("pages/propagation.py"):
    tabbed_page(view, "propagation", TABS, HELP, TERMS, need="trace")
else:
    empty_state()
