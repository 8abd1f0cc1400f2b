"""Shares of modalities in the predictions of a whole split, predictor by predictor, beside the coordinator's weights."""

import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.why.coalitions import FUSED
from comp_viz.figures.along import escape
from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import Palette, modality_colours, modality_marks

WEIGHT = "coordinator weight"


def split_chart(table: pd.DataFrame, palette: Palette, title: str) -> go.Figure:
    """Stacked bars to 100 %: the mean weight above, then what contributes to the fused prediction and to each head."""
    names = tuple(table["modality"].unique())
    colours, marks = modality_colours(palette, names), modality_marks(names)
    predictors = list(table["predictor"].unique())
    rows = [WEIGHT, *("fused prediction" if p == FUSED else f"{marks[p]} {escape(p)}'s head" for p in predictors)]
    traces = []
    for name in names:
        mine = table[table["modality"] == name].set_index("predictor")
        values = [float(mine["weight"].iloc[0]), *(float(mine["share"][p]) for p in predictors)]
        traces.append(
            go.Bar(
                y=rows, x=values, orientation="h", name=f"{marks[name]} {name}", marker={"color": colours[name], "line": {"color": palette.ground, "width": 1}},
                text=[f"{marks[name]} {v:.0%}" for v in values], textposition="inside", insidetextanchor="middle",
                textfont={"color": palette.ground}, hovertemplate=f"%{{y}}, {escape(name)}: %{{x:.1%}}<extra></extra>",
            )
        )  # fmt: skip
    layout = base_layout(palette, title, 110 + 40 * len(rows), barmode="stack", dragmode=False)
    layout["legend"] = layout["legend"] | {"traceorder": "normal"}
    layout["xaxis"] = layout["xaxis"] | {"range": [0, 1], "tickformat": ".0%", "fixedrange": True}
    layout["yaxis"] = layout["yaxis"] | {"autorange": "reversed", "fixedrange": True}
    return go.Figure(traces, layout)
