"""Attention along a conversation: a map of queries and keys, the row of one query as arcs, evenness head by head."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.propagation.attention import Attention, describe, describe_evenness, describe_row
from comp_viz.data.conversation import Floats
from comp_viz.figures.along import along, bars_at, escape, flat, hatching, utterance_axis
from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols, sequential

MOST_ARCS = 24  # the strongest; beyond, they hide one another
WIDTHS = (0.8, 1.6, 2.6, 4.0, 6.0)  # pixels of arcs, from the faintest to the strongest
CURVE = np.linspace(0, np.pi, 25)


def attention_map(
    found: Attention, words: Sequence[str], top: float, received_top: float, selected: int, palette: Palette
) -> go.Figure:
    """Weights `[S, S]` with queries downwards and keys to the right, and above it the mean each key receives.

    Colours end at `top`, bars at `received_top`, which two charts side by side have in common. What lies at the masked
    keys is hatched, and nothing is drawn where no weight can go.
    """
    S = len(found.keys)
    names = labels(found, words)
    heat = go.Heatmap(
        x=names, y=names, z=np.where(found.reachable, found.weights, np.nan).astype(np.float32), xaxis="x2", yaxis="y2",
        zmin=0, zmax=top, colorscale=sequential(palette), hoverongaps=False,
        hovertemplate="<b>query</b> %{y}<br><b>key</b> %{x}<br>weight %{z:.2%}<extra></extra>",
        colorbar={
            "orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom", "len": 0.36, "thickness": 9,
            "tickformat": ".2~%", "nticks": 4, "ypad": 2, "tickfont": {"size": 11},
            "title": {"text": "weight", "side": "top", "font": {"size": 12}},
        },
    )  # fmt: skip
    masked = np.flatnonzero(~found.keys)
    hatch = bars_at(
        masked, np.full(len(masked), 0.5, np.float32), np.full(len(masked), S + 0.5, np.float32), "y",
        fillcolor="rgba(0,0,0,0)", fillpattern=hatching(palette) | {"fgcolor": palette.truth}, opacity=0.45,
    )  # fmt: skip
    bars = key_bars(found, found.received, names, "y3", "mean weight received", palette)
    layout = along(palette, describe(found), 560, S, selected, shapes=[query_line(selected + 1, palette)])
    hidden = {"visible": False, "fixedrange": True, "range": [-0.5, S - 0.5]}
    layout |= {
        "yaxis": layout["yaxis"]
        | {"domain": [0, 0.8], "range": [S + 0.5, 0.5], "showgrid": False, "zeroline": False}
        | {"title": {"text": "query utterance", "font": {"size": 12}}},
        "xaxis": utterance_axis(S) | {"title": {"text": "key utterance", "font": {"size": 12}, "standoff": 2}},
        "xaxis2": hidden | {"overlaying": "x", "type": "category"},
        "yaxis2": hidden | {"overlaying": "y", "type": "category", "range": [S - 0.5, -0.5]},
        "yaxis3": weight_axis([0.84, 1], received_top, "received<br>mean", palette),
    }
    layout["shapes"] += even_lines(found, "y3", palette)
    return go.Figure([hatch, heat, bars], layout)


def arcs(found: Attention, words: Sequence[str], top: float, query: int, palette: Palette) -> go.Figure:
    """Weights of one query: as bars at the keys, and as arcs from the query where they reach the even share, up to `top`."""
    S, row = len(found.keys), found.weights[query]
    colour = modality_colours(palette, (found.modality,))[found.modality]
    reach = max(query, S - 1 - query, 1)
    # The even share of all that this query can reach, itself in a rollout included; what is even up to rounding is drawn.
    least = 0.999 / max(int(found.reachable[query].sum()), 1)
    strongest = [k for k in np.argsort(-row, kind="stable")[:MOST_ARCS] if row[k] >= least]
    level = np.minimum(row / max(top, 1e-9) * len(WIDTHS), len(WIDTHS) - 1).astype(int)
    traces = []
    for i, width in enumerate(WIDTHS):
        at = np.array([k for k in strongest if level[k] == i], dtype=int)
        if len(at):
            line = {"color": colour, "width": width}
            traces.append(flat(*curves(query, at, reach), "y2", mode="lines", line=line, opacity=0.35 + 0.13 * i, showlegend=False))  # fmt: skip
    bars = key_bars(found, row, labels(found, words), "y", "weight", palette)
    layout = along(palette, describe_row(found, query), 300, S, query, shapes=even_lines(found, "y", palette))
    hidden = {"visible": False, "fixedrange": True, "domain": [0.5, 1], "range": [0, 1.05]}
    layout |= {"yaxis": weight_axis([0, 0.46], top, "weight", palette), "yaxis2": hidden, "showlegend": False}
    layout["hovermode"] = "x"  # a bar of next to no height can be pointed at as well
    return go.Figure([*traces, hatched_keys(found, top, palette), bars], layout)


def evenness_chart(found: Mapping[str, Floats], palette: Palette) -> go.Figure:
    """Entropy of every head's attention as a share of the greatest, `[n, m, h]` a modality, on a scale from 0 to 100 %."""
    n, m, h = next(iter(found.values())).shape
    heads = [f"block {l + 1}<br>layer {k + 1}<br>head {i + 1}" for l in range(n) for k in range(m) for i in range(h)]
    modalities = tuple(found)
    colours, marks, symbols = (f for f in (modality_colours(palette, modalities), modality_marks(modalities), modality_symbols(modalities)))  # fmt: skip
    traces = [
        go.Scatter(
            x=heads, y=found[u].ravel().astype(np.float32), name=f"{marks[u]} {u}", mode="lines+markers",
            line={"color": colours[u], "width": 1}, marker={"symbol": symbols[u], "size": 9, "color": colours[u]},
            hovertemplate="%{x}: %{y:.1%}<extra>" + escape(u) + "</extra>",
        )
        for u in modalities
    ]  # fmt: skip
    layout = base_layout(palette, describe_evenness(dict(found)), 280)
    layout["yaxis"] = layout["yaxis"] | {"range": [0, 1.04], "tickformat": ".0%", "title": {"text": "entropy, share of greatest", "font": {"size": 12}}}  # fmt: skip
    layout["xaxis"] = layout["xaxis"] | {"type": "category", "showgrid": False, "tickfont": {"size": 11}}
    return go.Figure(traces, layout)


def labels(found: Attention, words: Sequence[str]) -> list[str]:
    """Every utterance by its number and words, for hovers; the number keeps them apart."""
    state = np.where(found.keys, "", f" ({found.modality} missing)")
    return [f"{i} {escape(said, 60)}{missing}" for i, (said, missing) in enumerate(zip(words, state, strict=True), 1)]


def key_bars(found: Attention, weights: Floats, names: list[str], axis: str, what: str, palette: Palette) -> go.Bar:
    """One bar a key, which takes that utterance in hand when it is clicked."""
    S = len(weights)
    colour = modality_colours(palette, (found.modality,))[found.modality]
    return go.Bar(
        x=np.arange(1, S + 1), y=weights.astype(np.float32), yaxis=axis, customdata=np.arange(S), text=names, textposition="none",
        marker={"color": colour, "line": {"width": 0}}, showlegend=False,
        hovertemplate=f"%{{text}}<br>{what} %{{y:.2%}}<extra></extra>",
    )  # fmt: skip


def hatched_keys(found: Attention, top: float, palette: Palette) -> go.Scatter:
    """The places of masked keys, hatched."""
    masked = np.flatnonzero(~found.keys)
    height = np.full(len(masked), top * 0.98, np.float32)
    look = {"fillcolor": "rgba(0,0,0,0)", "fillpattern": hatching(palette) | {"fgcolor": palette.truth}}
    return bars_at(masked, np.zeros_like(height), height, "y", opacity=0.6, **look)


def curves(query: int, keys: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """Half circles from a query to keys, `[keys, points]` of x and of height from 0 to 1; to itself a small loop."""
    middle, half = (keys + query) / 2 + 1, np.abs(keys - query) / 2
    x = middle[:, None] - half[:, None] * np.cos(CURVE)
    y = np.sqrt(2 * half / reach)[:, None] * np.sin(CURVE)
    loop = keys == query
    x[loop], y[loop] = query + 1 + 0.4 * np.sin(2 * CURVE), 0.12 * (1 - np.cos(2 * CURVE))
    gap = np.full((len(keys), 1), np.nan)
    return np.hstack([x, gap]), np.hstack([y, gap])


def weight_axis(domain: list[float], top: float, title: str, palette: Palette) -> dict[str, object]:
    """A vertical axis of weights from 0 to `top`."""
    return {
        "domain": domain, "range": [0, top], "tickformat": ".2~%", "nticks": 3, "fixedrange": True, "automargin": False,
        "gridcolor": palette.faint, "title": {"text": title, "font": {"size": 12}, "standoff": 4},
    }  # fmt: skip


def query_line(utterance: int, palette: Palette) -> dict[str, object]:
    """A line through the row of the utterance in hand."""
    line = {"color": palette.mark, "width": 1.5}
    return {"type": "line", "xref": "x domain", "yref": "y", "x0": 0, "x1": 1, "y0": utterance, "y1": utterance, "line": line}  # fmt: skip


def even_lines(found: Attention, axis: str, palette: Palette) -> list[dict[str, object]]:
    """A dashed line at the weight that every key would have were attention even; none without keys."""
    line = {"color": palette.truth, "width": 1.2, "dash": "dash"}
    place = {"xref": "paper", "yref": axis, "x0": 0, "x1": 1, "y0": found.even, "y1": found.even}
    return [{"type": "line", "line": line, **place}] if found.keys.any() else []


def shared_tops(found: Sequence[Attention], query: int) -> tuple[float, float, float]:
    """Where the scales of charts side by side end: colours of the map, mean received, and weights of one query."""
    least = 1e-3  # a scale that ends at 0 could not be drawn
    return (
        max([least, *(one.to_others for one in found)]),
        1.1 * max([least, *(float(one.received.max()) for one in found)]),
        1.1 * max([least, *(float(one.weights[query].max()) for one in found)]),
    )
