"""What the recordings of a data set lack, by conversation."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from comp_viz.figures.chart import PERCENT, About, base_layout, heat_of_shares
from comp_viz.figures.style import Palette, modality_marks
from comp_viz.wording import first_upper, how_many

MOST_COLUMNS = 400  # conversations in the chart; of more, an even selection is drawn
ABOUT_MISSING = About(
    "The share of each conversation's utterances that lack each modality in the recording: a column for every conversation, in more "
    "colour where more is missing.",
    "What missing patterns remove: they are set in the sidebar.",
)


def missing_chart(
    ids: Sequence[str], modalities: Sequence[str], shares: NDArray[np.float64], palette: Palette
) -> go.Figure:
    """What each conversation lacks, `shares [V, M]` from 0 to 1 as columns side by side, in more colour where more is missing.

    Colours end at the largest share, or at a tenth where that is less.
    """
    shown = np.unique(np.linspace(0, len(ids) - 1, min(len(ids), MOST_COLUMNS)).astype(int)).tolist()
    marks, most = modality_marks(tuple(modalities)), max(float(shares.max(initial=0)), 0.1)
    drawn = heat_of_shares(shares[shown].T, most, 5)
    heat = go.Heatmap(
        drawn, x=np.arange(1, len(shown) + 1), y=[f"{marks[u]} {u}" for u in modalities],
        customdata=[[ids[row] for row in shown]] * len(modalities),
        colorscale=[[0, "rgba(128,128,128,0.08)"], [1, palette.mark]], ygap=4, xgap=0.3 if len(shown) < 150 else 0,
        hovertemplate=f"%{{customdata}}, %{{y}}: %{{z:.0f}}{PERCENT} of utterances missing<extra></extra>",
        colorbar=drawn["colorbar"] | {"title": {"text": "missing", "side": "right"}, "thickness": 10, "len": 0.9},
    )  # fmt: skip
    layout = base_layout(palette, missing_title(ids, modalities, shares), 230)
    some = "" if len(shown) == len(ids) else f" ({len(shown)} of {len(ids):,} shown, evenly spaced)"
    layout["xaxis"] = layout["xaxis"] | {
        "title": {"text": f"conversation{some}", "font": {"size": 12}},
        "showgrid": False,
    }
    layout["yaxis"] = layout["yaxis"] | {"autorange": "reversed", "showgrid": False}
    return go.Figure(heat, layout)


def missing_title(ids: Sequence[str], modalities: Sequence[str], shares: NDArray[np.float64]) -> str:
    """In how many conversations the modality that is missing most is missing at all."""
    if not shares.any():
        return "No modality is missing in any conversation"
    touched = (shares > 0).any(0)
    most = int(shares.mean(0).argmax())
    incomplete = int((shares[:, most] > 0).sum())
    name = first_upper(str(modalities[most]))
    others = "" if touched.sum() > 1 else "; nothing else is"
    return f"{name} is partly missing in {incomplete:,} of {how_many(len(ids), 'conversation')}{others}"
