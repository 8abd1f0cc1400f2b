"""Utterances in feature space, the paper's Figure 4: encoded, propagated and fused, in two or three dimensions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.prediction import Prediction
from comp_viz.analysis.prototypes.colouring import AVAILABILITY, CORRECTNESS, UNKNOWN_KIND, Colouring, cloud_observed
from comp_viz.analysis.prototypes.embedding import Embedding
from comp_viz.analysis.prototypes.feature_space import Cloud, FeatureSpace, NeighbourAgreement, Stage
from comp_viz.data.conversation import Floats
from comp_viz.figures.along import escape
from comp_viz.figures.chart import About
from comp_viz.figures.prototypes.equal_counts import count_labels
from comp_viz.figures.prototypes.space_layout import PANELS, SpaceLook, panel_layout
from comp_viz.figures.style import Palette, class_colours, modality_colours, modality_symbols
from comp_viz.wording import decimal, fitting, percent

ABOUT_SPACE = About(
    "Every utterance of the conversation three times: as the encoder gives it (Z, with the modality's own prototypes A), after all "
    "blocks (Z̄), and fused (F). A, Z and Z̄ have the same width and are drawn by one embedding, fitted once on all of them together, so "
    "that a displacement from Z to Z̄ is one in a single space. F is as wide as all modalities together and has an embedding of its own. "
    "Same-label neighbours are the share of an utterance's 5 nearest that have its label, measured in all dimensions.",
    "How much a displacement means: the first layer of a block is a general linear map, so a part of every displacement is a similarity "
    "transform (rotation, translation, scaling) common to all utterances; \"Remove common transform\" takes it out (Procrustes). "
    "In UMAP and t-SNE distances between groups mean nothing, only who is near whom. Axes have no unit. Utterances with equal features, such as all "
    "that lack a modality before propagation, are one mark; ×34 beside it is their number.",
    r"A^u = \mathrm{MLP}(Z^{u\top}),\quad F = [\bar\omega_a \bar Z^a, \bar\omega_t \bar Z^t, \bar\omega_v \bar Z^v] \quad (6, 14)",
)  # fmt: skip
# In three dimensions Plotly has few marks, which it writes as letters; its x is one that many machines have no glyph for.
SYMBOLS_3D = {"triangle-up": "diamond", "star": "cross", "hexagon": "diamond"}
WORD_LIMIT = 60  # of an utterance in a hover label: there are many labels


def space_chart(space: FeatureSpace, here: Prediction, style: SpaceLook, title: str) -> go.Figure:
    """Three panels: `Z` with the prototypes `A`, `Z̄` on the same axes with the displacements, and `F` on its own."""
    dims = space.clouds[0].at.shape[1]
    traces: list[Any] = []
    for number, stage in enumerate(PANELS):
        if stage == "propagated":
            traces += displacement_traces(space, style, number, dims)
        for cloud in space.of_stage(stage):
            traces += cloud_traces(cloud, here, style, number, dims)
        if stage == "encoded":
            traces += [prototype_trace(cloud, here, style, number, dims) for cloud in space.of_stage("prototypes")]
        traces += [selection_ring(cloud, style, number, dims) for cloud in space.of_stage(stage)]
    traces += legend_entries(space, here, style, dims)
    layout = panel_layout(space, here, style, dims, title)
    label_equal(space, style, layout, dims)
    return go.Figure([trace for trace in traces if trace is not None], layout)


def label_equal(space: FeatureSpace, style: SpaceLook, layout: dict[str, Any], dims: int) -> None:
    """Put into a layout how many utterances lie at one place, where that is no mark's."""
    for number, stage in enumerate(PANELS):
        clouds = space.of_stage(stage)
        drawn = [*clouds, *(space.of_stage("prototypes") if stage == "encoded" else [])]
        marks = np.concatenate([cloud.at for cloud in drawn])
        labels = count_labels(clouds, marks, style.extent[stage], style.palette, number)
        into = layout if dims == 2 else layout[f"scene{number + 1 if number else ''}"]
        into["annotations"] = [*into.get("annotations", []), *labels]


def panel_trace(at: Floats, panel: int, dims: int, **look: Any) -> Any:
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
    return [mark if there or not can_be_open else f"{mark}-open" for there in cloud_observed(here, cloud)]


def cloud_traces(cloud: Cloud, here: Prediction, style: SpaceLook, panel: int, dims: int) -> list[Any]:
    """The utterances of a cloud, one trace for every kind, or one coloured by score."""
    colouring, palette = style.colouring(cloud), style.palette
    marks = np.array(symbols(cloud, here, dims))
    texts = np.array([point_text(cloud, here, colouring, style, i) for i in range(len(cloud.numbers))])
    size = 5 if dims == 3 else 9

    def trace(rows: np.ndarray, colour: object, name: str, **more: Any) -> Any:
        marker = {
            "symbol": marks[rows].tolist(),
            "size": size,
            "color": colour,
            "line": {"width": 1, "color": palette.truth},
        } | more
        return panel_trace(
            cloud.at[rows], panel, dims, mode="markers", name=name, showlegend=False, marker=marker,
            customdata=cloud.numbers[rows].tolist(), hovertext=texts[rows].tolist(), hoverinfo="text",
        )  # fmt: skip

    if colouring.scores is not None:
        known = ~np.isnan(colouring.scores)
        scored = trace(np.flatnonzero(known), colouring.scores[known].round(3), colouring.by, coloraxis="coloraxis")
        return [
            *rim(cloud.at, marks, palette, panel, dims),
            scored,
            *([trace(np.flatnonzero(~known), palette.truth, UNKNOWN_KIND)] if (~known).any() else []),
        ]
    assert colouring.kinds is not None
    colours = kind_colours(colouring, here, palette)
    rows = {kind: np.flatnonzero(colouring.kinds == kind) for kind in range(len(colouring.names))}
    return [trace(members, colours[kind], colouring.names[kind]) for kind, members in rows.items() if len(members)]


def rim(at: Floats, marks: np.ndarray, palette: Palette, panel: int, dims: int) -> list[Any]:
    """A thin line around open marks: near neutral, their own colour is near the ground's."""
    is_open = np.char.endswith(marks, "-open")
    look = {
        "symbol": marks[is_open].tolist(),
        "size": 7 if dims == 3 else 11,
        "color": palette.truth,
        "line": {"width": 1},
    }
    outline = panel_trace(
        at[is_open], panel, dims, mode="markers", marker=look, hoverinfo="skip", showlegend=False, name="rim"
    )
    return [outline] if is_open.any() else []


def kind_colours(colouring: Colouring, here: Prediction, palette: Palette) -> list[str]:
    """The colour of every kind; the unknown is grey."""
    if colouring.by == "modality":
        return [modality_colours(palette, here.modalities).get(name, palette.ink) for name in colouring.names]
    if colouring.names == AVAILABILITY:
        return [palette.mark, palette.spare[1], palette.truth]
    if colouring.names == CORRECTNESS:
        return [palette.mark, palette.spare[1], palette.truth]
    colours = class_colours(palette, colouring.names)
    return [palette.truth if name == UNKNOWN_KIND else colours[name] for name in colouring.names]


def point_text(cloud: Cloud, here: Prediction, colouring: Colouring, style: SpaceLook, i: int) -> str:
    """What a point is."""
    s = int(cloud.numbers[i])
    if colouring.scores is not None:
        value = "unknown" if np.isnan(colouring.scores[i]) else decimal(float(colouring.scores[i]))
    else:
        assert colouring.kinds is not None
        value = escape(colouring.names[colouring.kinds[i]], WORD_LIMIT)
    there = "" if cloud_observed(here, cloud)[i] else ", missing"
    what = cloud.modality or "fused"
    return f"<b>utterance {s + 1}</b>, {what}{there}<br>{escape(style.words[s], WORD_LIMIT)}<br>{colouring.by}: {value}"


def prototype_trace(cloud: Cloud, here: Prediction, style: SpaceLook, panel: int, dims: int) -> Any:
    """The conversation's own prototypes of a modality, as crosses in its colour."""
    colour = modality_colours(style.palette, here.modalities)[cloud.modality]
    texts = [f"<b>prototype {n + 1}</b>, {cloud.modality}" for n in cloud.numbers]
    return panel_trace(
        cloud.at, panel, dims, mode="markers", showlegend=False, name=f"A, prototypes of {cloud.modality}", hovertext=texts,
        hoverinfo="text",
        marker={"symbol": "cross" if dims == 3 else "cross-thin", "size": 5 if dims == 3 else 10, "color": colour, "line": {"width": 2.5, "color": colour}},
    )  # fmt: skip


def selection_ring(cloud: Cloud, style: SpaceLook, panel: int, dims: int) -> Any:
    """A ring around the selected utterance; None where it is not drawn."""
    rows = np.flatnonzero(cloud.numbers == style.selected)
    marker = {
        "symbol": "circle-open",
        "size": 11 if dims == 3 else 17,
        "color": style.palette.mark,
        "line": {"width": 2.5},
    }
    look = {"mode": "markers", "hoverinfo": "skip", "showlegend": False, "name": "selected utterance"}
    return panel_trace(cloud.at[rows], panel, dims, marker=marker, **look) if len(rows) else None


def displacement_traces(space: FeatureSpace, style: SpaceLook, panel: int, dims: int) -> list[Any]:
    """Lines from where utterances were encoded to where propagation moves them."""
    lines = []
    for before, after in zip(space.of_stage("encoded"), space.of_stage("propagated"), strict=True):
        whose = np.full(len(before.numbers), style.displacements == "all") | (before.numbers == style.selected)
        if style.displacements == "none" or not whose.any():
            continue
        gap = np.full_like(before.at, np.nan)
        path = np.stack([before.at, after.at, gap], axis=1)[whose].reshape(-1, dims)
        alone = int(whose.sum()) == 1
        line = {"color": style.palette.mark if alone else style.palette.truth, "width": 2 if alone else 0.7}
        look = {"mode": "lines", "hoverinfo": "skip", "showlegend": False, "name": "displacement from Z"}
        lines.append(panel_trace(path, panel, dims, line=line, **look))
    return lines


def legend_entries(space: FeatureSpace, here: Prediction, style: SpaceLook, dims: int) -> list[Any]:
    """The legend: what colours, open marks, crosses and rings mean, each once."""
    palette, nowhere = style.palette, np.full((1, dims), np.nan, np.float32)

    def entry(name: str, symbol: str, colour: str) -> Any:
        marker = {"symbol": symbol, "color": colour, "size": 9, "line": {"width": 1.6, "color": colour}}
        return panel_trace(nowhere, 0, dims, mode="markers", name=name, marker=marker, hoverinfo="skip")

    clouds = [cloud for stage in PANELS for cloud in space.of_stage(stage)]
    colourings = [style.colouring(cloud) for cloud in clouds]
    first = colourings[0]
    by_modality, entries = first.by == "modality", []
    if first.kinds is not None:
        colours = kind_colours(first, here, palette)
        there = {int(kind) for each in colourings if each.kinds is not None for kind in each.kinds}
        marks = dict.fromkeys(first.names, "circle")
        if by_modality:
            marks |= {cloud.modality or first.names[-1]: symbol(cloud, here, dims) for cloud in clouds}
        entries += [entry(escape(first.names[k], 24), marks[first.names[k]], colours[k]) for k in sorted(there)]
    usual = modality_symbols(here.modalities)
    other = [] if by_modality else [(cloud.modality, symbol(cloud, here, dims)) for cloud in space.of_stage("encoded")]
    entries += [entry(f"{name} in 3-D", mark, palette.truth) for name, mark in other if mark != usual[name]]
    entries.append(entry("missing", "circle-open", palette.truth))
    if space.of_stage("prototypes"):
        entries.append(entry("A, own prototypes", "cross" if dims == 3 else "cross-thin", palette.truth))
    return entries


def space_title(agreement: Mapping[Stage, NeighbourAgreement], modality: str) -> str:
    """How often neighbours share a label before and after propagation; `modality` "" for several."""
    if not agreement:
        return "Neighbours cannot be compared by label: fewer than 3 labels, or all of one kind"
    before, after = (percent(agreement[stage].share) for stage in ("encoded", "propagated"))
    chance = f"(by chance {percent(agreement['encoded'].chance)})"
    rises = agreement["propagated"].share > agreement["encoded"].share
    moves = f"{'rise' if rises else 'fall'} from {before} to {after}" if before != after else f"stay at {after}"
    within = f"In {modality}, same-label" if modality else "Same-label"
    return fitting(
        f"{within} neighbours {moves} with propagation {chance}",
        f"Same-label neighbours {moves} with propagation {chance}",
    )


def space_caption(space: FeatureSpace, agreement: Mapping[Stage, NeighbourAgreement], utterances: int) -> str:
    """What must be known of a picture: what it keeps, what is common to all displacements, what was left out.

    Nothing is said that holds of any one point, or any two: all of its variance is kept, and one transform fits them.
    """
    visible = len(space.of_stage("fused")[0].numbers)
    facts = [kept_words("A, Z and Z̄", space.shared)]
    if visible > 1:
        facts.append(kept_words("F", space.fused))
    if visible > 2:
        facts.append(
            f"A common similarity transform (Procrustes) explains {percent(space.common)} of the squared displacement from Z to Z̄"
        )
    if agreement:
        facts.append(f"Same-label neighbours in F: {percent(agreement['fused'].share)}")
    if visible < utterances:
        facts.append(f"{visible} of {utterances} utterances are drawn, evenly spaced")
    return ". ".join(facts) + "."


def kept_words(name: str, embedding: Embedding) -> str:
    """How far a projection can be trusted."""
    if embedding.method == "PCA":
        return f"{name}: by PCA, which keeps {percent(embedding.kept)} of the variance"
    return (
        f"{name}: by {embedding.method}, trustworthiness {decimal(embedding.kept)} (1: who is near in the picture is near in all "
        "dimensions; equal points counted once). Distances between groups mean nothing"
    )
