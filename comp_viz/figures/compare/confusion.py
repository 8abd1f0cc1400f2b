"""Confusion matrices side by side on one scale."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.figures.along import escape
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.style import Palette, letters_on, sequential
from comp_viz.wording import fitting, percent

GAP = 0.06  # of the width, between two matrices
MOST_NUMBERS = 8  # decisions up to which the shares are written into the cells
ABOUT_CONFUSION = About(
    "Rows are the truth, columns the decision: percent of each row, mean over drawings.",
    "How often each truth occurs; the numbers to save have the counts.",
)


def confusion_title(matrices: Mapping[str, pd.DataFrame]) -> str:
    """The most frequent error of the first, and how often the others make it."""
    (name, first), *others = matrices.items()
    if not first["share"].notna().any():
        return "Confusion matrices: no label counts"
    worst = int(first["share"].where(first["truth"] != first["decision"]).fillna(-1).to_numpy().argmax())
    top = first.iloc[worst]
    error = f"{name} decides {percent(top['share'])} of {top['truth']} utterances as {top['decision']}"
    rest = ", ".join(f"{other} {percent(float(table['share'].iloc[worst]))}" for other, table in others)
    return fitting(
        f"{error}, {rest}",
        error,
        f"{percent(top['share'])} of {top['truth']} utterances are decided as {top['decision']}",
    )


def confusion_chart(matrices: Mapping[str, pd.DataFrame], palette: Palette, title: str) -> go.Figure:
    """A matrix for every predictor: of each truth (row) the share of every decision (column), written into the cells."""
    shares = {name: table.pivot(index="truth", columns="decision", values="share") for name, table in matrices.items()}
    order = [*dict.fromkeys(next(iter(matrices.values()))["truth"])]
    layout = base_layout(palette, title, 130 + 42 * len(order), dragmode=False)
    axis, width = layout["xaxis"], (1 + GAP) / len(matrices) - GAP
    names = [escape(name, 20) for name in order]
    traces, notes = [], []
    for i, (name, table) in enumerate(shares.items(), start=1):
        tag, share = "" if i == 1 else str(i), table.loc[order, order].to_numpy()
        start = (i - 1) * (width + GAP)
        layout[f"xaxis{tag}"] = axis | {
            "domain": [start, start + width], "showgrid": False, "fixedrange": True, "anchor": f"y{tag}", "type": "category",
            "title": {"text": "decision", "font": {"size": 12}}, "tickangle": 0 if len(order) < 4 else -40,
        }  # fmt: skip
        layout[f"yaxis{tag}"] = axis | {
            "autorange": "reversed", "showgrid": False, "fixedrange": True, "anchor": f"x{tag}", "showticklabels": i == 1,
            "type": "category", **({"title": {"text": "truth", "font": {"size": 12}}} if i == 1 else {}),
        }  # fmt: skip
        traces.append(
            go.Heatmap(
                z=share.astype(np.float32), x=names, y=names, xaxis=f"x{tag}", yaxis=f"y{tag}", zmin=0, zmax=1,
                colorscale=sequential(palette), showscale=False, xgap=1, ygap=1,
                text=[[percent(float(one), 1) for one in row] for row in share], hovertemplate="%{y} decided as %{x}: %{text}<extra></extra>",
            )
        )  # fmt: skip
        if len(order) <= MOST_NUMBERS:
            traces.append(shares_in_cells(share, names, f"x{tag}", f"y{tag}", palette))
        notes.append({
            "text": f"<b>{escape(name, 36)}</b>", "x": start + width / 2, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "center",
            "yanchor": "bottom", "showarrow": False, "font": {"size": 12, "color": palette.ink},
        })  # fmt: skip
    return go.Figure(traces, layout | {"annotations": notes})


def shares_in_cells(share: np.ndarray, names: Sequence[str], xaxis: str, yaxis: str, palette: Palette) -> go.Scatter:
    """Percents `[C, C]` written into the cells of a matrix, in the tone that stands out from each."""
    cells = [(names[column], names[row], share[row, column]) for row, column in np.ndindex(share.shape)]
    return go.Scatter(
        x=[x for x, _, _ in cells], y=[y for _, y, _ in cells], xaxis=xaxis, yaxis=yaxis, mode="text", hoverinfo="skip",
        text=["" if np.isnan(one) else f"{100 * one:.0f}" for _, _, one in cells], showlegend=False,
        textfont={"size": 14, "color": [letters_on(palette, float(np.nan_to_num(one))) for _, _, one in cells]},
    )  # fmt: skip
