"""Utterances in feature space, the paper's Figure 4: encoded, propagated and fused, in two or three dimensions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.prediction import Prediction
from comp_viz.analysis.prototypes.colouring import AVAILABILITY, CORRECTNESS, UNKNOWN, Colouring, observed
from comp_viz.analysis.prototypes.feature_space import Agreement, Cloud, Space, Stage
from comp_viz.data.conversation import Floats
from comp_viz.figures.along import escape
from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import Palette, class_colours, diverging, modality_colours, modality_symbols

PANELS: dict[Stage, str] = {"encoded": "Z, encoded", "propagated": "Z̄, propagated", "fused": "F, fused"}
AXES = ("x", "y", "z")
# In three dimensions Plotly has few marks, which it writes as letters; its x is one that many machines have no glyph for.
SYMBOLS_3D = {"triangle-up": "diamond", "star": "cross", "hexagon": "diamond"}
GAP = 0.04
WORDS = 60  # of an utterance in a hover label: there are many labels
Extent = dict[str, list[list[float]]]  # stage -> ends of every axis


@dataclass(frozen=True)
class Drawing:
    """How a space is drawn, alike on both sides of a comparison."""

    colouring: Callable[[Cloud], Colouring]
    words: Sequence[str]  # [S]
    selected: int  # counted from 0
    ways: str  # whose way from Z to Z̄ is drawn: "nobody", "utterance in hand", "all"
    extent: Extent
    across: bool  # panels beside each other, or below
    palette: Palette


def extent(spaces: Sequence[Space]) -> Extent:
    """Ends of the axes that hold all spaces; those of `Z` and `Z̄` are the same, where prototypes lie too."""

    def ends(clouds: Sequence[Cloud]) -> list[list[float]]:
        at = np.concatenate([cloud.at for cloud in clouds])
        low, high = at.min(0), at.max(0)
        margin = 0.06 * np.maximum(high - low, 1e-3)
        return [[float(a), float(b)] for a, b in zip(low - margin, high + margin, strict=True)]

    every = [cloud for space in spaces for cloud in space.clouds]
    shared = ends([cloud for cloud in every if cloud.stage != "fused"])
    return {"encoded": shared, "propagated": shared, "fused": ends([c for c in every if c.stage == "fused"])}


def space_chart(space: Space, here: Prediction, drawing: Drawing, title: str) -> go.Figure:
    """Three panels: `Z` with the prototypes `A`, `Z̄` on the same axes with the ways there, and `F` on its own."""
    dims = space.clouds[0].at.shape[1]
    traces: list[Any] = []
    for number, stage in enumerate(PANELS):
        if stage == "propagated":
            traces += ways(space, drawing, number, dims)
        for cloud in space.of(stage):
            traces += cloud_traces(cloud, here, drawing, number, dims)
        if stage == "encoded":
            traces += [prototype_trace(cloud, here, drawing, number, dims) for cloud in space.of("prototypes")]
        traces += [ring(cloud, drawing, number, dims) for cloud in space.of(stage)]
    traces += key(space, here, drawing, dims)
    return go.Figure([trace for trace in traces if trace is not None], layout(space, here, drawing, dims, title))


def scatter(at: Floats, panel: int, dims: int, **look: Any) -> Any:
    """A trace in a panel, whatever its dimensions."""
    at = at.astype(np.float32).round(4)
    number = str(panel + 1) if panel else ""
    if dims == 3:
        return go.Scatter3d(x=at[:, 0], y=at[:, 1], z=at[:, 2], scene=f"scene{number}", **look)
    return go.Scatter(x=at[:, 0], y=at[:, 1], xaxis=f"x{number}", yaxis=f"y{number}", **look)


def symbol(cloud: Cloud, here: Prediction, dims: int) -> str:
    """The modality's mark, or the one that stands for it in three dimensions."""
    mark = modality_symbols(here.modalities).get(cloud.modality, "diamond")
    return SYMBOLS_3D.get(mark, mark) if dims == 3 else mark


def symbols(cloud: Cloud, here: Prediction, dims: int) -> list[str]:
    """The modality's mark of every point, open where it is missing."""
    mark = symbol(cloud, here, dims)
    can_be_open = mark != "cross" or dims == 2  # a cross has no inside: it turns faint instead
    return [mark if there or not can_be_open else f"{mark}-open" for there in observed(here, cloud)]


def cloud_traces(cloud: Cloud, here: Prediction, drawing: Drawing, panel: int, dims: int) -> list[Any]:
    """The utterances of a cloud, one trace for every kind, or one coloured by score."""
    told, palette = drawing.colouring(cloud), drawing.palette
    marks = np.array(symbols(cloud, here, dims))
    texts = np.array([hover(cloud, here, told, drawing, i) for i in range(len(cloud.numbers))])
    size = 5 if dims == 3 else 9

    def trace(rows: np.ndarray, colour: object, name: str, **more: Any) -> Any:
        marker = {
            "symbol": marks[rows].tolist(),
            "size": size,
            "color": colour,
            "line": {"width": 1, "color": palette.truth},
        } | more
        return scatter(
            cloud.at[rows], panel, dims, mode="markers", name=name, showlegend=False, marker=marker,
            customdata=cloud.numbers[rows].tolist(), hovertext=texts[rows].tolist(), hoverinfo="text",
        )  # fmt: skip

    if told.scores is not None:
        known = ~np.isnan(told.scores)
        scored = trace(np.flatnonzero(known), told.scores[known].round(3), told.by, coloraxis="coloraxis")
        return [
            *rim(cloud.at, marks, palette, panel, dims),
            scored,
            *([trace(np.flatnonzero(~known), palette.truth, UNKNOWN)] if (~known).any() else []),
        ]
    assert told.kinds is not None
    colours = kind_colours(told, here, palette)
    rows = {kind: np.flatnonzero(told.kinds == kind) for kind in range(len(told.names))}
    return [trace(found, colours[kind], told.names[kind]) for kind, found in rows.items() if len(found)]


def rim(at: Floats, marks: np.ndarray, palette: Palette, panel: int, dims: int) -> list[Any]:
    """A thin line around open marks: near neutral, their own colour is near the ground's."""
    is_open = np.char.endswith(marks, "-open")
    look = {
        "symbol": marks[is_open].tolist(),
        "size": 7 if dims == 3 else 11,
        "color": palette.truth,
        "line": {"width": 1},
    }
    drawn = scatter(
        at[is_open], panel, dims, mode="markers", marker=look, hoverinfo="skip", showlegend=False, name="rim"
    )
    return [drawn] if is_open.any() else []


def kind_colours(told: Colouring, here: Prediction, palette: Palette) -> list[str]:
    """The colour of every kind; the unknown is grey."""
    if told.by == "modality":
        return [modality_colours(palette, here.modalities).get(name, palette.ink) for name in told.names]
    if told.names == AVAILABILITY:
        return [palette.mark, palette.spare[1], palette.truth]
    if told.names == CORRECTNESS:
        return [palette.negative, palette.spare[1], palette.truth]
    found = class_colours(palette, told.names)
    return [palette.truth if name == UNKNOWN else found[name] for name in told.names]


def hover(cloud: Cloud, here: Prediction, told: Colouring, drawing: Drawing, i: int) -> str:
    """What a point is."""
    s = int(cloud.numbers[i])
    if told.scores is not None:
        said = "unknown" if np.isnan(told.scores[i]) else f"{told.scores[i]:.2f}"
    else:
        assert told.kinds is not None
        said = escape(told.names[told.kinds[i]], WORDS)
    there = "" if observed(here, cloud)[i] else ", missing"
    what = cloud.modality or "fused"
    return f"<b>utterance {s + 1}</b>, {what}{there}<br>{escape(drawing.words[s], WORDS)}<br>{told.by}: {said}"


def prototype_trace(cloud: Cloud, here: Prediction, drawing: Drawing, panel: int, dims: int) -> Any:
    """The conversation's own prototypes of a modality, as crosses in its colour."""
    colour = modality_colours(drawing.palette, here.modalities)[cloud.modality]
    texts = [f"<b>prototype {n + 1}</b>, {cloud.modality}" for n in cloud.numbers]
    return scatter(
        cloud.at, panel, dims, mode="markers", showlegend=False, name=f"A, prototypes of {cloud.modality}", hovertext=texts,
        hoverinfo="text",
        marker={"symbol": "cross" if dims == 3 else "cross-thin", "size": 5 if dims == 3 else 10, "color": colour, "line": {"width": 2.5, "color": colour}},
    )  # fmt: skip


def ring(cloud: Cloud, drawing: Drawing, panel: int, dims: int) -> Any:
    """A ring around the utterance in hand; None where it is not drawn."""
    rows = np.flatnonzero(cloud.numbers == drawing.selected)
    marker = {
        "symbol": "circle-open",
        "size": 11 if dims == 3 else 17,
        "color": drawing.palette.mark,
        "line": {"width": 2.5},
    }
    look = {"mode": "markers", "hoverinfo": "skip", "showlegend": False, "name": "utterance in hand"}
    return scatter(cloud.at[rows], panel, dims, marker=marker, **look) if len(rows) else None


def ways(space: Space, drawing: Drawing, panel: int, dims: int) -> list[Any]:
    """Lines from where utterances were encoded to where propagation takes them."""
    found = []
    for before, after in zip(space.of("encoded"), space.of("propagated"), strict=True):
        whose = np.full(len(before.numbers), drawing.ways == "all") | (before.numbers == drawing.selected)
        if drawing.ways == "nobody" or not whose.any():
            continue
        gap = np.full_like(before.at, np.nan)
        path = np.stack([before.at, after.at, gap], axis=1)[whose].reshape(-1, dims)
        alone = int(whose.sum()) == 1
        line = {"color": drawing.palette.mark if alone else drawing.palette.truth, "width": 2 if alone else 0.7}
        look = {"mode": "lines", "hoverinfo": "skip", "showlegend": False, "name": "way from Z"}
        found.append(scatter(path, panel, dims, line=line, **look))
    return found


def key(space: Space, here: Prediction, drawing: Drawing, dims: int) -> list[Any]:
    """The legend: what colours, open marks, crosses and rings mean, each once."""
    palette, nowhere = drawing.palette, np.full((1, dims), np.nan, np.float32)

    def entry(name: str, symbol: str, colour: str) -> Any:
        marker = {"symbol": symbol, "color": colour, "size": 9, "line": {"width": 1.6, "color": colour}}
        return scatter(nowhere, 0, dims, mode="markers", name=name, marker=marker, hoverinfo="skip")

    drawn = [cloud for stage in PANELS for cloud in space.of(stage)]
    told = [drawing.colouring(cloud) for cloud in drawn]
    by_modality, entries = told[0].by == "modality", []
    if told[0].kinds is not None:
        colours = kind_colours(told[0], here, palette)
        there = {int(kind) for each in told if each.kinds is not None for kind in each.kinds}
        marks = dict.fromkeys(told[0].names, "circle")
        if by_modality:
            marks |= {cloud.modality or told[0].names[-1]: symbol(cloud, here, dims) for cloud in drawn}
        entries += [entry(escape(told[0].names[k], 24), marks[told[0].names[k]], colours[k]) for k in sorted(there)]
    usual = modality_symbols(here.modalities)
    other = [] if by_modality else [(cloud.modality, symbol(cloud, here, dims)) for cloud in space.of("encoded")]
    entries += [entry(f"{name} in 3-D", mark, palette.truth) for name, mark in other if mark != usual[name]]
    entries.append(entry("missing", "circle-open", palette.truth))
    if space.of("prototypes"):
        entries.append(entry("A, own prototypes", "cross" if dims == 3 else "cross-thin", palette.truth))
    return entries


def layout(space: Space, here: Prediction, drawing: Drawing, dims: int, title: str) -> dict[str, Any]:
    """Panels with their names, equal axes for the first two, and the scale of scores."""
    palette, across = drawing.palette, drawing.across
    height = 460 if across else 1120
    made = base_layout(palette, title, height, dragmode="turntable" if dims == 3 else "pan", hovermode="closest")
    made.pop("xaxis"), made.pop("yaxis")
    made["margin"] = {"l": 8, "r": 8, "t": 56, "b": 8}
    made["legend"] = made["legend"] | {"y": 1.08 if across else 1.03}
    names = []
    for number, (stage, name) in enumerate(PANELS.items()):
        start, end = (number + np.array([0, 1 - GAP])) / 3
        x, y = ([start, end], [0.0, 1.0]) if across else ([0.0, 1.0], [1 - end, 1 - start - 2 * GAP / 3])
        made |= axes(number, dims, drawing.extent[stage], x, y, palette)
        said = f"<b>{name}</b>" + (" (own axes)" if stage == "fused" else "")
        names.append({
            "text": said, "x": x[0], "y": y[1], "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom",
            "showarrow": False, "font": {"size": 12, "color": palette.ink},
        })  # fmt: skip
    made["annotations"] = names
    told = drawing.colouring(space.of("fused")[0])
    if told.scores is not None:
        task = here.task
        made["coloraxis"] = {
            "cmin": task.low, "cmax": task.high, "colorscale": scale_around(here, palette),
            "colorbar": {"title": {"text": told.by, "side": "right"}, "thickness": 10, "len": 0.8 if across else 0.3},
        }  # fmt: skip
    return made


def scale_around(here: Prediction, palette: Palette) -> list[list[float | str]]:
    """The diverging scale with its middle at neutral, which need not lie in the middle of the labels."""
    task = here.task
    middle = min(max((task.neutral - task.low) / (task.high - task.low), 0.001), 0.999)
    return [[0 if i == 0 else 1 if i == 2 else middle, colour] for i, (_, colour) in enumerate(diverging(palette))]


def axes(number: int, dims: int, ends: list[list[float]], x: Any, y: Any, palette: Palette) -> dict[str, Any]:
    """The axes of a panel: without numbers, which mean nothing in a projection."""
    suffix = str(number + 1) if number else ""
    look = {"showticklabels": False, "gridcolor": palette.faint, "zeroline": False, "title": {"text": ""}}
    if dims == 3:
        sides = {f"{a}axis": look | {"range": e, "showbackground": False} for a, e in zip(AXES, ends, strict=True)}
        return {f"scene{suffix}": sides | {"domain": {"x": list(x), "y": list(y)}, "aspectmode": "cube"}}
    frame = look | {"showline": True, "linecolor": palette.faint, "mirror": True}
    return {
        f"xaxis{suffix}": frame | {"range": ends[0], "domain": list(x), "anchor": f"y{suffix}", "matches": "x" if number == 1 else None},
        f"yaxis{suffix}": frame | {"range": ends[1], "domain": list(y), "anchor": f"x{suffix}", "matches": "y" if number == 1 else None},
    }  # fmt: skip


def space_title(found: Mapping[Stage, Agreement], modality: str) -> str:
    """What the chart shows, in a sentence; measured in all dimensions."""
    if not found:
        return "Too few labels of more than one kind to say whether utterances of one label lie together"
    before, after, fused = (found[stage].share for stage in ("encoded", "propagated", "fused"))
    whose = f"{modality}'s " if modality else ""
    what = "gathers" if after - before >= 0.03 else "scatters" if after - before <= -0.03 else "leaves"
    end = " as they were" if what == "leaves" else ""
    return (
        f"Propagation {what} {whose}utterances of one label{end}: of the 5 nearest, {before:.0%} share the label before, "
        f"{after:.0%} after, {fused:.0%} fused ({found['encoded'].chance:.0%} by chance)"
    )
