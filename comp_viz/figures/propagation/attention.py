"""Attention along a conversation: a map of queries and keys, the row of one query as arcs, normalised entropy head by head."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.propagation.attention import Attention
from comp_viz.data.conversation import Floats
from comp_viz.figures.along import along, bars_at, escape, flat, hatching, utterance_axis
from comp_viz.figures.chart import PERCENT, About, base_layout, heat_of_shares, percent_ticks
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols, sequential
from comp_viz.wording import decimal, first_upper, fitting, percent, uniformity

# Below the ticks: Plotly measures this from the axis where a hidden one lies over it.
KEY_STANDOFF = 20  # pixels
MOST_ARCS = 24  # the strongest; more hide one another
ARC_WIDTHS = (0.8, 1.6, 2.6, 4.0, 6.0)  # pixels of arcs, from the faintest to the strongest
ARC_ANGLES = np.linspace(0, np.pi, 25)

ABOUT_ATTENTION = About(
    "Each row is a query: how its attention spreads over the utterances of the conversation, in this modality. Keys where the modality "
    "is missing are masked and hatched. Colours begin at 0 and end at the largest weight that goes to another utterance, in both "
    "columns when two are compared; hover for exact weights. The bars above are the mean over all queries, the dashed line the uniform "
    "weight, 1 over the number of keys. Rollout multiplies the mean over heads, half of it the residual connection, through all layers "
    "and blocks. Normalised entropy is the entropy of the weights over the greatest possible: 1 is uniform attention.",
    "Weights say where a layer looks, not what it takes from there or what comes of it. There is no output projection, so a head fills "
    "its own part of the features. Rollout ignores the MLPs, the values, the prompts injected at each block and the expansion "
    "between blocks.",
    r"H = \mathrm{softmax}\!\left(\tfrac{QK^\top}{\sqrt{d/h}} + \text{mask}\right)V,\quad G \leftarrow G + (H + \mathrm{MLP}(H))\quad"
    r"\text{(eq. 4)},\qquad R = \prod_l \tfrac12\left(\bar A_l + I\right)",
)  # fmt: skip
ABOUT_QUERY = About(
    "The attention of the selected utterance. Below: its weight on every utterance, the uniform weight dashed, masked keys hatched. Above: "
    f"an arc to each key that gets the uniform weight or more, the thicker the larger; at most {MOST_ARCS}, those with the largest "
    "weights. A click on a bar selects that utterance.",
    "What is passed along an arc. An arc to a later utterance looks into the future: ComP reads whole conversations.",
)  # fmt: skip
ABOUT_HEAD_ENTROPY = About(
    "Every head of every layer: the normalised entropy of its attention, mean over all queries. At 1 each observed utterance gets the "
    "same weight, and the layer adds the mean of the conversation to every utterance; near 0 each query looks at a single one.",
    "Which utterances are chosen, or whether two heads choose the same. With few observed utterances the entropy is coarse.",
    r"\frac{-\sum_j a_j \log a_j}{\log(\text{number of observed keys})}",
)


def attention_chart(
    attention: Attention, words: Sequence[str], top: float, received_top: float, selected: int, palette: Palette
) -> go.Figure:
    """Weights `[S, S]` with queries downwards and keys to the right, and above it the mean each key receives.

    Colours end at `top`, bars at `received_top`, which two charts side by side have in common. What lies at the masked
    keys is hatched, and nothing is drawn where no weight can go.
    """
    S = len(attention.keys)
    names = utterance_labels(attention, words)
    shares = heat_of_shares(np.where(attention.reachable, attention.weights, np.nan), top, 4)
    heat = go.Heatmap(
        shares, x=names, y=names, xaxis="x2", yaxis="y2", colorscale=sequential(palette), hoverongaps=False,
        hovertemplate=f"<b>query</b> %{{y}}<br><b>key</b> %{{x}}<br>weight %{{z:.2f}}{PERCENT}<extra></extra>",
        colorbar=shares["colorbar"] | {
            "orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom", "len": 0.36, "thickness": 9,
            "ypad": 2, "tickfont": {"size": 12},
            "title": {"text": "weight", "side": "top", "font": {"size": 12}},
        },
    )  # fmt: skip
    masked = np.flatnonzero(~attention.keys)
    hatch = bars_at(
        masked, np.full(len(masked), 0.5, np.float32), np.full(len(masked), S + 0.5, np.float32), "y",
        fillcolor="rgba(0,0,0,0)", fillpattern=hatching(palette) | {"fgcolor": palette.truth}, opacity=0.45,
    )  # fmt: skip
    bars = key_bars(attention, attention.received, names, "y3", "mean weight received", palette)
    layout = along(palette, attention_title(attention), 560, S, selected, shapes=[query_line(selected + 1, palette)])
    hidden = {"visible": False, "fixedrange": True, "range": [-0.5, S - 0.5]}
    layout |= {
        "yaxis": layout["yaxis"]
        | {"domain": [0, 0.8], "range": [S + 0.5, 0.5], "showgrid": False, "zeroline": False}
        | ({"dtick": 1} if S < 20 else {})
        | {"title": {"text": "query utterance", "font": {"size": 12}}},
        "xaxis": utterance_axis(S)
        | {"title": {"text": "key utterance", "font": {"size": 12}, "standoff": KEY_STANDOFF}},
        "xaxis2": hidden | {"overlaying": "x", "type": "category"},
        "yaxis2": hidden | {"overlaying": "y", "type": "category", "range": [S - 0.5, -0.5]},
        "yaxis3": attention_axis([0.84, 1], received_top, "received<br>mean", palette),
    }
    layout["shapes"] += uniform_lines(attention, "y3", palette)
    return go.Figure([hatch, heat, bars], layout)


def query_chart(attention: Attention, words: Sequence[str], top: float, query: int, palette: Palette) -> go.Figure:
    """Weights of one query: as bars at the keys, and as arcs from the query where they reach the uniform weight, up to `top`."""
    S, row = len(attention.keys), attention.weights[query]
    colour = modality_colours(palette, (attention.modality,))[attention.modality]
    reach = max(query, S - 1 - query, 1)
    # The uniform weight over all that this query can reach, itself in a rollout included; what is equal up to rounding is drawn.
    least = 0.999 / max(int(attention.reachable[query].sum()), 1)
    strongest = [k for k in np.argsort(-row, kind="stable")[:MOST_ARCS] if row[k] >= least]
    level = np.minimum(row / max(top, 1e-9) * len(ARC_WIDTHS), len(ARC_WIDTHS) - 1).astype(int)
    traces = []
    for i, width in enumerate(ARC_WIDTHS):
        at = np.array([k for k in strongest if level[k] == i], dtype=int)
        if len(at):
            line = {"color": colour, "width": width}
            traces.append(flat(*arc_curves(query, at, reach), "y2", mode="lines", line=line, opacity=0.35 + 0.13 * i, showlegend=False))  # fmt: skip
    bars = key_bars(attention, row, utterance_labels(attention, words), "y", "weight", palette)
    layout = along(palette, query_title(attention, query), 300, S, query, shapes=uniform_lines(attention, "y", palette))
    hidden = {"visible": False, "fixedrange": True, "domain": [0.5, 1], "range": [0, 1.05]}
    layout |= {"yaxis": attention_axis([0, 0.46], top, "weight", palette), "yaxis2": hidden, "showlegend": False}
    layout["hovermode"] = "x"  # a bar of next to no height can be pointed at as well
    return go.Figure([*traces, hatched_keys(attention, top, palette), bars], layout)


def head_entropy_chart(entropies: Mapping[str, Floats], palette: Palette) -> go.Figure:
    """Normalised entropy of every head's attention, `[n, m, h]` a modality, on a scale from 0 to 1."""
    n, m, h = next(iter(entropies.values())).shape
    numbers = [(l + 1, k + 1, i + 1) for l in range(n) for k in range(m) for i in range(h)]
    heads = ["block {}, layer {}, head {}".format(*each) for each in numbers]
    modalities = tuple(entropies)
    colours, marks, symbols = (f for f in (modality_colours(palette, modalities), modality_marks(modalities), modality_symbols(modalities)))  # fmt: skip
    traces = [
        go.Scatter(
            x=heads, y=entropies[u].ravel().astype(np.float32), name=f"{marks[u]} {u}", mode="lines+markers",
            line={"color": colours[u], "width": 1}, marker={"symbol": symbols[u], "size": 9, "color": colours[u]},
            hovertemplate="%{x}: normalised entropy %{y:.3f}<extra>" + escape(u) + "</extra>",
        )
        for u in modalities
    ]  # fmt: skip
    layout = base_layout(palette, head_entropy_title(entropies), 280)
    layout["yaxis"] = layout["yaxis"] | {"range": [0, 1.04], "title": {"text": "normalised entropy", "font": {"size": 12}}}  # fmt: skip
    layout["xaxis"] = layout["xaxis"] | {
        "type": "category", "showgrid": False, "tickfont": {"size": 12}, "title": {"text": "from the top: block, layer, head", "font": {"size": 12}},
        # Numbers alone, one below the other: words would touch on a phone.
        "tickvals": heads, "ticktext": ["<br>".join(map(str, each)) for each in numbers],
    }  # fmt: skip
    return go.Figure(traces, layout)


def attention_title(attention: Attention) -> str:
    """How evenly a modality attends, and which utterance receives most."""
    who, K = first_upper(attention.modality), int(attention.keys.sum())
    if not K:
        return fitting(f"{who} is missing everywhere: there is no utterance to attend to")
    if K == 1:
        return fitting(
            f"Only utterance {int(attention.keys.argmax()) + 1} has {attention.modality}: all attention goes there"
        )
    entropy, most = float(attention.entropy.mean()), int(attention.received.argmax()) + 1
    spread = f"{who} attention is {uniformity(entropy)}: normalised entropy {decimal(entropy)}"
    return fitting(f"{spread}, most on utterance {most}", spread)


def query_title(attention: Attention, query: int) -> str:
    """What one utterance, counted from 0, attends to most."""
    if not attention.keys.any():
        return fitting(f"Utterance {query + 1} has nothing to attend to in {attention.modality}")
    row = attention.weights[query]
    most = int(row.argmax())
    whom = "itself" if most == query else f"utterance {most + 1}"
    if attention.keys.sum() == 1:
        return fitting(f"Utterance {query + 1} can attend only to {whom}: no other has {attention.modality}")
    weight, uniform = percent(float(row[most]), 1), percent(attention.uniform_weight, 1)
    target = f"Utterance {query + 1} attends most to {whom}: {weight}"
    return fitting(
        f"{target} of its {attention.modality} attention (uniform: {uniform})", f"{target} (uniform: {uniform})"
    )


def head_entropy_title(entropies: Mapping[str, Floats]) -> str:
    """Which head is the most selective."""
    known = {u: x for u, x in entropies.items() if not np.isnan(x).all()}
    if not known:
        return "No modality has two observed utterances to choose between"
    u = min(known, key=lambda name: np.nanmin(known[name]))
    l, k, head = np.unravel_index(np.nanargmin(known[u]), known[u].shape)
    least = decimal(float(known[u][l, k, head]))
    return fitting(
        f"The most selective head is head {head + 1} of {u}, block {l + 1}, layer {k + 1}: normalised entropy {least}",
        f"The most selective head, one of {u}'s, has normalised entropy {least}",
    )


def utterance_labels(attention: Attention, words: Sequence[str]) -> list[str]:
    """Every utterance by its number and words, for hovers; the number keeps them apart."""
    state = np.where(attention.keys, "", f" ({attention.modality} missing)")
    return [f"{i} {escape(text, 60)}{missing}" for i, (text, missing) in enumerate(zip(words, state, strict=True), 1)]


def key_bars(attention: Attention, weights: Floats, names: list[str], axis: str, what: str, palette: Palette) -> go.Bar:
    """One bar a key, which selects that utterance when it is clicked."""
    S = len(weights)
    colour = modality_colours(palette, (attention.modality,))[attention.modality]
    return go.Bar(
        x=np.arange(1, S + 1), y=weights.astype(np.float32), yaxis=axis, customdata=np.arange(S), textposition="none",
        hovertext=[f"{name}<br>{what} {percent(float(w), 2)}" for name, w in zip(names, weights, strict=True)],
        marker={"color": colour, "line": {"width": 0}}, showlegend=False,
        hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip


def hatched_keys(attention: Attention, top: float, palette: Palette) -> go.Scatter:
    """The places of masked keys, hatched."""
    masked = np.flatnonzero(~attention.keys)
    height = np.full(len(masked), top * 0.98, np.float32)
    look = {"fillcolor": "rgba(0,0,0,0)", "fillpattern": hatching(palette) | {"fgcolor": palette.truth}}
    return bars_at(masked, np.zeros_like(height), height, "y", opacity=0.6, **look)


def arc_curves(query: int, keys: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """Half circles from a query to keys, `[keys, points]` of x and of height from 0 to 1; to itself a small loop."""
    middle, half = (keys + query) / 2 + 1, np.abs(keys - query) / 2
    x = middle[:, None] - half[:, None] * np.cos(ARC_ANGLES)
    y = np.sqrt(2 * half / reach)[:, None] * np.sin(ARC_ANGLES)
    loop = keys == query
    x[loop], y[loop] = query + 1 + 0.4 * np.sin(2 * ARC_ANGLES), 0.12 * (1 - np.cos(2 * ARC_ANGLES))
    gap = np.full((len(keys), 1), np.nan)
    return np.hstack([x, gap]), np.hstack([y, gap])


def attention_axis(domain: list[float], top: float, title: str, palette: Palette) -> dict[str, object]:
    """A vertical axis of weights from 0 to `top`."""
    return {
        "domain": domain, "range": [0, top], **percent_ticks(0, top, 4), "fixedrange": True, "automargin": False,
        "gridcolor": palette.faint, "title": {"text": title, "font": {"size": 12}, "standoff": 4},
    }  # fmt: skip


def query_line(utterance: int, palette: Palette) -> dict[str, object]:
    """A line through the row of the selected utterance."""
    line = {"color": palette.mark, "width": 1.5}
    return {"type": "line", "xref": "x domain", "yref": "y", "x0": 0, "x1": 1, "y0": utterance, "y1": utterance, "line": line}  # fmt: skip


def uniform_lines(attention: Attention, axis: str, palette: Palette) -> list[dict[str, object]]:
    """A dashed line at the weight that every key has where attention is uniform; none without keys."""
    line = {"color": palette.truth, "width": 1.2, "dash": "dash"}
    place = {
        "xref": "paper",
        "yref": axis,
        "x0": 0,
        "x1": 1,
        "y0": attention.uniform_weight,
        "y1": attention.uniform_weight,
    }
    return [{"type": "line", "line": line, **place}] if attention.keys.any() else []


def shared_tops(maps: Sequence[Attention], query: int) -> tuple[float, float, float]:
    """Where the scales of charts side by side end: colours of the map, mean received, and weights of one query."""
    least = 1e-3  # a scale that ends at 0 could not be drawn; an utterance that is alone attends to itself
    return (
        max([least, *(one.to_others or float(one.weights.max()) for one in maps)]),
        1.1 * max([least, *(float(one.received.max()) for one in maps)]),
        1.1 * max([least, *(float(one.weights[query].max()) for one in maps)]),
    )
