"""Which expert serves which modality, of the selected utterance and on average, as two tables of colour with their numbers."""

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.coordinator.routing import Routing
from comp_viz.data.conversation import Floats
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.style import Palette, modality_marks, sequential
from comp_viz.wording import decimal, fitting, how_many

ABOUT_ROUTING = About(
    "The router of each modality, in its row, and the weight it gives each expert; a row sums to 1. Every modality goes through all experts, and what they make of it "
    "is added by these weights. Left the selected utterance, right the mean over the utterances in which the modality is observed. Blank: never observed.",
    "What an expert contributes: a small weight on a large output can count for more. The weights of a missing modality are computed from nothing and drop out: what it gives is "
    "set to zero before modalities are fused.",
    r"X^u = \sum_e w^u_e\, E_e(P^u), \quad w^u = \mathrm{softmax}(\mathrm{MLP}(P^u))",
)


def routing_title(routing: Routing) -> str:
    """How much each modality's own expert gets, beside an equal share."""
    M = len(routing.modalities)
    each = ", ".join(
        f"{u} {decimal(own)}" for u, own in zip(routing.modalities, routing.own, strict=True) if own == own
    )
    equal = f"{decimal(1 / M)} if equal"
    return fitting(
        f"Mean weight of a modality's own expert: {each} ({equal})",
        f"Own expert: {each} ({equal})",
        "Weights of the experts",
    )


def routing_chart(routing: Routing, selected: int, palette: Palette) -> go.Figure:
    """Two `M × M` tables, modalities as rows and experts as columns."""
    names, marks = routing.modalities, modality_marks(routing.modalities)
    here = [
        f"{marks[u]} {u}{'' if there else ', missing'}"
        for u, there in zip(names, routing.observed[selected], strict=True)
    ]
    counts = routing.observed.sum(0)
    over = [f"{marks[u]} {u} ({how_many(int(n), 'utterance')})" for u, n in zip(names, counts, strict=True)]
    top = float(np.nanmax([routing.weights[selected].max(), *routing.mean.ravel()]))
    experts = [f"{u} expert" for u in names]
    layout = base_layout(palette, routing_title(routing), 120 + 44 * len(names))
    axis = layout["yaxis"] | {"autorange": "reversed", "showgrid": False, "fixedrange": True, "type": "category"}
    wide = layout["xaxis"] | {"showgrid": False, "fixedrange": True, "type": "category", "side": "bottom"}
    layout |= {
        "xaxis": wide | {"domain": [0, 0.4]},
        "xaxis2": wide | {"domain": [0.6, 1], "anchor": "y2"},
        "yaxis": axis,
        "yaxis2": axis | {"anchor": "x2"},
        "annotations": [
            caption(f"utterance {selected + 1}", 0.2, palette),
            caption("mean where observed", 0.8, palette),
        ],
    }
    return go.Figure(
        [
            table_of_weights(routing.weights[selected], here, experts, top, palette, ""),
            table_of_weights(routing.mean, over, experts, top, palette, "2"),
        ],
        layout | {"dragmode": False},
    )


def table_of_weights(
    weights: Floats, rows: list[str], columns: list[str], top: float, palette: Palette, axis: str
) -> go.Heatmap:
    """Weights as colours from 0 to the largest, with their numbers."""
    words = [["" if w != w else decimal(float(w)) for w in row] for row in weights]
    return go.Heatmap(
        z=weights.astype(np.float32), x=columns, y=rows, text=words, texttemplate="%{text}", textfont={"size": 13}, zmin=0, zmax=top,
        colorscale=sequential(palette), showscale=False, xgap=3, ygap=3, xaxis=f"x{axis}", yaxis=f"y{axis}",
        hovertemplate="%{y} → %{x}: weight %{z:.3f} (0 to 1)<extra></extra>",
    )  # fmt: skip


def caption(words: str, x: float, palette: Palette) -> dict[str, object]:
    """The name of one of the two tables, above it."""
    look = {"showarrow": False, "xref": "paper", "yref": "paper", "font": {"size": 13, "color": palette.ink}}
    return {"text": words, "x": x, "y": 1, "xanchor": "center", "yanchor": "bottom", **look}
