"""The part of the Propagation page about attention: a map, the row of the selected utterance, normalised entropy by head."""

from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.propagation.attention import Attention, attention, entropy_by_head, map_names
from comp_viz.analysis.propagation.tables import attention_table, entropy_table
from comp_viz.figures.propagation.attention import (
    ABOUT_ATTENTION,
    ABOUT_HEAD_ENTROPY,
    ABOUT_QUERY,
    attention_chart,
    head_entropy_chart,
    query_chart,
    shared_tops,
)
from comp_viz.figures.propagation.heading import attention_heading
from comp_viz.figures.style import Palette
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of

NO_MAPS = "This network was built without propagation: no utterance attends to another, and there are no maps to show."


def attention_tab(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the finding for the head of the page."""
    insides = [side.view.inside() for side in sides]
    names = [name for inside in insides for name in map_names(inside)]
    if not names:
        st.info(NO_MAPS, icon=":material/block:")
        return attention_heading({})
    modality = one_of(
        "Modality",
        insides[0].modalities,
        "attention_of",
        "Whose attention to show: each has its own layers.",
        width=150,
    )
    name = one_of(
        "Map", list(dict.fromkeys(names)), "attention_map",
        "Rollout follows attention through all layers; the others are one layer's or head's weights, or means of them.", width=250,
    )  # fmt: skip
    maps = {side.key: attention(i, modality, name) for side, i in zip(sides, insides, strict=True) if i.attention}
    tops = shared_tops(list(maps.values()), selected)
    places = zip(
        row_of_sides(sides, charts=len(maps) == len(sides)), row_of_sides(sides), row_of_sides(sides), strict=True
    )
    for side, inside, mine in zip(sides, insides, places, strict=True):
        if side.key not in maps:
            mine[0].info(NO_MAPS, icon=":material/block:")
            continue
        if maps[side.key].name != name:
            side.place.caption(f"This network has no {name}; shown is the {escape_markdown(maps[side.key].name)}.")
        draw_attention(side, inside, maps[side.key], tops, selected, palette, mine)
    return attention_heading(entropy_by_head(next(i for i in insides if i.attention)))


def draw_attention(
    side: Side,
    inside: Inside,
    shown: Attention,
    tops: tuple[float, float, float],
    selected: int,
    palette: Palette,
    places: tuple[DeltaGenerator, ...],
) -> None:
    """The three charts of one side, each at its place."""
    words, key = side.view.conversation.words, side.key
    with places[0]:
        figure = query_chart(shown, words, tops[2], selected, palette)
        chart_panel(figure, f"attention_row{key}", ABOUT_QUERY, partial(query_table, shown, selected), selects=True)
    with places[1]:
        figure = attention_chart(shown, words, tops[0], tops[1], selected, palette)
        chart_panel(figure, f"attention_matrix{key}", ABOUT_ATTENTION, partial(attention_table, shown), selects=True)
    with places[2]:
        figure = head_entropy_chart(entropy_by_head(inside), palette)
        chart_panel(figure, f"attention_evenness{key}", ABOUT_HEAD_ENTROPY, partial(entropy_table, inside))


def query_table(shown: Attention, query: int) -> pd.DataFrame:
    """The weights of one query."""
    table = attention_table(shown)
    return table[table["query"] == query + 1]
