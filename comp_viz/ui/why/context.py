"""The part of the Why page about other utterances: which matter for this one, and whether attention rollout agrees."""

from functools import partial

import pandas as pd
import streamlit as st

from comp_viz.analysis.why.context import Context, context_table
from comp_viz.analysis.why.faithfulness import Curves
from comp_viz.figures.style import Palette
from comp_viz.figures.why.context import (
    ABOUT_CONTEXT_MAP,
    about_context,
    context_chart,
    context_map,
    context_tops,
    rollout_facts,
)
from comp_viz.figures.why.faithfulness import curves_span
from comp_viz.figures.why.heading import ONE_UTTERANCE, context_heading
from comp_viz.methods.method import absence
from comp_viz.ui.frame.compare_mode import Side
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.why import cached as cached_why
from comp_viz.ui.why.tests import curves_panel
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of

BY_EFFECT, BY_ROLLOUT = "taking away", "attention rollout"
NO_ATTENTION = "This network was built without propagation: it has no attention whose order could be tested."
ORDER_HELP = (
    "The order of the other utterances that is tested below: by how far the prediction moves without each, or by the mean of attention "
    "rollout over modalities."
)


def context_part(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the heading of the page."""
    order = one_of("Order to test", (BY_EFFECT, BY_ROLLOUT), "why_order", ORDER_HELP, width=180)
    contexts = [cached_why.contexts(side.view.query()) for side in sides]
    if len(contexts[0].effects) < 2:
        st.info("This conversation has a single utterance: there is no context.", icon=":material/block:")
        return ONE_UTTERANCE
    both = context_tops(contexts, selected)
    for side, each in zip(sides, contexts, strict=True):
        with side.place:
            draw_context(side, each, both, selected, palette)
    curves = [
        context_curves(side, each, order == BY_ROLLOUT, selected) for side, each in zip(sides, contexts, strict=True)
    ]
    known = [curve for curve in curves if curve]
    shared = curves_span(known) if known else (0, 1)
    for side, each, curve in zip(sides, contexts, curves, strict=True):
        with side.place:
            if curve:
                curves_panel(curve, shared, each.task, "utterances", f"context_curves{side.key}", palette)
            else:
                st.info(absence(side.view.checkpoint.method, "trace") or NO_ATTENTION, icon=":material/block:")
            every = partial(context_table, each)
            chart_panel(
                context_map(each, both[0], selected, palette), f"context_map{side.key}", ABOUT_CONTEXT_MAP, every
            )
    return context_heading(contexts[0])


def draw_context(side: Side, context: Context, both: tuple[float, float], selected: int, palette: Palette) -> None:
    """The chart of the selected prediction, of one side."""
    words, numbers = side.view.conversation.words, partial(effects_on, context, selected)
    chart_panel(
        context_chart(context, words, both, selected, palette),
        f"context_row{side.key}",
        about_context(context),
        numbers,
        selects=True,
    )
    together = f"In so long a conversation {context.together} neighbouring utterances are taken away together."
    st.caption(f"{escape_markdown(rollout_facts(context, selected))} {together if context.together > 1 else ''}")


def context_curves(side: Side, context: Context, by_rollout: bool, selected: int) -> Curves | None:
    """Whether an order of the other utterances is faithful; None for that of attention where there is none."""
    if by_rollout and context.rolled is None:
        return None
    return cached_why.utterances_tested(side.view.query(), selected, by_rollout)


def effects_on(context: Context, target: int) -> pd.DataFrame:
    """The rows of one prediction."""
    return context_table(context).query("prediction == @target + 1")
