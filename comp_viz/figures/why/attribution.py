"""Attributions: of cells as a matrix along the conversation, of features and words as bars."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.why.attribution import Attribution
from comp_viz.analysis.why.named_features import feature_label
from comp_viz.analysis.why.target import explained_unit
from comp_viz.analysis.why.words import WordEffects, describe_words
from comp_viz.data.conversation import Task
from comp_viz.figures.along import along, bars_at, escape, hatching
from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import Palette, diverging, modality_colours, modality_marks

SHOWN = 14  # bars


def reach(found: Sequence[Attribution]) -> float:
    """Where the colour scales of charts side by side end."""
    return max(1e-4, *(float(np.abs(one.cells).max()) for one in found))


def cells_chart(
    found: Attribution, words: Sequence[str], top: float, selected: int, palette: Palette, title: str
) -> go.Figure:
    """A row for every modality, a cell for every utterance: red where it raises the explained number, blue where it lowers it."""
    S, M = found.cells.shape
    marks, form = modality_marks(found.modalities), "+.1%" if found.task.classes else "+.3f"
    z = np.where(found.observed, found.cells, np.nan).T.astype(np.float32)
    u, s = (x.ravel() for x in np.indices((M, S)))
    hover = [
        f"<b>utterance {i + 1}</b> {escape(words[i], 60)}<br>{escape(found.modalities[j])}: "
        + (f"{found.cells[i, j]:{form}}{error(found, i, j)}" if found.observed[i, j] else "missing")
        for j, i in zip(u.tolist(), s.tolist(), strict=True)
    ]
    heat = go.Heatmap(
        z=z, x=np.arange(1, S + 1), y=np.arange(M), zmin=-top, zmax=top, colorscale=diverging(palette), hoverinfo="skip", ygap=3, xgap=1 if S < 150 else 0,
        colorbar={"thickness": 10, "nticks": 5, "title": {"text": explained_unit(found.task), "side": "right", "font": {"size": 11}}},
    )  # fmt: skip
    missing = [
        bars_at(
            np.flatnonzero(~found.observed[:, j]), np.full(int((~found.observed[:, j]).sum()), j - 0.45, np.float32),
            np.full(int((~found.observed[:, j]).sum()), j + 0.45, np.float32), "y", fillcolor="rgba(0,0,0,0)",
            fillpattern=hatching(palette) | {"fgcolor": palette.truth},
        )
        for j in range(M)
    ]  # fmt: skip
    touch = go.Scatter(
        x=s + 1, y=u, mode="markers", customdata=s, hovertext=hover, hoverinfo="text", showlegend=False,
        marker={"symbol": "square", "size": 16, "color": "rgba(0,0,0,0)"},
    )  # fmt: skip
    layout = along(palette, title, 120 + 46 * M, S, selected)
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": list(range(M)), "ticktext": [f"{marks[name]} {escape(name)}" for name in found.modalities], "range": [M - 0.5, -0.5],
        "showgrid": False, "zeroline": False,
    }  # fmt: skip
    return go.Figure([heat, *missing, touch], layout)


def error(found: Attribution, s: int, u: int) -> str:
    """The standard error of a cell in words, where there is one."""
    if found.error is None:
        return ""
    form = ".1%" if found.task.classes else ".3f"
    return f" (standard error {found.error[s, u]:{form}})"


def feature_bars(table: pd.DataFrame, label: str, task: Task, palette: Palette, title: str) -> go.Figure:
    """The largest parts as bars in the colour and mark of their modality; `label` names the column that is written beside."""
    rows = table[:SHOWN]
    names = tuple(dict.fromkeys(rows["modality"]))
    known = modality_colours(palette, names), modality_marks(names)
    form = "+.1%" if task.classes else "+.3f"
    called = [
        f"{known[1][u]} {escape(feature_label(str(x)), 48)}" for u, x in zip(rows["modality"], rows[label], strict=True)
    ]
    bars = go.Bar(
        y=np.arange(len(rows)), x=rows["part"].astype(np.float32), orientation="h", showlegend=False, customdata=called,
        marker={"color": [known[0][u] for u in rows["modality"]], "line": {"width": 0}},
        hovertemplate=f"%{{customdata}}: %{{x:{form}}}<extra></extra>",
    )  # fmt: skip
    layout = base_layout(palette, title, 90 + 24 * max(len(rows), 3), dragmode=False)
    layout["yaxis"] = layout["yaxis"] | {"tickvals": list(range(len(rows))), "ticktext": called, "autorange": "reversed", "fixedrange": True, "showgrid": False}  # fmt: skip
    layout["xaxis"] = layout["xaxis"] | {
        "fixedrange": True,
        "zeroline": True,
        "title": {"text": explained_unit(task), "font": {"size": 12}},
    }
    return go.Figure(bars, layout | {"margin": {"l": 8, "r": 8, "t": 8, "b": 8}})


def words_chart(found: WordEffects, palette: Palette) -> go.Figure:
    """A bar for every word in order, what it adds to the explained number; marked where the decision hangs on it."""
    x, form = np.arange(len(found.words)), "+.1%" if found.task.classes else "+.3f"
    tones = np.where(found.effects >= 0, palette.positive, palette.negative)
    bars = go.Bar(
        x=x, y=found.effects.astype(np.float32), marker={"color": tones}, showlegend=False, customdata=[escape(w, 40) for w in found.words],
        hovertemplate=f"%{{customdata}}: %{{y:{form}}}<extra></extra>",
    )  # fmt: skip
    hangs = go.Scatter(
        x=x[found.flips], y=found.effects[found.flips], mode="markers", name="without it another decision",
        marker={"symbol": "circle-open", "size": 13, "color": palette.mark, "line": {"width": 2.5}}, hoverinfo="skip",
    )  # fmt: skip
    layout = base_layout(palette, describe_words(found), 300, dragmode=False)
    layout["xaxis"] = layout["xaxis"] | {
        "tickvals": x.tolist(),
        "ticktext": [escape(w, 16) for w in found.words],
        "fixedrange": True,
    }
    layout["yaxis"] = layout["yaxis"] | {
        "fixedrange": True,
        "zeroline": True,
        "title": {"text": explained_unit(found.task), "font": {"size": 12}},
    }
    return go.Figure([bars, hangs], layout)
