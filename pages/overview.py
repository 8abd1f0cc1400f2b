"""Overview: the parts of ComP with this conversation's numbers flowing through them."""

from functools import partial

import streamlit as st

from comp_viz.analysis.overview.parts import as_table, describe, parts
from comp_viz.figures.chart import About
from comp_viz.figures.overview.diagram import diagram
from comp_viz.report.section import Section
from comp_viz.ui.frame.compare_mode import draw_sides
from comp_viz.ui.frame.heading import empty_state, page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.report_collector import add_section
from comp_viz.ui.frame.selected_utterance import utterance_bar
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.overview.diagram import clickable
from comp_viz.ui.widgets.chart_panel import draw_about, save_controls

ABOUT = About(
    "The parts of the network from left to right, one row a modality, with the numbers of the utterance in hand: whether it "
    "is observed, the norm of its encoding, how evenly its prompt mixes the prototypes, the norms of the prompts it receives, "
    "how evenly it attends to other utterances, what propagation leaves of its direction, each head's prediction, the "
    "coordinator's weights. Lines of prompts are the thicker the longer the prompt. Click a part to see it closely.",
    "Norms and evenness say how much there is, not what it is worth: a long prompt may change nothing. The Propagation page "
    "measures that by taking prompts away.",
    r"\hat X^u \to Z^u \to A^u \to \tilde P^u \to P^{vu} \to \bar Z^u \to Y^u,\; \bar\omega \to Y \quad (1)\text{–}(15)",
)


def overview(view: PageView) -> None:
    """The diagram, once or beside itself, and its numbers as a table."""
    view = view.now()
    found = parts(view.inside(), view.conversation.labels)
    page_heading(describe(found))
    selected, corner = utterance_bar(view)
    for side in draw_sides(view, corner, wide=True):
        shown = parts(side.view.inside(), view.conversation.labels)
        with side.place:
            with st.container(horizontal=True, horizontal_alignment="right"):
                with st.popover("About", icon=":material/info:", type="tertiary"):
                    draw_about(ABOUT)
                with st.popover("Save", icon=":material/download:", type="tertiary"):
                    save_controls(f"overview{side.key}", partial(as_table, shown))
            svg = diagram(shown, view.data.task, view.conversation.labels, selected, palette())
            clickable(svg, f"overview{side.key}")
            add_section(
                Section(f"overview{side.key}", side.name or describe(shown), ABOUT, partial(as_table, shown), svg)
            )
            with st.expander("The same as a table, for the utterance in hand"):
                st.dataframe(as_table(shown).query("utterance == @selected + 1"), hide_index=True)


if view := current_view("pages/overview.py"):
    overview(view)
else:
    empty_state()
