"""The part of the Propagation page about attention: a map, the row of the utterance in hand, evenness by head."""

from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.propagation.attention import Attention, attention, describe_heads, evenness_by_head, map_names
from comp_viz.analysis.propagation.tables import attention_table, evenness_table
from comp_viz.figures.chart import About
from comp_viz.figures.propagation.attention import MOST_ARCS, arcs, attention_map, evenness_chart, shared_tops
from comp_viz.figures.style import Palette
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of

NONE = "This network was built without propagation: no utterance attends to another, and there are no maps to show."
MAP = About(
    "Each row is a query: how its attention spreads over the utterances of the conversation, in this modality. Keys where the modality "
    "is missing are masked and hatched. Colours begin at 0 and end at the largest weight that goes to another utterance, in both "
    "columns when two are compared; hover for exact weights. The bars above are the mean over all queries, the dashed line the even "
    "share, 1 over the number of keys. Rollout multiplies the mean over heads, half of it the residual connection, through all layers "
    "and blocks.",
    "Weights say where a layer looks, not what it takes from there or what comes of it. There is no output projection, so a head fills "
    "its own part of the features. Rollout ignores the MLPs, the values, the prompts injected at each block and the expansion "
    "between blocks.",
    r"H = \mathrm{softmax}\!\left(\tfrac{QK^\top}{\sqrt{d/h}} + \text{mask}\right)V,\quad G \leftarrow G + (H + \mathrm{MLP}(H))\quad"
    r"\text{(eq. 4)},\qquad R = \prod_l \tfrac12\left(\bar A_l + I\right)",
)  # fmt: skip
ARCS = About(
    "The row of the utterance in hand. Below: its weight on every utterance, the even share dashed, masked keys hatched. Above: an arc to "
    f"each key that gets the even share or more, the thicker the larger; at most {MOST_ARCS}, those with the largest weights. A click on a "
    "bar takes that utterance in hand.",
    "What is passed along an arc. An arc to a later utterance looks into the future: ComP reads whole conversations.",
)
EVENNESS = About(
    "Every head of every layer: the entropy of its attention as a share of the greatest possible, mean over all queries. At 100 % each "
    "observed utterance gets the same weight, and the layer adds the mean of the conversation to every utterance; near 0 % each query "
    "looks at a single one.",
    "Which utterances are chosen, or whether two heads choose the same. With few observed utterances the share is coarse.",
    r"\frac{-\sum_j a_j \log a_j}{\log(\text{number of observed keys})}",
)


def attention_part(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the finding for the head of the page."""
    insides = [side.view.inside() for side in sides]
    names = [name for inside in insides for name in map_names(inside)]
    if not names:
        st.info(NONE, icon=":material/block:")
        return "No attention here: a network without propagation"
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
    found = {side.key: attention(i, modality, name) for side, i in zip(sides, insides, strict=True) if i.attention}
    tops = shared_tops(list(found.values()), selected)
    places = zip(
        row_of_sides(sides, charts=len(found) == len(sides)), row_of_sides(sides), row_of_sides(sides), strict=True
    )
    for side, inside, mine in zip(sides, insides, places, strict=True):
        if side.key not in found:
            mine[0].info(NONE, icon=":material/block:")
            continue
        if found[side.key].name != name:
            side.place.caption(f"This network has no {name}; shown is the {found[side.key].name}.")
        draw(side, inside, found[side.key], tops, selected, palette, mine)
    return describe_heads(evenness_by_head(next(i for i in insides if i.attention)))


def draw(
    side: Side,
    inside: Inside,
    found: Attention,
    tops: tuple[float, float, float],
    selected: int,
    palette: Palette,
    places: tuple[DeltaGenerator, ...],
) -> None:
    """The three charts of one side, each at its place."""
    words, key = side.view.conversation.words, side.key
    with places[0]:
        figure = arcs(found, words, tops[2], selected, palette)
        chart_panel(figure, f"attention_row{key}", ARCS, partial(row_numbers, found, selected), selects=True)
    with places[1]:
        figure = attention_map(found, words, tops[0], tops[1], selected, palette)
        chart_panel(figure, f"attention_matrix{key}", MAP, partial(attention_table, found), selects=True)
    with places[2]:
        evenness = evenness_chart(evenness_by_head(inside), palette)
        chart_panel(evenness, f"attention_evenness{key}", EVENNESS, partial(evenness_table, inside))


def row_numbers(found: Attention, query: int) -> pd.DataFrame:
    """The weights of one query."""
    table = attention_table(found)
    return table[table["query"] == query + 1]
