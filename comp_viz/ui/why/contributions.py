"""The part of the Why page about modalities: exact Shapley values, interactions, and the coordinator's weights beside them."""

from functools import partial

import pandas as pd
import streamlit as st

from comp_viz.analysis.prediction import FUSED
from comp_viz.analysis.why.contribution import Contribution, contribution, contribution_table, pair_table
from comp_viz.analysis.why.faithfulness import modality_curves
from comp_viz.analysis.why.weight_agreement import disagreement_table, weight_agreement
from comp_viz.figures.style import Palette
from comp_viz.figures.why.contribution import (
    ABOUT_CONTRIBUTIONS,
    contribution_hovers,
    contribution_reach,
    contributions_along,
    contributions_title,
    relation_facts,
)
from comp_viz.figures.why.faithfulness import curves_span
from comp_viz.figures.why.heading import contributions_heading
from comp_viz.figures.why.pairs import ABOUT_PAIRS, pairs_chart, pairs_span
from comp_viz.figures.why.waterfall import ABOUT_WATERFALL, waterfall, waterfall_span
from comp_viz.figures.why.weight_agreement import (
    ABOUT_WEIGHT_AGREEMENT,
    DISTANCE_HELP,
    weight_agreement_chart,
    weight_correlations,
)
from comp_viz.methods.method import absence
from comp_viz.ui.frame.compare_mode import Side
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.why import cached as cached_why
from comp_viz.ui.why.split import split_part
from comp_viz.ui.why.tests import curves_panel, further_tests, sanity_line
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of
from comp_viz.ui.widgets.written import draw_table


def contributions_part(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the heading of the page."""
    known = [cached_why.in_coalitions(side.view.query()).predictors for side in sides]
    predictors = [name for name in known[0] if all(name in others for others in known)]  # a method may have no heads
    predictor = one_of("Prediction", predictors, "why_of", "Whose prediction is explained: the fused one, or the head of one modality.", width=150)  # fmt: skip
    wanted = further_tests()
    contributions = [contribution(cached_why.in_coalitions(side.view.query()), predictor) for side in sides]
    curves = [modality_curves(cached_why.in_coalitions(side.view.query()), predictor) for side in sides]
    spans, shared = (waterfall_span(contributions, selected), pairs_span(contributions, selected)), curves_span(curves)
    top = contribution_reach(contributions)
    for side, each, curve in zip(sides, contributions, curves, strict=True):
        with side.place:
            draw_contributions(side, each, top, spans, selected, palette, alone=len(sides) == 1)
            curves_panel(curve, shared, side.view.data.task, "modalities", f"contribution_curves{side.key}", palette)
            if wanted:
                again = partial(cached_why.contributions_again, side.view.query(), predictor)
                sanity_line(again, f"contribution sanity{side.key}")
    split_part(sides, palette)
    return contributions_heading(contributions[0])


def draw_contributions(
    side: Side,
    contributions: Contribution,
    top: float,
    spans: tuple[tuple[float, float], tuple[float, float]],
    selected: int,
    palette: Palette,
    alone: bool,
) -> None:
    """The charts of one side."""
    words, key = side.view.conversation.words, side.key
    numbers, hover = partial(contribution_table, contributions), contribution_hovers(contributions, words)
    figure = contributions_along(contributions, hover, top, selected, palette, contributions_title(contributions))
    chart_panel(figure, f"contributions{key}", ABOUT_CONTRIBUTIONS, numbers, selects=True)
    st.caption(escape_markdown(relation_facts(contributions)))
    left, right = st.columns(2, gap="medium") if alone else (st.container(), st.container())
    with left:
        chart_panel(
            waterfall(contributions, selected, spans[0], palette),
            f"contribution_steps{key}",
            ABOUT_WATERFALL,
            partial(contributions_to, contributions, selected),
        )
    with right:
        pairs = pairs_chart(contributions, selected, spans[1], palette)
        chart_panel(pairs, f"contribution_pairs{key}", ABOUT_PAIRS, partial(pair_table, contributions))
    if contributions.predictor != FUSED:
        return
    if not side.view.checkpoint.learned_weights:
        alike = "This network was trained without a coordinator: all modalities have equal weight."
        st.info(absence(side.view.checkpoint.method, "weights") or alike, icon=":material/balance:")
        return
    chart_panel(
        weight_agreement_chart(contributions, hover, selected, palette),
        f"contribution_weights{key}",
        ABOUT_WEIGHT_AGREEMENT,
        numbers,
        selects=True,
    )
    if correlations := weight_correlations(weight_agreement(contributions)):
        st.caption(escape_markdown(correlations))
    with st.expander("Where weight and contribution differ most"):
        draw_table(
            disagreement_table(contributions, words), {"distance": 2}, key=f"apart{key}",
            column_config={"distance": st.column_config.NumberColumn(help=DISTANCE_HELP)},
        )  # fmt: skip


def contributions_to(contributions: Contribution, s: int) -> pd.DataFrame:
    """The contributions to one utterance."""
    return contribution_table(contributions).query("utterance == @s + 1")
