"""The part of the Why page about cells and features: four methods of attribution, named features, words of clips."""

from functools import partial

import pandas as pd
import streamlit as st

from comp_viz.analysis.why.attribution import (
    GRADIENT,
    INTEGRATED,
    METHODS,
    OCCLUSION,
    SAMPLING,
    Attribution,
    attribution_table,
    describe,
    describe_cells,
)
from comp_viz.analysis.why.faithfulness import Curves
from comp_viz.analysis.why.named_features import describe_features, feature_table, group_table, names_of
from comp_viz.analysis.why.target import explained_amount
from comp_viz.data.dataset import DataSet
from comp_viz.figures.chart import About
from comp_viz.figures.style import Palette
from comp_viz.figures.why.attribution import cells_chart, feature_bars, reach
from comp_viz.figures.why.faithfulness import curves_span
from comp_viz.ui.frame.compare_mode import Side
from comp_viz.ui.why import cached as cached_why
from comp_viz.ui.why.tests import curves_panel, further_tests, sanity_line
from comp_viz.ui.why.words import words_part
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of

GRADIENTS = (
    "Features start from their mean in training, which is zero after standardising, with the missing pattern left as it is; a cell's part "
    "is the sum over its features."
)
MASKS = "What is taken away is missing as the model means it: masked, not at a mean."
HOW = {
    INTEGRATED: (
        f"The gradient gathered along the straight way from the mean to the features. {GRADIENTS}",
        "What happens when a modality is missing: on this way it is there, with mean features.",
        r"(x_i - \bar x_i)\int_0^1 \frac{\partial f(\bar x + \alpha(x - \bar x))}{\partial x_i}\,d\alpha,\qquad \sum_i = f(x) - f(\bar x)",
    ),
    GRADIENT: (
        f"The gradient at the features times the features. {GRADIENTS}",
        "What larger changes do: it sees the model as if it were straight, and its parts need not sum to anything.",
        r"x_i\,\frac{\partial f(x)}{\partial x_i}",
    ),
    OCCLUSION: (
        f"The explained number less what it is without each cell, one at a time. {MASKS} In conversations of more than 400 cells "
        "neighbouring utterances go missing together.",
        "What cells do together: two that can stand in for each other both seem to matter little.",
        r"f(\text{all}) - f(\text{all} \setminus \text{cell})",
    ),
    SAMPLING: (
        f"Shapley values of cells, estimated from random orders in which they come. {MASKS} Cells more than four utterances away come in "
        "blocks and share the block's value; hover for the standard error.",
        "Exact values: with few orders drawn the standard error is large. The values sum exactly to the change from nothing observed.",
        r"\hat\varphi_i = \frac1R \sum_{r=1}^{R} f(\text{before}_r(i) \cup i) - f(\text{before}_r(i))",
    ),
}  # fmt: skip
METHOD_HELP = "Integrated Gradients and Gradient × Input explain features, Occlusion and Shapley sampling which cells are observed. All by Captum's definitions."
FEATURES = About(
    "The utterance's own features with the largest parts, by name, in the colour and mark of their modality.",
    "How features act together, or that a large part is a cause in the world. A missing modality has no features.",
)
GROUPS = About(
    "The same features in groups by what they measure, each the sum of its features' parts. Embeddings, and features without names, are one group.",
    "How much goes on inside a group: parts of opposite sign cancel in a sum. The saved numbers also have the sum of their sizes.",
)


def features_part(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the finding for the head of the page."""
    method = one_of("Method", METHODS, "why_method", METHOD_HELP, width=200)
    wanted = further_tests()
    found = [cached_why.attribution(side.view.query(), selected, method) for side in sides]
    top = reach(found)
    for side, one in zip(sides, found, strict=True):
        with side.place:
            draw(side, one, top, selected, palette, alone=len(sides) == 1)
    curves = [tested(side, one) for side, one in zip(sides, found, strict=True)]
    shared = {what: curves_span([each[what] for each in curves if what in each]) for what in set().union(*curves)}
    for side, one, each in zip(sides, found, curves, strict=True):
        with side.place:
            for what, curve in each.items():
                key = f"attribution_{what}_curves{side.key}"
                curves_panel(curve, shared[what], side.view.data.task, what, key, palette)
            if wanted:
                again = partial(cached_why.tested_again, side.view.query(), one.target, one.method)
                sanity_line(again, f"attribution sanity{side.key}")
            words_part(side, selected, palette)
    return describe(found[0])


def draw(side: Side, found: Attribution, top: float, selected: int, palette: Palette, alone: bool) -> None:
    """Cells, and features where the method has them."""
    key = side.key
    figure = cells_chart(found, side.view.conversation.words, top, selected, palette, describe_cells(found))
    chart_panel(
        figure, f"attribution_cells{key}", About(*HOW[found.method]), partial(attribution_table, found), selects=True
    )
    st.caption(complete(found))
    if found.features is None or not found.observed[selected].any():
        return
    table = own_features(found, side.view.data)
    left, right = st.columns(2, gap="medium") if alone else (st.container(), st.container())
    title = describe_features(found, table)
    with left:
        figure = feature_bars(table, "feature", found.task, palette, title)
        chart_panel(figure, f"attribution_features{key}", FEATURES, lambda: table)
    with right:
        groups = group_table(table)
        said = f"{len(groups)} groups of features, by the sum of their parts"
        chart_panel(
            feature_bars(groups, "group", found.task, palette, said), f"attribution_groups{key}", GROUPS, lambda: groups
        )


def own_features(found: Attribution, data: DataSet) -> pd.DataFrame:
    """The features of the explained utterance with their names."""
    return feature_table(found, names_of(data))


def complete(found: Attribution) -> str:
    """What the parts sum to, and whether that is what they should."""
    total = explained_amount(found.task, float(found.cells.sum()), signed=True)
    if found.method in (GRADIENT, OCCLUSION):
        return f"The parts sum to {total}; with this method they need not sum to anything."
    start = "features at their mean" if found.method == INTEGRATED else "nothing observed"
    how = f"{found.steps} steps of the integral" if found.method == INTEGRATED else f"{found.steps} orders drawn"
    mark = "✓ complete" if found.missing_sum <= 0.01 else "✗ not complete"
    return (
        f"{mark}: the parts sum to {total}, the change from {start} to the prediction is "
        f"{explained_amount(found.task, found.whole - found.start, signed=True)}; {found.missing_sum:.2%} of it is lacking, after {how}."
    )


def tested(side: Side, found: Attribution) -> dict[str, Curves]:
    """Whether the attribution of one side is faithful: of cells, and of features where the method has them."""
    query = side.view.query()
    curves = {"cells": cached_why.cells_tested(query, found.target, found.method)}
    if found.features is not None and (of_features := cached_why.features_tested(query, found.target, found.method)):
        curves["features"] = of_features
    return curves
