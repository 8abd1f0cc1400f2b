"""Cross-modal flow: what each modality owes to its own features and to each prompt, as a Sankey and along the conversation."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.propagation.prompt_ablation import Flow, describe_along, describe_own
from comp_viz.figures.along import along, boxes, escape, hatching
from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols


def total(found: Flow, measure: str, where: str) -> float:
    """All widths together and a little more, which two charts side by side are drawn to: both then have the invisible link."""
    return 1.02 * float(np.nansum(found.over(found.of(measure), where)))


def flow_chart(found: Flow, measure: str, where: str, whole: float, palette: Palette) -> go.Figure:
    """Sources on the left, receivers on the right, links as wide as the measured change; `whole` is what fills the height.

    What remains up to `whole` is an invisible link, so that widths of two charts side by side can be compared.
    """
    M, means = len(found.modalities), found.over(found.of(measure), where)
    colours, marks = modality_colours(palette, found.modalities), modality_marks(found.modalities)
    unit = "points" if measure != "features" and not found.task.classes else ""
    form = ".2f" if unit else ".0%"
    v, u = (x.ravel() for x in np.meshgrid(np.arange(M), np.arange(M)))  # u varies slowest, as means is raveled
    said = [hover(found, where, int(a), int(b)) for a, b in zip(u, v, strict=True)]
    rest = max(whole - float(np.nansum(means)), 0)
    tones = [translucent(colours[found.modalities[b]], 0.75 if a == b else 0.45) for a, b in zip(u, v, strict=True)]
    names = [f"{marks[name]} {name}" for name in found.modalities]
    nodes = [colours[name] for name in found.modalities]
    clear = "rgba(0,0,0,0)"
    sankey = go.Sankey(
        node={
            "label": [*names, *(f"{name}, propagated" for name in names), "", ""], "color": [*nodes, *nodes, clear, clear],
            "line": {"width": 0}, "pad": 22, "thickness": 16, "hoverinfo": "none",
        },
        link={
            "source": [*v, 2 * M], "target": [*(u + M), 2 * M + 1], "value": [*np.nan_to_num(means).ravel(), rest],
            "color": [*tones, clear], "customdata": [*said, ""], "hovertemplate": "%{customdata}<extra></extra>",
        },
        valueformat=form, textfont={"color": palette.ink, "size": 13}, arrangement="snap",
    )  # fmt: skip
    layout = base_layout(palette, describe_own(found, measure, where), 340)
    return go.Figure(sankey, layout | {"margin": {"l": 8, "r": 8, "t": 12, "b": 16}})


def hover(found: Flow, where: str, u: int, v: int) -> str:
    """All that was measured of one link."""
    receiver, sender = (escape(found.modalities[i]) for i in (u, v))
    what = f"{receiver}'s own features" if u == v else f"the prompt {sender} → {receiver}"
    features, cosine, heads, fused, flips = (
        float(found.over(x, where)[u, v])
        for x in (found.features, found.cosine, found.heads, found.fused, found.flipped)
    )
    form = ".0%" if found.task.classes else ".2f"
    unit = " of the probability" if found.task.classes else " points"
    return (
        f"<b>Without {what}</b><br>{receiver}'s features change by {features:.0%} of their length (cosine {cosine:.2f})"
        f"<br>{receiver}'s own prediction by {heads:{form}}{unit}<br>the fused prediction by {fused:{form}}{unit}, "
        f"{flips:.0%} of decisions flip"
    )


def flow_along(
    found: Flow, measure: str, words: Sequence[str], top: float, selected: int, palette: Palette
) -> go.Figure:
    """A row for every receiver: what taking away each source changes, utterance by utterance, from 0 to `top`."""
    S, M = found.observed.shape
    colours, marks, symbols = modality_colours(palette, found.modalities), modality_marks(found.modalities), modality_symbols(found.modalities)  # fmt: skip
    form = ".2f" if measure != "features" and not found.task.classes else ".0%"
    names = [f"<b>utterance {i}</b> {escape(said, 60)}" for i, said in enumerate(words, start=1)]
    height = 1 / M
    layout = along(palette, describe_along(found, measure), 90 + 130 * M, S, selected)
    traces: list[go.Scatter] = []
    for u, receiver in enumerate(found.modalities):
        axis = "y" if u == 0 else f"y{u + 1}"
        title = {
            "text": f"{marks[receiver]} {receiver}",
            "font": {"size": 12, "color": colours[receiver]},
            "standoff": 4,
        }
        layout["yaxis" + axis[1:]] = layout["yaxis"] | {
            "domain": [1 - (u + 0.86) * height, 1 - u * height], "range": [0, top], "title": title, "nticks": 4,
            "tickformat": form if form == ".0%" else "", "gridcolor": palette.faint, "anchor": "x",
        }  # fmt: skip
        missing = ~found.observed[:, u]
        look = {"fillcolor": "rgba(0,0,0,0)", "fillpattern": hatching(palette) | {"fgcolor": palette.faint}}
        traces.append(boxes(missing, np.zeros(S, np.float32), np.full(S, top, np.float32), axis, **look))
        for v, sender in enumerate(found.modalities):
            traces.append(
                go.Scatter(
                    x=np.arange(1, S + 1), y=found.of(measure)[u, v].astype(np.float32), yaxis=axis, mode="lines+markers",
                    name=f"{marks[sender]} {sender}", legendgroup=sender, showlegend=u == 0, customdata=np.arange(S), text=names,
                    line={"color": colours[sender], "width": 1.2, "dash": "solid" if u == v else "dot"},
                    marker={"symbol": symbols[sender], "size": 5, "color": colours[sender]},
                    hovertemplate=f"%{{text}}<br>without {source(receiver, sender)}: %{{y:{form}}}<extra></extra>",
                )
            )  # fmt: skip
    layout["xaxis"] = layout["xaxis"] | {"anchor": "y" if M == 1 else f"y{M}"}
    return go.Figure(traces, layout)


def source(receiver: str, sender: str) -> str:
    """What is taken away, in words for a hover."""
    return (
        f"{escape(receiver)}'s own features"
        if receiver == sender
        else f"the prompt {escape(sender)} → {escape(receiver)}"
    )


def translucent(colour: str, opacity: float) -> str:
    """A colour `#rrggbb` that lets the ground through."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},{opacity})"


def highest(found: Sequence[Flow], measure: str) -> float:
    """Where the axes of charts side by side end: a little above the largest change at any utterance."""
    return 1.05 * max([1e-3, *(float(one.of(measure).max()) for one in found)])
