"""Shares of modalities in the predictions of a whole split, predictor by predictor, beside the coordinator's weights."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.prediction import FUSED
from comp_viz.data.conversation import Task
from comp_viz.figures.along import escape
from comp_viz.figures.chart import About, base_layout, percent_ticks
from comp_viz.figures.style import Palette, modality_colours, modality_marks
from comp_viz.figures.why.amounts import explained_amount
from comp_viz.wording import first_upper, fitting, how_many, percent, points

WEIGHT = "weight"
ABOUT_SPLIT = About(
    "All utterances of the split as recorded. Above: the mean weight of each modality. Below: the mean "
    "size of each modality's Shapley value as a share of all, for the fused prediction and for each modality's head (of ComP, "
    "it hears the others through prompts). The table has the mean size, the mean towards the decision, and Shapley values of accuracy itself, which sum to "
    "the accuracy as recorded minus that with nothing observed.",
    "What a modality is worth elsewhere: on other data, under missing patterns, or to a network trained without the others.",
    r"\varphi_u(\mathrm{ACC}) = \sum_{T \not\ni u} \frac{|T|!\,(M-|T|-1)!}{M!}\,[\mathrm{ACC}(T \cup u) - \mathrm{ACC}(T)]",
)


def split_title(table: pd.DataFrame, task: Task, conversations: int, of: int) -> str:
    """The modality that contributes most over a split of which some conversations are computed; `table` from `split_table`."""
    fused = table[table["predictor"] == FUSED]
    top = fused.iloc[int(fused["mean"].to_numpy().argmax())]
    size = explained_amount(task, float(top["mean"]))
    sentence = f"{first_upper(str(top['modality']))} contributes most over the split: {percent(top['share'])} ({size} on average)"
    so_far = "" if conversations == of else f", {how_many(conversations, 'conversation')} so far"
    return fitting(sentence + so_far, f"{percent(top['share'])} of all contributions are of {top['modality']}")


def accuracy_facts(table: pd.DataFrame, reached: np.ndarray) -> str:
    """The accuracy that each modality contributes; "" where no label counts. `reached [2^M]` as `accuracies` gives it."""
    fused = table[table["predictor"] == FUSED]
    if fused["accuracy"].isna().any():
        return ""
    gains = ", ".join(f"{u} {points(x)}" for u, x in zip(fused["modality"], fused["accuracy"], strict=True))
    return f"ACC {percent(float(reached[-1]), 1)}: {percent(float(reached[0]), 1)} with nothing observed, and of the modalities {gains}."


def split_chart(table: pd.DataFrame, palette: Palette, title: str) -> go.Figure:
    """Stacked bars to 100 %: the mean weight above, then what contributes to the fused prediction and to each head."""
    names = tuple(table["modality"].unique())
    colours, marks = modality_colours(palette, names), modality_marks(names)
    predictors = list(table["predictor"].unique())
    weighted = bool(table["weight"].notna().all())
    rows = [
        *([WEIGHT] if weighted else []),
        *("fused prediction" if p == FUSED else f"{marks[p]} {escape(p)}'s head" for p in predictors),
    ]
    traces = []
    for name in names:
        rows_of = table[table["modality"] == name].set_index("predictor")
        values = [
            *([float(rows_of["weight"].iloc[0])] if weighted else []),
            *(float(rows_of["share"][p]) for p in predictors),
        ]
        traces.append(
            go.Bar(
                y=rows, x=values, orientation="h", name=f"{marks[name]} {name}", marker={"color": colours[name], "line": {"color": palette.ground, "width": 1}},
                text=[f"{marks[name]} {percent(v)}" for v in values], textposition="inside", insidetextanchor="middle",
                textfont={"color": palette.ground}, customdata=[percent(v, 1) for v in values], hovertemplate=f"%{{y}}, {escape(name)}: %{{customdata}}<extra></extra>",
            )
        )  # fmt: skip
    layout = base_layout(palette, title, 110 + 40 * len(rows), barmode="stack", dragmode=False)
    layout["legend"] = layout["legend"] | {"traceorder": "normal"}
    layout["xaxis"] = layout["xaxis"] | {"range": [0, 1], "fixedrange": True} | percent_ticks(0, 1)
    layout["yaxis"] = layout["yaxis"] | {"autorange": "reversed", "fixedrange": True}
    return go.Figure(traces, layout)
