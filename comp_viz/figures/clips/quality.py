"""How well each modality of each utterance of a clip could be read."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from comp_viz.data.conversation import Floats
from comp_viz.figures.along import along
from comp_viz.figures.chart import About
from comp_viz.figures.style import Palette
from comp_viz.wording import decimal, percent

ABOUT_QUALITY = About(
    "For each utterance the share of its time with voice, the mean probability of its recognised words, and the share of its "
    "pictures with a face large enough. Dashed: the thresholds below which a modality counts as missing.",
    "How well features suit the model: clear speech in a language it was not trained on is clear all the same.",
)


def quality_title(quality: Mapping[str, Floats]) -> str:
    """Where words are least probable, and how many pictures have a face."""
    lowest = int(np.argmin(quality["confidence"]))
    return (
        f"Word probability is lowest in utterance {lowest + 1}, {decimal(float(quality['confidence'][lowest]))}; "
        f"{percent(float(quality['faces'].mean()))} of pictures have a face"
    )


def quality_chart(
    quality: Mapping[str, Floats], thresholds: Mapping[str, float], selected: int, palette: Palette, title: str
) -> go.Figure:
    """Per utterance: share of time with voice, mean word probability, share of pictures with a face, each from 0 to 1.

    `thresholds` names those below which a modality counts as missing, drawn dashed.
    """
    rows = {
        "voice": ("voice, share of time", palette.modality["audio"], "circle"),
        "confidence": ("words, mean probability", palette.modality["text"], "square"),
        "faces": ("faces, share of pictures", palette.modality["video"], "triangle-up"),
    }
    S = len(quality["voice"])
    x = np.arange(1, S + 1)
    traces = [
        go.Scatter(
            x=x, y=quality[what].round(3), name=name, mode="lines+markers", customdata=np.arange(S),
            line={"color": colour, "width": 1.2}, marker={"symbol": symbol, "size": 9},
            hovertext=[f"{name}: {value:.2f}" for value in quality[what]], hoverinfo="text",
        )
        for what, (name, colour, symbol) in rows.items()
    ]  # fmt: skip
    lines = [
        {
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value,
            "line": {"color": rows[what][1], "width": 1.2, "dash": "dash"},
        }
        for what, value in thresholds.items()
    ]  # fmt: skip
    layout = along(palette, title, 250, S, selected, shapes=lines)
    layout["yaxis"] = layout["yaxis"] | {
        "range": [-0.05, 1.05],
        "title": {"text": "0 to 1", "font": {"size": 12}},
        "zeroline": False,
    }
    return go.Figure(traces, layout)
