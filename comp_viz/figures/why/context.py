"""Which other utterances matter for one: the effect of taking each away, beside attention rollout."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.why.context import Context, describe, describe_influence
from comp_viz.analysis.why.target import explained_unit
from comp_viz.figures.along import along, escape
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols, sequential


def context_chart(
    found: Context, words: Sequence[str], tops: tuple[float, float], selected: int, palette: Palette
) -> go.Figure:
    """Above, how far the prediction in hand moves without each other utterance; below, the rollout of every modality.

    The utterance itself, which moves most, is left out of both so that the others can be seen; its part is in the hover.
    """
    S = len(found.effects)
    names = [f"<b>utterance {i}</b> {escape(said, 60)}" for i, said in enumerate(words, start=1)]
    others = np.arange(S) != selected
    form = ".1%" if found.task.classes else ".3f"
    own = f"without itself the prediction moves by {found.sizes[selected, selected]:{form}}"
    effects = np.where(others, found.effects[selected], np.nan).astype(np.float32)
    lowers = np.nan_to_num(effects) < 0
    bars = go.Bar(
        x=np.arange(1, S + 1), y=np.abs(effects), customdata=np.arange(S), text=names, textposition="none", showlegend=False,
        marker={
            "color": np.where(lowers, palette.negative, palette.positive),
            "pattern": {"shape": np.where(lowers, ".", ""), "fgcolor": palette.ground, "fillmode": "overlay", "size": 5},
        },
        hovertext=[f"{n}<br>{own if s == selected else f'adds {effects[s]:+{form}}'}" for s, n in enumerate(names)], hoverinfo="text",
    )  # fmt: skip
    layout = along(palette, describe(found, selected), 420, S, selected, bargap=0.15)
    layout["yaxis"] = layout["yaxis"] | {
        "domain": [0.52, 1], "range": [0, tops[0]], "title": {"text": f"effect,<br>{explained_unit(found.task)}", "font": {"size": 12}}, "nticks": 5,
    }  # fmt: skip
    layout["yaxis2"] = layout["yaxis"] | {
        "domain": [0, 0.42], "range": [0, tops[1]], "title": {"text": "rollout,<br>share", "font": {"size": 12}}, "anchor": "x", "tickformat": ".1%",
    }  # fmt: skip
    layout["xaxis"] = layout["xaxis"] | {"anchor": "y2"}
    key = [
        go.Scatter(x=[None], y=[None], mode="markers", name=word, marker={"symbol": "square", "size": 9, "color": tone})
        for word, tone in (("raises the number", palette.positive), ("lowers it, dotted", palette.negative))
    ]
    return go.Figure([bars, *rollout_lines(found, names, selected, palette), *key], layout)


def rollout_lines(found: Context, names: Sequence[str], selected: int, palette: Palette) -> list[go.Scatter]:
    """One line for every modality with attention."""
    if found.rolled is None:
        return []
    colours, marks, symbols = modality_colours(palette, found.modalities), modality_marks(found.modalities), modality_symbols(found.modalities)  # fmt: skip
    S = len(found.effects)
    others = np.arange(S) != selected
    return [
        go.Scatter(
            x=np.arange(1, S + 1), y=np.where(others, rolled[selected], np.nan).astype(np.float32), yaxis="y2", mode="lines+markers",
            name=f"{marks[u]} rollout of {u}", customdata=np.arange(S), text=names, line={"color": colours[u], "width": 1.2},
            marker={"symbol": symbols[u], "size": 5, "color": colours[u]}, hovertemplate="%{text}<br>rollout %{y:.1%}<extra></extra>",
        )
        for u, rolled in zip(found.modalities, found.rolled, strict=True)
    ]  # fmt: skip


def tops(found: Sequence[Context], selected: int) -> tuple[float, float]:
    """Where the axes of charts side by side end."""
    effects, rolled = [1e-4], [1e-4]
    for one in found:
        others = np.arange(len(one.effects)) != selected
        if others.any():
            effects.append(1.08 * float(one.sizes[selected, others].max()))
            if one.rolled is not None:
                rolled.append(1.08 * float(one.rolled[:, selected, others].max()))
    return max(effects), max(rolled)


def context_map(found: Context, top: float, selected: int, palette: Palette) -> go.Figure:
    """The whole matrix: rows are predictions, columns the utterances taken away, the darker the further the prediction moves."""
    S = len(found.effects)
    numbers = np.arange(1, S + 1)
    heat = go.Heatmap(
        z=found.sizes.astype(np.float32), x=numbers, y=numbers, zmin=0, zmax=top, colorscale=sequential(palette),
        hovertemplate="prediction of %{y} without %{x}: moves by %{z:.3f}<extra></extra>",
        colorbar={"thickness": 10, "nticks": 5, "title": {"text": explained_unit(found.task), "side": "right", "font": {"size": 11}}},
    )  # fmt: skip
    layout = along(palette, describe_influence(found), 420, S, selected)
    layout["xaxis"] = layout["xaxis"] | {"title": {"text": "utterance taken away", "font": {"size": 12}}}
    layout["yaxis"] = layout["yaxis"] | {"range": [S + 0.5, 0.5], "title": {"text": "prediction of", "font": {"size": 12}}, "showgrid": False}  # fmt: skip
    line = {"color": palette.mark, "width": 1.5}
    row = {"type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": selected + 1, "y1": selected + 1, "line": line}  # fmt: skip
    layout["shapes"] = [*layout["shapes"], row]
    return go.Figure(heat, layout)
