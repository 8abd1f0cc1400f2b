"""The part of the Why page about other utterances: which matter for this one, and whether attention tells."""

from functools import partial

import pandas as pd
import streamlit as st

from comp_viz.analysis.why.context import Context, context_table, describe_all
from comp_viz.analysis.why.faithfulness import Curves
from comp_viz.figures.chart import About
from comp_viz.figures.style import Palette
from comp_viz.figures.why.context import context_chart, context_map, tops
from comp_viz.figures.why.faithfulness import curves_span
from comp_viz.ui.frame.compare_mode import Side
from comp_viz.ui.why import cached as cached_why
from comp_viz.ui.why.tests import curves_panel
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of

TAKEN, ROLLED = "taking away", "attention rollout"
NO_ATTENTION = "This network was built without propagation: it has no attention whose order could be tested."
HELP = "Whose order of the other utterances is tested below: how far the prediction moves without each, or the mean of attention rollout over modalities."
ROW = About(
    "Above: how far the prediction in hand moves when each other utterance goes missing with all its modalities; red where the utterance "
    "raises the explained number, blue where it lowers it. Below: attention rollout of each modality from the utterance in hand. The "
    "utterance itself is left out of both. The rank correlation, -1 to 1, compares the upper bars with the mean of the lower lines over the "
    "other utterances.",
    "What utterances do together. Rollout follows where attention goes, not what is passed along, and knows nothing of prompts.",
    r"|f_i(\text{all}) - f_i(\text{all} \setminus j)|\quad\text{beside}\quad \frac1M\sum_u R^u_{ij},\; R = \prod_l \tfrac12(\bar A_l + I)",
)
MAP = About(
    "The same for every prediction: rows are predictions, columns the utterance that is taken away. The scale ends at the largest effect on "
    "another utterance's prediction, so that the diagonal, an utterance's effect on itself, is often beyond it.",
    "Signs; they are in the saved numbers.",
)


def context_part(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the finding for the head of the page."""
    order = one_of("Order to test", (TAKEN, ROLLED), "why_order", HELP, width=180)
    found = [cached_why.contexts(side.view.query()) for side in sides]
    if len(found[0].effects) < 2:
        st.info("This conversation has a single utterance: there is no context.", icon=":material/block:")
        return "There is no other utterance"
    both = tops(found, selected)
    for side, one in zip(sides, found, strict=True):
        with side.place:
            draw(side, one, both, selected, palette)
    curves = [tested(side, one, order == ROLLED, selected) for side, one in zip(sides, found, strict=True)]
    known = [curve for curve in curves if curve]
    shared = curves_span(known) if known else (0, 1)
    for side, one, curve in zip(sides, found, curves, strict=True):
        with side.place:
            if curve:
                curves_panel(curve, shared, one.task, "utterances", f"context_curves{side.key}", palette)
            else:
                st.info(NO_ATTENTION, icon=":material/block:")
            every = partial(context_table, one)
            chart_panel(context_map(one, both[0], selected, palette), f"context_map{side.key}", MAP, every)
    return describe_all(found[0])


def draw(side: Side, found: Context, both: tuple[float, float], selected: int, palette: Palette) -> None:
    """The chart of the prediction in hand, of one side."""
    words, numbers = side.view.conversation.words, partial(of_one, found, selected)
    chart_panel(
        context_chart(found, words, both, selected, palette), f"context_row{side.key}", ROW, numbers, selects=True
    )
    if found.together > 1:
        st.caption(f"In so long a conversation {found.together} neighbouring utterances are taken away together.")


def tested(side: Side, found: Context, by_rollout: bool, selected: int) -> Curves | None:
    """Whether an order of the other utterances is faithful; None for that of attention where there is none."""
    if by_rollout and found.rolled is None:
        return None
    return cached_why.utterances_tested(side.view.query(), selected, by_rollout)


def of_one(found: Context, target: int) -> pd.DataFrame:
    """The row of one prediction."""
    return context_table(found).query("prediction == @target + 1")
