"""The part of the Propagation page about prompt ablation: what each prompt is worth, measured by removing it."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.propagation.prompt_ablation import UTTERANCE_SETS, PromptAblation
from comp_viz.analysis.propagation.tables import ablation_along_table, ablation_table
from comp_viz.figures.propagation.heading import ablation_heading
from comp_viz.figures.propagation.prompt_ablation import (
    ABOUT_ABLATION,
    ABOUT_ABLATION_ALONG,
    ablation_along_chart,
    ablation_chart,
    highest_change,
    total_change,
)
from comp_viz.figures.style import Palette
from comp_viz.ui.cache.predictions import cached_prompt_ablation
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of
from comp_viz.ui.widgets.written import PERCENT, Form, draw_table

NOTHING_TO_REMOVE = (
    "This network was built without prompts: its modalities meet only in the coordinator and the fused head, and nothing passes between "
    "them before."
)
MEASURED_ON = {"propagated features": "features", "each modality's head": "heads", "fused prediction": "fused"}


def ablation_tab(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the finding for the head of the page."""
    on = one_of("Measured on", list(MEASURED_ON), "flow_on", "Where the change is measured when a source is removed.")
    where = one_of("Utterances", UTTERANCE_SETS, "flow_where", "Over which utterances the change is averaged.")
    measure = MEASURED_ON[on]
    ablations = {side.key: cached_prompt_ablation(side.view.query()) for side in sides}
    prompted = {key: one for key, one in ablations.items() if one}
    whole = max((total_change(one, measure, where) for one in prompted.values()), default=0)
    top = highest_change(list(prompted.values()), measure)
    places = zip(
        row_of_sides(sides, charts=len(prompted) == len(sides)),
        row_of_sides(sides, charts=False),
        row_of_sides(sides),
        strict=True,
    )
    for side, mine in zip(sides, places, strict=True):
        if side.key not in prompted:
            mine[0].info(NOTHING_TO_REMOVE, icon=":material/block:")
            continue
        draw_ablation(side, prompted[side.key], measure, where, (whole, top), selected, palette, mine)
    return ablation_heading(ablations[sides[0].key], measure, where)


def draw_ablation(
    side: Side,
    ablation: PromptAblation,
    measure: str,
    where: str,
    scales: tuple[float, float],
    selected: int,
    palette: Palette,
    places: tuple[DeltaGenerator, ...],
) -> None:
    """The charts and the table of one side, each at its place."""
    words, key = side.view.conversation.words, side.key
    with places[0]:
        figure = ablation_chart(ablation, measure, where, scales[0], palette)
        chart_panel(figure, f"flow_links{key}", ABOUT_ABLATION, partial(ablation_table, ablation, where))
    with places[1]:
        draw_numbers(ablation, where, f"flow table{key}")
    with places[2]:
        figure = ablation_along_chart(ablation, measure, words, scales[1], selected, palette)
        chart_panel(
            figure, f"flow_along{key}", ABOUT_ABLATION_ALONG, partial(ablation_along_table, ablation), selects=True
        )


def draw_numbers(ablation: PromptAblation, where: str, key: str) -> None:
    """Everything measured, averaged, with its units."""
    form, unit = (PERCENT, "probability that goes to other classes") if ablation.task.classes else (2, f"label units of {ablation.task.name}")  # fmt: skip
    columns: dict[str, tuple[str, Form, str]] = {
        "features": ("features", PERCENT, "Change of the receiver's propagated features as a share of their norm; 0 % is no change."),
        "cosine": ("cosine", 2, "Between the receiver's propagated features before and after, −1 to 1; 1 is no change."),
        "head": ("own head", form, f"Change of the receiver's own prediction, in {unit}."),
        "fused": ("fused", form, f"Change of the fused prediction, in {unit}."),
        "flips": ("flips", PERCENT, "Share of fused decisions that become others."),
    }  # fmt: skip
    config = {name: st.column_config.NumberColumn(label, help=h) for name, (label, _, h) in columns.items()}
    forms = {name: form for name, (_, form, _) in columns.items()}
    draw_table(ablation_table(ablation, where), forms, key=key, column_config=config)
