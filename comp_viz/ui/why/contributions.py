"""The part of the Why page about modalities: exact Shapley values, interactions, and the coordinator's weights beside them."""

from functools import partial

import pandas as pd
import streamlit as st

from comp_viz.analysis.coordinator.agreement import disagreement_table, weight_agreement
from comp_viz.analysis.why.coalitions import FUSED
from comp_viz.analysis.why.contribution import (
    Contribution,
    contribution,
    contribution_table,
    describe,
    describe_along,
    pair_table,
)
from comp_viz.analysis.why.faithfulness import modality_curves
from comp_viz.figures.chart import About
from comp_viz.figures.style import Palette
from comp_viz.figures.why.contribution import (
    contributions_along,
    hovers,
    pairs_chart,
    pairs_span,
    reach,
    waterfall,
    waterfall_span,
)
from comp_viz.figures.why.faithfulness import curves_span
from comp_viz.figures.why.weight_agreement import (
    ABOUT_WEIGHT_AGREEMENT,
    DISTANCE_HELP,
    weight_agreement_chart,
    weight_correlations,
)
from comp_viz.ui.frame.compare_mode import Side
from comp_viz.ui.why import cached as cached_why
from comp_viz.ui.why.split import split_part
from comp_viz.ui.why.tests import curves_panel, further_tests, sanity_line
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of

MISSING = (
    "A modality that a coalition leaves out is masked in the whole conversation, which is what missing is to the model."
)
ALONG = About(
    "What each modality adds to the explained number of every utterance, from nothing observed to the pattern in force: exact Shapley "
    "values over all coalitions of modalities. The explained number is the score, or the probability of the class decided for. The row "
    "below says how modalities relate: the weaker side holds a fifth or more against the stronger (conflict, cross), else one holds two "
    "thirds or more of all contributions (dominance, in its mark), else several push the same way (complement, plus). Hatched where the modality is "
    f"missing: what it adds then comes from its other utterances. {MISSING}",
    "Whether a contribution is right: a modality can carry a wrong decision. Nor what a modality would be worth to a network trained "
    "without the others.",
    r"\varphi_u = \sum_{T \not\ni u} \frac{|T|!\,(M-|T|-1)!}{M!}\,[v(T \cup u) - v(T)],\qquad \sum_u \varphi_u = v(\text{all}) - v(\emptyset)",
)
STEPS = About(
    "The same for the utterance in hand: from the prediction with nothing observed, each modality's Shapley value, to the prediction as "
    "observed. Dashed: neutral.",
    "An order: the steps are averages over all orders in which modalities could come.",
)
PAIRS = About(
    "Shapley interaction index of every pair, counted towards the decision. Above 0, two modalities say more together than each by itself "
    "(synergy); below 0 they say the same twice, or stand in for each other (redundancy). Bar: mean of the conversation; mark: the utterance "
    "in hand.",
    "Why they interact: prompts, the coordinator and the fused head all mix modalities.",
    r"I_{uv} = \sum_{T \not\ni u,v} \frac{|T|!\,(M-|T|-2)!}{(M-1)!}\,[v(T \cup uv) - v(T \cup u) - v(T \cup v) + v(T)]",
)


def contributions_part(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the finding for the head of the page."""
    main = sides[0].view
    predictors = cached_why.in_coalitions(main.query()).predictors
    predictor = one_of("Prediction", predictors, "why_of", "Whose prediction is explained: the fused one, or the head of one modality.", width=150)  # fmt: skip
    wanted = further_tests()
    found = [contribution(cached_why.in_coalitions(side.view.query()), predictor) for side in sides]
    curves = [modality_curves(cached_why.in_coalitions(side.view.query()), predictor) for side in sides]
    spans, shared = (waterfall_span(found, selected), pairs_span(found, selected)), curves_span(curves)
    top = reach(found)
    for side, one, curve in zip(sides, found, curves, strict=True):
        with side.place:
            draw(side, one, top, spans, selected, palette, alone=len(sides) == 1)
            curves_panel(curve, shared, side.view.data.task, "modalities", f"contribution_curves{side.key}", palette)
            if wanted:
                again = partial(cached_why.contributions_again, side.view.query(), predictor)
                sanity_line(again, f"contribution sanity{side.key}")
    split_part(sides, palette)
    return describe(found[0])


def draw(
    side: Side,
    found: Contribution,
    top: float,
    spans: tuple[tuple[float, float], tuple[float, float]],
    selected: int,
    palette: Palette,
    alone: bool,
) -> None:
    """The charts of one side."""
    words, key = side.view.conversation.words, side.key
    numbers, hover = partial(contribution_table, found), hovers(found, words)
    figure = contributions_along(found, hover, top, selected, palette, describe_along(found))
    chart_panel(figure, f"contributions{key}", ALONG, numbers, selects=True)
    left, right = st.columns(2, gap="medium") if alone else (st.container(), st.container())
    with left:
        chart_panel(
            waterfall(found, selected, spans[0], palette),
            f"contribution_steps{key}",
            STEPS,
            partial(of_one, found, selected),
        )
    with right:
        pairs = pairs_chart(found, selected, spans[1], palette)
        chart_panel(pairs, f"contribution_pairs{key}", PAIRS, partial(pair_table, found))
    if found.predictor != FUSED:
        return
    if not side.view.checkpoint.config.coordination:
        st.info(
            "This network was trained without a coordinator: all modalities are weighed equally.",
            icon=":material/balance:",
        )
        return
    chart_panel(
        weight_agreement_chart(found, hover, selected, palette),
        f"contribution_weights{key}",
        ABOUT_WEIGHT_AGREEMENT,
        numbers,
        selects=True,
    )
    st.caption(weight_correlations(weight_agreement(found)))
    with st.expander("Where weight and contribution differ most"):
        st.dataframe(
            disagreement_table(found, words), hide_index=True, key=f"apart{key}",
            column_config={"distance": st.column_config.NumberColumn(format="%.2f", help=DISTANCE_HELP)},
        )  # fmt: skip


def of_one(found: Contribution, s: int) -> pd.DataFrame:
    """The contributions of one utterance."""
    return contribution_table(found).query("utterance == @s + 1")
