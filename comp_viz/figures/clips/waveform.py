"""The sound of a clip with its utterances and recognised words."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.clips.clip import Clip
from comp_viz.clips.span import Span
from comp_viz.data.conversation import Floats
from comp_viz.figures.along import MARGIN_LEFT, MARGIN_RIGHT, escape
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.style import Palette
from comp_viz.wording import decimal, fitting, how_many, percent

ABOUT_WAVEFORM = About(
    "The sound over time, scaled to its own peak; below it the utterances that the clip was cut into, to be clicked, and every "
    "recognised word at its time, the fainter the less probable.",
    "Who speaks: all utterances count as one speaker's. Where no word was recognised there may still be a voice.",
)


def waveform_title(clip: Clip) -> str:
    """How long the clip is, and what was recognised in it."""
    if clip.media.sound_problem:
        return fitting(f"There is no sound: {clip.media.sound_problem}", "There is no sound")
    count = sum(len(span.words) for span in clip.spans)
    words = how_many(count, "word") if count else "No words"
    language = f", language {clip.language!r}" if clip.language else ""
    return f"{words} recognised in {clip.media.duration:.1f} s, {how_many(len(clip.spans), 'utterance')}{language}"


def utterance_hover(clip: Clip) -> list[str]:
    """The times, voice and loudness of every utterance, to be shown on hover."""
    return [
        f"utterance {i}: {span.start:.2f} to {span.end:.2f} s<br>voice {percent(float(voice))} of the time, {decimal(float(level), 0)} dBFS"
        for i, (span, voice, level) in enumerate(
            zip(clip.spans, clip.quality["voice"], clip.quality["level"], strict=True), 1
        )
    ]


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
