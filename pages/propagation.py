"""Propagation: who attends to whom and what prompts are worth; of methods with a graph, which neighbours an utterance hears."""

from comp_viz.figures.propagation.graph import GRAPH_TERMS
from comp_viz.figures.propagation.heading import ABLATION_TERMS, ATTENTION_TERMS
from comp_viz.ui.frame.arrival import moved_part
from comp_viz.ui.frame.heading import empty_state
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.propagation.attention import attention_tab
from comp_viz.ui.propagation.graph import graph_tab
from comp_viz.ui.propagation.prompt_ablation import ablation_tab
from comp_viz.ui.widgets.tabbed_page import tabbed_page

PARTS = {"Attention": (attention_tab, ATTENTION_TERMS), "Prompt ablation": (ablation_tab, ABLATION_TERMS)}
GRAPH_PARTS = {"Graph": (graph_tab, GRAPH_TERMS)}
HELP = "Attention: who attends to whom within a modality. Prompt ablation: what outputs owe to the prompts of the other modalities."
GRAPH_HELP = "Graph: which neighbouring utterances each one hears, along edges of which kind, and how much."


moved_part("propagation", "Reconstruction", "reconstruction")
if view := current_view("pages/propagation.py"):
    graph = view.checkpoint.has("graph")
    parts = GRAPH_PARTS if graph else PARTS
    tabbed_page(
        view, "propagation", {name: tab for name, (tab, _) in parts.items()}, GRAPH_HELP if graph else HELP,
        {name: terms for name, (_, terms) in parts.items()}, need="graph" if graph else "trace",
    )  # fmt: skip
else:
    empty_state()
