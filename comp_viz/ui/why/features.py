"""The part of the Why page about cells and features: four methods of attribution, named features, words of clips."""

from functools import partial

import streamlit as st

from comp_viz.analysis.why.attribution import ATTRIBUTION_METHODS, Attribution, attribution_table
from comp_viz.analysis.why.faithfulness import Curves
from comp_viz.analysis.why.named_features import feature_table, group_table, names_of
from comp_viz.figures.style import Palette
from comp_viz.figures.why.attribution import (
    ABOUT_ATTRIBUTION,
    ABOUT_FEATURE_GROUPS,
    ABOUT_FEATURES,
    attribution_facts,
    attribution_reach,
    cells_chart,
    cells_title,
    feature_bars,
    feature_groups_title,
    features_title,
)
from comp_viz.figures.why.faithfulness import curves_span
from comp_viz.figures.why.heading import features_heading
from comp_viz.ui.frame.compare_mode import Side
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.why import cached as cached_why
from comp_viz.ui.why.tests import curves_panel, further_tests, sanity_line
from comp_viz.ui.why.words import words_part
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of

METHOD_HELP = "Integrated Gradients and Gradient × Input explain features, Occlusion and Shapley sampling which cells are observed. All by Captum's definitions."


def features_part(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the heading of the page."""
    method = one_of("Method", ATTRIBUTION_METHODS, "why_method", METHOD_HELP, width=200)
    wanted = further_tests()
    attributions = [cached_why.attribution(side.view.query(), selected, method) for side in sides]
    top = attribution_reach(attributions)
    for side, each in zip(sides, attributions, strict=True):
        with side.place:
            draw_attribution(side, each, top, selected, palette, alone=len(sides) == 1)
    curves = [attribution_curves(side, each) for side, each in zip(sides, attributions, strict=True)]
    shared = {
        what: curves_span([by_part[what] for by_part in curves if what in by_part]) for what in set().union(*curves)
    }
    for side, each, by_part in zip(sides, attributions, curves, strict=True):
        with side.place:
            for what, curve in by_part.items():
                key = f"attribution_{what}_curves{side.key}"
                curves_panel(curve, shared[what], side.view.data.task, what, key, palette)
            if wanted:
                again = partial(cached_why.tested_again, side.view.query(), each.target, each.method)
                sanity_line(again, f"attribution sanity{side.key}")
            words_part(side, selected, palette)
    return features_heading(attributions[0])


def draw_attribution(
    side: Side, attribution: Attribution, top: float, selected: int, palette: Palette, alone: bool
) -> None:
    """Cells, and features where the method has them."""
    key = side.key
    figure = cells_chart(attribution, side.view.conversation.words, top, selected, palette, cells_title(attribution))
    chart_panel(
        figure,
        f"attribution_cells{key}",
        ABOUT_ATTRIBUTION[attribution.method],
        partial(attribution_table, attribution),
        selects=True,
    )
    st.caption(escape_markdown(attribution_facts(attribution)))
    if attribution.features is None or not attribution.observed[selected].any():
        return
    table = feature_table(attribution, names_of(side.view.data))
    left, right = st.columns(2, gap="medium") if alone else (st.container(), st.container())
    title = features_title(table, attribution.task)
    with left:
        figure = feature_bars(table, "feature", attribution.task, palette, title)
        chart_panel(figure, f"attribution_features{key}", ABOUT_FEATURES, lambda: table)
    with right:
        groups = group_table(table)
        title = feature_groups_title(groups, attribution.task)
        chart_panel(
            feature_bars(groups, "group", attribution.task, palette, title),
            f"attribution_groups{key}",
            ABOUT_FEATURE_GROUPS,
            lambda: groups,
        )


def attribution_curves(side: Side, attribution: Attribution) -> dict[str, Curves]:
    """Whether the attribution of one side is faithful: of cells, and of features where the method has them."""
    query = side.view.query()
    curves = {"cells": cached_why.cells_tested(query, attribution.target, attribution.method)}
    if attribution.features is not None and (
        of_features := cached_why.features_tested(query, attribution.target, attribution.method)
    ):
        curves["features"] = of_features
    return curves
