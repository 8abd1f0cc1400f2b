"""A data set at a glance: its labels, what is missing in which conversation, and the linear reference of each modality."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from comp_viz.data.conversation import POLARITIES
from comp_viz.figures.chart import base_layout, level
from comp_viz.figures.style import Palette, modality_colours, modality_marks
from comp_viz.wording import how_many

SPLIT_PATTERNS = {"train": "", "validation": "/", "test": "x", "": ""}
MOST_COLUMNS = 400  # conversations in the availability chart; beyond, an even selection is drawn


def label_chart(
    counts: Mapping[str, Sequence[tuple[str, int]]], polarity: tuple[int, int, int] | None, palette: Palette
) -> go.Figure:
    """Labels by split: `counts` gives for every split the number of utterances with each label, in order of the labels.

    `polarity` counts negative, neutral and positive scores; None for classes.
    """
    tones = (palette.ink, palette.mark, palette.truth, palette.spare[0])
    bars = [
        go.Bar(
            x=[name for name, _ in rows], y=[count for _, count in rows], name=split or "all",
            marker={"color": tone, "pattern": {"shape": SPLIT_PATTERNS.get(split, "")}},
            hovertemplate="%{x}: %{y} utterances<extra>%{fullData.name}</extra>",
        )
        for (split, rows), tone in zip(counts.items(), tones, strict=False)
    ]  # fmt: skip
    layout = base_layout(palette, label_title(counts, polarity), 300, barmode="stack")
    layout["yaxis"] = layout["yaxis"] | {"title": {"text": "utterances", "font": {"size": 12}}}
    layout["xaxis"] = layout["xaxis"] | {"type": "category"}
    return go.Figure(bars, layout)


def label_title(counts: Mapping[str, Sequence[tuple[str, int]]], polarity: tuple[int, int, int] | None) -> str:
    """What the chart shows, in a sentence."""
    if polarity:
        total = dict(zip(POLARITIES, polarity, strict=True))
    else:
        splits = list(map(dict, counts.values()))
        total = {name: sum(split[name] for split in splits) for name in splits[0]}
    most = max(total, key=lambda name: total[name])
    return f"{total[most] / max(sum(total.values()), 1):.0%} of labelled utterances are {most}"


def missing_chart(
    ids: Sequence[str], modalities: Sequence[str], shares: NDArray[np.float64], palette: Palette
) -> go.Figure:
    """What each conversation lacks: `shares [V, M]` from 0 to 1 as columns side by side, in more colour where more is missing.

    Colours end at the largest share, or at a tenth where that is less.
    """
    drawn = np.unique(np.linspace(0, len(ids) - 1, min(len(ids), MOST_COLUMNS)).astype(int)).tolist()
    marks = modality_marks(tuple(modalities))
    heat = go.Heatmap(
        z=shares[drawn].T.astype(np.float32), x=np.arange(1, len(drawn) + 1), y=[f"{marks[u]} {u}" for u in modalities],
        customdata=[[ids[row] for row in drawn]] * len(modalities), zmin=0, zmax=max(float(shares.max(initial=0)), 0.1),
        colorscale=[[0, "rgba(128,128,128,0.08)"], [1, palette.mark]], ygap=4, xgap=0.3 if len(drawn) < 150 else 0,
        hovertemplate="%{customdata}, %{y}: %{z:.0%} of utterances missing<extra></extra>",
        colorbar={"title": {"text": "missing", "side": "right"}, "tickformat": ".0%", "thickness": 10, "len": 0.9},
    )  # fmt: skip
    layout = base_layout(palette, missing_title(ids, modalities, shares), 230)
    some = "" if len(drawn) == len(ids) else f" ({len(drawn)} of {len(ids)} drawn, evenly spaced)"
    layout["xaxis"] = layout["xaxis"] | {
        "title": {"text": f"conversation{some}", "font": {"size": 12}},
        "showgrid": False,
    }
    layout["yaxis"] = layout["yaxis"] | {"autorange": "reversed", "showgrid": False}
    return go.Figure(heat, layout)


def missing_title(ids: Sequence[str], modalities: Sequence[str], shares: NDArray[np.float64]) -> str:
    """What the chart shows, in a sentence."""
    if not shares.any():
        return "Every modality is there in every conversation"
    touched = (shares > 0).any(0)
    worst = int(shares.mean(0).argmax())
    incomplete = int((shares[:, worst] > 0).sum())
    others = "" if touched.sum() > 1 else ", nothing else is missing"
    return f"{str(modalities[worst]).capitalize()} is missing somewhere in {incomplete} of {how_many(len(ids), 'conversation')}{others}"


def probe_chart(accuracy: Mapping[str, float], majority: float, palette: Palette) -> go.Figure:
    """The linear reference of each modality and of all as bars from 0 to 100 %, the majority as a dashed line."""
    names = list(accuracy)
    colours, marks = modality_colours(palette, tuple(names[:-1])), modality_marks(tuple(names[:-1]))
    best = max(names[:-1], key=lambda name: accuracy[name])
    bars = go.Bar(
        y=[f"{marks.get(name, '◆')} {name}" for name in names], x=[accuracy[name] for name in names], orientation="h",
        marker={"color": [colours.get(name, palette.ink) for name in names]},
        text=[f"{accuracy[name]:.1%}" for name in names], textposition="outside", cliponaxis=False,
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )  # fmt: skip
    layout = base_layout(
        palette, f"{best.capitalize()} alone reaches {accuracy[best]:.1%}, {names[-1]} {accuracy[names[-1]]:.1%}", 300
    )
    layout["xaxis"] = layout["xaxis"] | {
        "range": [0, 1.12],
        "tickvals": np.linspace(0, 1, 6),
        "tickformat": ".0%",
        "title": {"text": "accuracy", "font": {"size": 12}},
    }
    layout["yaxis"] = layout["yaxis"] | {"autorange": "reversed", "showgrid": False}
    layout |= level(palette, majority, f"majority: {majority:.1%}")
    return go.Figure(bars, layout)
