"""How far each decision is from another one, and what the worst single loss leaves of that."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.why.fragile import Fragility
from comp_viz.figures.along import along, escape
from comp_viz.figures.chart import About
from comp_viz.figures.predictions import NOTHING_RECORDED_AT_ALL
from comp_viz.figures.style import Palette
from comp_viz.figures.why.amounts import explained_amount, explained_unit

ABOUT_FRAGILITY = About(
    "For every utterance: how far its decision is from another one as observed (open), and after the worst single loss that leaves something of "
    "the utterance (filled, joined by a line). Below zero that loss changes the decision. A cross marks those that hang on it: both distances are more "
    "than the prediction's uncertainty (thin bars), which is how far all other single losses move it together, by the jackknife. The distance is "
    "that of the score from neutral, or of the probability from the next likely class.",
    "How likely such a loss is, or what several losses do.",
    r"\mathrm{uncertainty}_s = \sqrt{\textstyle\sum_{p \ne \text{lost}} (\mathrm{margin}_s^{(p)} - \mathrm{margin}_s)^2}",
)


def fragility_title(fragility: Fragility) -> str:
    """The median distance from another decision, and what the worst single loss leaves of it."""
    if np.isnan(fragility.margin).all():
        return f"There is no decision: {NOTHING_RECORDED_AT_ALL}"
    which = "median" if (~np.isnan(fragility.margin)).sum() > 1 else "only"
    sentence = f"The {which} decision is {explained_amount(fragility.task, float(np.nanmedian(fragility.margin)))} from flipping"
    if np.isnan(fragility.left).all():
        return sentence
    left = float(np.nanmedian(fragility.left))
    if left < 0:
        return f"{sentence}; {'for half or more, ' * (which == 'median')}one loss changes it"
    return f"{sentence}, {explained_amount(fragility.task, left)} after the worst single loss"


def fragility_chart(
    fragility: Fragility, words: Sequence[str], span: tuple[float, float], selected: int, palette: Palette
) -> go.Figure:
    """For every utterance how far its decision is from another one, and what the worst single loss leaves of that."""
    S = len(fragility.flips)
    x, task = np.arange(1, S + 1), fragility.task
    hover = [
        f"<b>utterance {s + 1}</b> {escape(words[s], 60)}<br>distance from another decision {explained_amount(task, float(fragility.margin[s]))}<br>after losing "
        f"{escape(fragility.modalities[fragility.worst[s, 1]])} of {fragility.worst[s, 0] + 1}: {explained_amount(task, float(fragility.left[s]))}<br>"
        f"uncertainty {explained_amount(task, float(fragility.uncertainty[s]))}; hangs on {fragility.flips[s]} cells, changed by {fragility.crossed[s]} single losses"
        for s in range(S)
    ]
    same = {"customdata": np.arange(S), "hovertext": hover, "hoverinfo": "text"}
    flips = fragility.flips > 0
    ways = np.stack([fragility.margin, fragility.left, np.full(S, np.nan)], 1).ravel().astype(np.float32)
    traces = [
        go.Scatter(x=np.repeat(x, 3), y=ways, mode="lines", line={"color": palette.truth, "width": 1}, hoverinfo="skip", showlegend=False),
        go.Scatter(
            x=x, y=fragility.margin.astype(np.float32), mode="markers", name="as observed", marker={"symbol": "diamond-open", "size": 8, "color": palette.ink},
            error_y={"type": "data", "array": np.nan_to_num(fragility.uncertainty), "thickness": 1, "width": 0, "color": palette.faint}, **same,
        ),
        *(
            go.Scatter(
                x=x[where], y=fragility.left[where].astype(np.float32), mode="markers", name=name, customdata=np.flatnonzero(where),
                hovertext=[hover[s] for s in np.flatnonzero(where)], hoverinfo="text", marker={"symbol": symbol, "size": 9, "color": tone},
            )
            for where, name, symbol, tone in (
                (~flips, "after the worst single loss", "diamond", palette.ink),
                (flips, "hangs on it", "x", palette.positive),
            )
        ),
    ]  # fmt: skip
    bar = {"symbol": "line-ns", "size": 14, "line": {"color": palette.faint, "width": 2}}
    traces.append(go.Scatter(x=[None], y=[None], mode="markers", marker=bar, name="± uncertainty"))
    line = {"color": palette.truth, "dash": "dash", "width": 1.5}
    zero = {"type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": 0, "y1": 0, "line": line}
    layout = along(palette, fragility_title(fragility), 340, S, selected, shapes=[zero])
    layout["yaxis"] = layout["yaxis"] | {"range": list(span), "title": {"text": f"distance, {explained_unit(fragility.task)}", "font": {"size": 12}}, "nticks": 6}  # fmt: skip
    return go.Figure(traces, layout)


def fragility_span(fragilities: Sequence[Fragility]) -> tuple[float, float]:
    """The axis of charts side by side."""
    values = np.concatenate([x for one in fragilities for x in (one.margin, one.left)])
    low, high = (float(end) for end in (np.nanmin(values, initial=0.0), np.nanmax(values, initial=0.0)))
    room = 0.06 * max(high - low, 1e-3)
    return low - room, high + room
