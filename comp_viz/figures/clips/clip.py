"""A clip in pictures: its sound with utterances and words, and which modality of which utterance could be read."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.clips.span import Span
from comp_viz.data.conversation import Bools, Floats
from comp_viz.figures.along import MARGIN_LEFT, MARGIN_RIGHT, along, boxes, escape, hatching
from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import Palette, modality_colours, modality_marks


def waveform_chart(
    envelope: Floats,
    duration: float,
    spans: Sequence[Span],
    hover: Sequence[str],
    selected: int,
    palette: Palette,
    title: str,
) -> go.Figure:
    """Lowest and highest sample `[n, 2]` over seconds; below, utterances as bars to click and words as ticks.

    `hover [S]` says what each utterance is.
    """
    x = (
        np.linspace(0, duration, len(envelope) + 1)[:-1].astype(np.float32)
        if len(envelope)
        else np.zeros(0, np.float32)
    )
    reach = max(0.02, float(np.abs(envelope).max())) if len(envelope) else 1.0
    low, high = np.clip(envelope / reach, -1, 1).T.round(3) if len(envelope) else (x, x)
    tone = palette.modality["audio"]
    words = [word for span in spans for word in span.words]
    traces = [
        go.Scatter(
            x=np.concatenate([x, x[::-1]]), y=np.concatenate([high, low[::-1]]), fill="toself", mode="none",
            fillcolor=tone, opacity=0.85, hoverinfo="skip", showlegend=False,
        ),
        *(utterance_mark(i, span, text, i == selected, palette) for i, (span, text) in enumerate(zip(spans, hover, strict=True))),
        go.Scatter(
            x=[(word.start + word.end) / 2 for word in words], y=[-1.75] * len(words), mode="markers", showlegend=False,
            marker={
                "symbol": "line-ns", "size": 10, "opacity": [0.25 + 0.75 * word.probability for word in words],
                "line": {"width": 3, "color": palette.modality["text"]},
            },
            hovertext=[f"{escape(word.text)}<br>{word.start:.2f} to {word.end:.2f} s, probability {word.probability:.2f}" for word in words],
            hoverinfo="text",
        ),
    ]  # fmt: skip
    layout = base_layout(palette, title, 250, hovermode="closest", dragmode=False)
    layout["margin"] = {"l": MARGIN_LEFT, "r": MARGIN_RIGHT, "t": 10, "b": 40}
    fixed = {"fixedrange": True, "automargin": False, "showgrid": False, "zeroline": False}
    layout["xaxis"] = layout["xaxis"] | fixed | {
        "range": [0, duration], "title": {"text": "seconds", "font": {"size": 12}, "standoff": 2},
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | fixed | {
        "range": [-2.05, 1.1], "tickvals": [0, -1.35, -1.75], "ticktext": ["sound", "utterances", "words"],
    }  # fmt: skip
    span = spans[selected]
    layout["shapes"] = [
        {
            "type": "rect", "x0": span.start, "x1": span.end, "y0": 0, "y1": 1, "yref": "paper", "layer": "below",
            "fillcolor": palette.mark, "opacity": 0.14, "line": {"width": 0},
        }
    ]  # fmt: skip
    return go.Figure(traces, layout)


def utterance_mark(i: int, span: Span, hover: str, selected: bool, palette: Palette) -> go.Scatter:
    """One utterance as a bar with its number, to hover and to click anywhere."""
    x = np.linspace(span.start, span.end, 9)
    ink = palette.mark if selected else palette.truth
    text = [""] * 4 + [str(i + 1)] + [""] * 4
    return go.Scatter(
        x=x.round(3), y=[-1.35] * len(x), mode="lines+markers+text", text=text, textposition="top center", showlegend=False,
        textfont={"size": 10, "color": ink}, line={"color": ink, "width": 9}, marker={"opacity": 0, "size": 14},
        customdata=[i] * len(x), hovertext=hover, hoverinfo="text",
    )  # fmt: skip


def reasons_chart(
    observed: Bools,
    reasons: Mapping[str, Sequence[str]],
    words: Sequence[str],
    selected: int,
    palette: Palette,
    title: str,
) -> go.Figure:
    """Availability `[S, M]`: filled where a modality was read, hatched where it is missing, the reason on hover."""
    names, S = tuple(reasons), len(observed)
    colours, marks = modality_colours(palette, names), modality_marks(names)
    traces = list[go.Scatter]()
    for row, name in enumerate(names):
        base = np.full(S, len(names) - 1 - row, np.float32)
        for there, look in (
            (observed[:, row], {"fillcolor": colours[name]}),
            (~observed[:, row], {"fillpattern": hatching(palette) | {"fgcolor": palette.truth}}),
        ):
            traces.append(boxes(there, base + 0.12, base + 0.88, "y", **look))
        hover = [
            f"{name}, utterance {s + 1}: {'observed' if seen else 'missing: ' + escape(why, 200)}<br>{escape(said)}"
            for s, (seen, why, said) in enumerate(zip(observed[:, row], reasons[name], words, strict=True))
        ]
        traces.append(
            go.Scatter(
                x=np.arange(1, S + 1), y=base + 0.5, mode="markers", customdata=np.arange(S), hovertext=hover, hoverinfo="text",
                marker={"symbol": "square", "size": 22, "opacity": 0}, showlegend=False,
            )
        )  # fmt: skip
    layout = along(palette, title, 70 + 34 * len(names), S, selected, margin={})
    layout["margin"] = layout["margin"] | {"t": 6}
    layout["yaxis"] = layout["yaxis"] | {
        "range": [0, len(names)], "tickvals": [len(names) - 0.5 - row for row in range(len(names))], "showgrid": False,
        "ticktext": [f"{marks[name]} {name}" for name in names], "zeroline": False,
    }  # fmt: skip
    return go.Figure(traces, layout)


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
