"""A conversation along its utterances: prediction and truth, modality heads, change, coordinator, on one shared axis."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.change import Change
from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Floats
from comp_viz.figures.style import Palette, modality_colours, modality_marks

# Left and right margins in pixels; the availability matrix above the figure keeps the same ones.
MARGIN_LEFT, MARGIN_RIGHT = 92, 12
ROWS = {  # name -> vertical range of its axis, from the top
    "y": (0.66, 1.0),
    "y2": (0.41, 0.60),
    "y3": (0.22, 0.35),
    "y4": (0.0, 0.16),
}


def timeline(
    here: Prediction,
    complete: Prediction,
    changed: Change,
    labels: Floats,
    words: Sequence[str],
    selected: int,
    palette: Palette,
) -> go.Figure:
    """Draw the four rows. `labels [S]` in label units or class numbers, NaN unknown; `selected` is an utterance number."""
    task = here.task
    x = np.arange(1, len(labels) + 1)
    top = (
        probability_traces(here, labels, x, palette)
        if task.classes
        else score_traces(here, complete, labels, x, palette)
    )
    traces = [
        *top,
        hover_trace(here, labels, words, x),
        *head_traces(here, labels, x, palette),
        difference_trace(changed, x, palette),
        *coordinator_traces(here, x, palette),
    ]
    figure = go.Figure(data=traces, layout=layout(here, reach(here, complete, labels), len(x), palette))
    for utterance in x[changed.flipped]:
        figure.add_shape(
            type="rect", x0=utterance - 0.5, x1=utterance + 0.5, y0=0, y1=1, xref="x", yref="y3 domain",
            fillcolor=palette.mark, opacity=0.18, line_width=0, layer="below",
        )  # fmt: skip
    figure.add_shape(
        type="line", x0=selected + 1, x1=selected + 1, y0=0, y1=1, xref="x", yref="paper",
        line={"color": palette.mark, "width": 1.5}, layer="above",
    )  # fmt: skip
    return figure


def score_traces(
    here: Prediction, complete: Prediction, labels: Floats, x: np.ndarray, palette: Palette
) -> list[go.Scatter]:
    """Truth as a thin line with ticks, prediction as a thick one, the complete conversation dashed."""
    return [
        go.Scatter(
            x=x, y=labels, name="truth", mode="lines+markers", line={"color": palette.truth, "width": 1},
            marker={"symbol": "line-ns-open", "size": 7, "color": palette.truth}, hoverinfo="skip",
        ),
        go.Scatter(
            x=x, y=complete.fused[:, 0], name="complete conversation", mode="lines",
            line={"color": palette.ink, "width": 1.2, "dash": "dot"}, hoverinfo="skip",
        ),
        go.Scatter(
            x=x, y=here.fused[:, 0], name="◆ fused prediction", mode="lines+markers",
            line={"color": palette.ink, "width": 2.6}, marker={"symbol": "diamond", "size": 5}, hoverinfo="skip",
        ),
    ]  # fmt: skip


def probability_traces(
    here: Prediction, labels: Floats, x: np.ndarray, palette: Palette
) -> list[go.Heatmap | go.Scatter]:
    """Probability of every class as a strip, truth as a ring, decision as a diamond."""
    names = list(here.task.classes)
    known = ~np.isnan(labels)
    truth = [names[int(label)] for label in labels[known]]
    return [
        go.Heatmap(
            x=x, y=names, z=here.fused.T.round(3), zmin=0, zmax=1, showscale=False, hoverinfo="skip",
            colorscale=[[0, palette.ground], [1, palette.negative]],
        ),
        go.Scatter(
            x=x[known], y=truth, name="truth", mode="markers", hoverinfo="skip",
            marker={"symbol": "circle-open", "size": 11, "color": palette.truth, "line": {"width": 2}},
        ),
        go.Scatter(
            x=x, y=[names[i] for i in here.decisions()], name="◆ fused prediction", mode="markers", hoverinfo="skip",
            marker={"symbol": "diamond", "size": 6, "color": palette.ink},
        ),
    ]  # fmt: skip


def hover_trace(here: Prediction, labels: Floats, words: Sequence[str], x: np.ndarray) -> go.Scatter:
    """An invisible target over the prediction that tells everything about an utterance and can be clicked."""
    task = here.task
    if task.classes:
        y: object = [task.classes[i] for i in here.decisions()]
        predicted = [f"{task.classes[i]} ({p:.0%})" for i, p in zip(here.decisions(), here.fused.max(1), strict=True)]
        truth = ["unknown" if np.isnan(label) else task.classes[int(label)] for label in labels]
    else:
        y = here.fused[:, 0]
        predicted = [f"{score:.2f}" for score in y]
        truth = ["unknown" if np.isnan(label) else f"{label:.2f}" for label in labels]
    text = [
        f"<b>utterance {i}</b> · {escape(said)}<br>predicted {p} · truth {t}<br>"
        + "  ".join(f"{name} {weight:.2f}" for name, weight in zip(here.modalities, weights, strict=True))
        for i, said, p, t, weights in zip(x, words, predicted, truth, here.coordinator, strict=True)
    ]
    return go.Scatter(
        x=x, y=y, mode="markers", marker={"size": 14, "opacity": 0}, hovertext=text, hoverinfo="text", showlegend=False
    )


def head_traces(here: Prediction, labels: Floats, x: np.ndarray, palette: Palette) -> list[go.Scatter]:
    """Each modality's own prediction: filled marks where it was observed, open ones where it was missing."""
    colours, marks = modality_colours(palette, here.modalities), modality_marks(here.modalities)
    traces = []
    for u, (name, values) in enumerate(here.heads.items()):
        column = np.where(np.isnan(labels), values.argmax(1), labels).astype(int) if here.task.classes else 0
        y: Floats = values[np.arange(len(values)), column]
        symbol, character = marks[name]
        symbols = np.where(here.observed[:, u], symbol, f"{symbol}-open")
        traces.append(
            go.Scatter(
                x=x, y=y, name=f"{character} {name}", mode="lines+markers", line={"color": colours[name], "width": 1.2},
                marker={"symbol": symbols, "size": 6, "color": colours[name]}, legendgroup=name, hoverinfo="skip", yaxis="y2",
            )
        )  # fmt: skip
    return traces


def difference_trace(changed: Change, x: np.ndarray, palette: Palette) -> go.Bar:
    """How far the fused prediction moved from the complete conversation's."""
    colours = np.where(changed.difference < 0, palette.negative, palette.positive)
    return go.Bar(x=x, y=changed.difference, marker={"color": colours}, showlegend=False, hoverinfo="skip", yaxis="y3")


def coordinator_traces(here: Prediction, x: np.ndarray, palette: Palette) -> list[go.Bar]:
    """Coordinator weights stacked to 1; hatched where the modality is missing."""
    colours = modality_colours(palette, here.modalities)
    return [
        go.Bar(
            x=x, y=here.coordinator[:, u], legendgroup=name, showlegend=False, hoverinfo="skip", yaxis="y4",
            base=here.coordinator[:, :u].sum(1),
            marker={
                "color": colours[name],
                "line": {"width": 0},
                "pattern": {
                    "fillmode": "overlay","shape": np.where(here.observed[:, u], "", "/"), "fgcolor": palette.ground, "size": 5, "solidity": 0.35},
            },
        )
        for u, name in enumerate(here.modalities)
    ]  # fmt: skip


def reach(here: Prediction, complete: Prediction, labels: Floats) -> list[float]:
    """Range of the score axes: what truth and predictions span, and at least a unit and a half about neutral."""
    neutral = here.task.neutral
    known = labels[~np.isnan(labels)]
    spans = np.concatenate([known, here.fused[:, 0], complete.fused[:, 0]])
    return [float(min(spans.min(), neutral - 1.5)) - 0.2, float(max(spans.max(), neutral + 1.5)) + 0.2]


def layout(here: Prediction, span: list[float], utterances: int, palette: Palette) -> dict[str, object]:
    """Axes of the four rows with their titles, one x axis for all."""
    task = here.task
    titles = {
        "y": f"{task.name}<br>{'' if task.classes else f'{task.low:g} to {task.high:g}'}",
        "y2": "heads<br>" + ("P(true class)" if task.classes else f"{task.low:g} to {task.high:g}"),
        "y3": "change" + ("<br>in P" if task.classes else ""),
        "y4": "coordinator<br>0 to 1",
    }
    axes = {}
    for name, domain in ROWS.items():
        axis = {
            "domain": domain,
            "title": {"text": titles[name], "font": {"size": 12}, "standoff": 4},
            "gridcolor": palette.faint,
        }
        axes["yaxis" + name[1:]] = axis | {"fixedrange": True, "anchor": "x", "automargin": False, "nticks": 4}
    if task.classes:
        axes["yaxis"] |= {"type": "category", "categoryarray": list(task.classes), "nticks": 0}
        axes["yaxis2"] |= {"range": [-0.03, 1.03]}
    else:
        axes["yaxis"] |= {"range": span, "zeroline": False}
        axes["yaxis2"] |= {"range": span, "zeroline": False}
    axes["yaxis4"] |= {"range": [0, 1], "showgrid": False}
    neutral = [] if task.classes else [neutral_line(ref, task.neutral, palette) for ref in ("y", "y2")]
    return {
        **axes,
        "xaxis": {
            "range": [0.5, utterances + 0.5], "title": {"text": "utterance", "font": {"size": 12}, "standoff": 2},
            "anchor": "y4", "fixedrange": True, "showgrid": False, "zeroline": False,
        },
        "height": 620,
        "margin": {"l": MARGIN_LEFT, "r": MARGIN_RIGHT, "t": 34, "b": 40},
        "barmode": "overlay",
        "bargap": 0.08,
        "hovermode": "closest",
        "hoverdistance": 40,
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "font": {"size": 12}},
        "shapes": neutral,
        "dragmode": False,
        "uirevision": "timeline",
    }  # fmt: skip


def neutral_line(axis: str, neutral: float, palette: Palette) -> dict[str, object]:
    """The line between negative and positive."""
    line = {"color": palette.truth, "width": 1, "dash": "dash"}
    return {
        "type": "line",
        "xref": "paper",
        "yref": axis,
        "x0": 0,
        "x1": 1,
        "y0": neutral,
        "y1": neutral,
        "line": line,
        "layer": "below",
    }


def escape(words: str, limit: int = 90) -> str:
    """Words for a hover label: shortened, and with nothing the browser would read as markup."""
    short = words if len(words) <= limit else words[: limit - 1] + "…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") or "(no words)"
