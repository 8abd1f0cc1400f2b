"""Coefficients that a conversation would produce as a batch of its own, along its utterances."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.modulation.coefficients import Tempered
from comp_viz.data.conversation import Floats
from comp_viz.figures.along import along, escape
from comp_viz.figures.grid import Span, span
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols

MOST_MARKS = 200  # utterances above which lines are drawn without marks
APART = 0.2  # utterances between the marks of neighbouring modalities


def tempered_span(found: Sequence[Tempered]) -> Span:
    """The axis for charts side by side: of coefficients after the guard, since those before can be anywhere."""
    return span([pd.Series(t.held.ravel()) for t in found], (0.8, 1.2))


def tempered_chart(
    found: Tempered, recorded: pd.DataFrame, words: Sequence[str], selected: int, shared: Span, palette: Palette
) -> go.Figure:
    """Coefficients after the guard; a cross where the guard held one; thin, what training recorded on average.

    `recorded` is of `Hardness.of`, empty where the conversation was not trained on.
    """
    layout = along(palette, title(found), 330, len(found.counted), selected)
    layout["yaxis"] |= {"range": shared, "title": {"text": "coefficient", "font": {"size": 12}}}
    traces = [
        *recorded_lines(found, recorded, palette),
        *coefficient_marks(found, words, palette),
        *crosses(found, palette),
    ]
    figure = go.Figure(traces, layout)
    figure.add_hline(y=1, line={"color": palette.truth, "width": 1})
    return figure


def recorded_lines(found: Tempered, recorded: pd.DataFrame, palette: Palette) -> Iterator[go.Scatter]:
    """Mean coefficients of these utterances in training, a thin line a modality."""
    colours = modality_colours(palette, found.modalities)
    for name in found.modalities:
        column = f"coefficient {name}"
        if column in recorded and recorded[column].notna().any():
            yield go.Scatter(
                x=recorded.index + 1, y=recorded[column].round(4), mode="lines", hoverinfo="skip", legendgroup=name,
                line={"color": colours[name], "width": 1}, name=f"{name}, mean of training",
            )  # fmt: skip


def coefficient_marks(found: Tempered, words: Sequence[str], palette: Palette) -> Iterator[go.Scatter]:
    """A mark for every utterance that counts, for each modality; lines in very long conversations."""
    colours, marks = modality_colours(palette, found.modalities), modality_marks(found.modalities)
    symbols, known = modality_symbols(found.modalities), found.counted
    for u, name in enumerate(found.modalities):
        yield go.Scatter(
            x=places(found, u)[known], y=found.held[known, u].round(4), name=f"{marks[name]} {name}", legendgroup=name,
            mode="markers" if len(known) <= MOST_MARKS else "lines", line={"color": colours[name]},
            marker={"symbol": symbols[name], "size": 7, "color": colours[name]},
            customdata=np.flatnonzero(known), hovertext=hover(found, u, words), hoverinfo="text",
        )  # fmt: skip


def crosses(found: Tempered, palette: Palette) -> Iterator[go.Scatter]:
    """A cross over every coefficient that the guard held."""
    look = {"symbol": "x-thin-open", "size": 11, "color": palette.ink, "line": {"width": 2}}
    for u in range(len(found.modalities)):
        at = found.counted & (found.raw[:, u] != found.held[:, u])
        x, y = places(found, u)[at], found.held[at, u]
        if len(x):
            yield go.Scatter(x=x, y=y, mode="markers", marker=look, hoverinfo="skip", showlegend=False)


def places(found: Tempered, u: int) -> Floats:
    """Where the marks of modality number `u` stand along the axis, beside those of the others."""
    apart: Floats = (
        np.arange(1, len(found.counted) + 1, dtype=np.float32) + APART * (u - (len(found.modalities) - 1) / 2)
    ).astype(np.float32)
    return apart


def hover(found: Tempered, u: int, words: Sequence[str]) -> list[str]:
    """What is said of each counted utterance: words, coefficient before and after the guard, error."""
    return [
        f"<b>utterance {s + 1}</b> {escape(words[s])}<br>{found.modalities[u]}: coefficient {found.held[s, u]:.3f}"
        + (f", {found.raw[s, u]:.3f} before the guard" if found.raw[s, u] != found.held[s, u] else "")
        + f"<br>error {found.error[s, u]:.3f}"
        for s in np.flatnonzero(found.counted).tolist()
    ]


def title(found: Tempered) -> str:
    """What this batch would do, in a sentence."""
    errors = found.mean_error
    behind, ahead = max(errors, key=lambda u: errors[u]), min(errors, key=lambda u: errors[u])
    of = found.count * len(found.modalities)
    held = f"the guard would hold {found.guarded} of {of} coefficients" if found.guarded else "the guard would not act"
    return (
        f"As a batch of its own: {behind} errs most ({errors[behind]:.3f}), {ahead} least ({errors[ahead]:.3f}); {held}"
    )
