"""The modulation coefficients of a conversation as a batch of its own, along its utterances."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.modulation.coefficients import ConversationCoefficients
from comp_viz.data.conversation import Floats
from comp_viz.figures.along import along, escape
from comp_viz.figures.chart import About
from comp_viz.figures.grid import AxisSpan, shared_range
from comp_viz.figures.modulation.telemetry import EQUATION
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols
from comp_viz.wording import decimal, first_upper, fitting, how_many

MOST_MARKS = 200  # utterances above which lines are drawn without marks
MARK_SHIFT = 0.2  # utterances between the marks of neighbouring modalities
ABOUT_COEFFICIENTS = About(
    "The modulation coefficient of every utterance, for each modality, if this conversation under the missing pattern in force "
    "were the whole batch of one training step. A cross marks a coefficient that is clipped. Thin lines, for conversations the checkpoint "
    "was trained on: the mean coefficient that training recorded.",
    "What one training step does. A training batch has several conversations, and the sums over j run over all of "
    "them; the step has dropout, noise and prompts from the batch's own prototypes; and what reaches the weights is the mean over the "
    "batch at each position, here a single utterance. The mean of all coefficients has no meaning: it is 1 − 1/N whatever the errors are.",
    EQUATION,
)


def coefficients_span(sides: Sequence[ConversationCoefficients]) -> AxisSpan:
    """The axis for charts side by side: of clipped coefficients, since those before can be anywhere."""
    return shared_range([pd.Series(one.clipped.ravel()) for one in sides], (0.8, 1.2))


def coefficients_chart(
    coefficients: ConversationCoefficients,
    recorded: pd.DataFrame,
    words: Sequence[str],
    selected: int,
    shared: AxisSpan,
    palette: Palette,
) -> go.Figure:
    """Coefficients after clipping; a cross where one is clipped; thin, what training recorded on average.

    `recorded` is of `Hardness.of`, empty where the conversation was not trained on.
    """
    layout = along(palette, coefficients_title(coefficients), 330, len(coefficients.counted), selected)
    layout["yaxis"] |= {"range": shared, "title": {"text": "coefficient", "font": {"size": 12}}}
    traces = [
        *recorded_coefficient_lines(coefficients, recorded, palette),
        *coefficient_marks(coefficients, words, palette),
        *clipped_crosses(coefficients, palette),
    ]
    figure = go.Figure(traces, layout)
    figure.add_hline(y=1, line={"color": palette.truth, "width": 1})
    return figure


def recorded_coefficient_lines(
    coefficients: ConversationCoefficients, recorded: pd.DataFrame, palette: Palette
) -> Iterator[go.Scatter]:
    """Mean coefficients of these utterances in training, a thin line a modality."""
    colours = modality_colours(palette, coefficients.modalities)
    for name in coefficients.modalities:
        column = f"coefficient {name}"
        if column in recorded and recorded[column].notna().any():
            yield go.Scatter(
                x=recorded.index + 1, y=recorded[column].round(4), mode="lines", hoverinfo="skip", legendgroup=name,
                line={"color": colours[name], "width": 1}, name=f"{name}, mean of training",
            )  # fmt: skip


def coefficient_marks(
    coefficients: ConversationCoefficients, words: Sequence[str], palette: Palette
) -> Iterator[go.Scatter]:
    """A mark for every utterance that counts, for each modality; lines in very long conversations."""
    colours, marks = modality_colours(palette, coefficients.modalities), modality_marks(coefficients.modalities)
    symbols, known = modality_symbols(coefficients.modalities), coefficients.counted
    for u, name in enumerate(coefficients.modalities):
        yield go.Scatter(
            x=mark_positions(coefficients, u)[known], y=coefficients.clipped[known, u].round(4), name=f"{marks[name]} {name}", legendgroup=name,
            mode="markers" if len(known) <= MOST_MARKS else "lines", line={"color": colours[name]},
            marker={"symbol": symbols[name], "size": 7, "color": colours[name]},
            customdata=np.flatnonzero(known), hovertext=coefficient_hover(coefficients, u, words), hoverinfo="text",
        )  # fmt: skip


def clipped_crosses(coefficients: ConversationCoefficients, palette: Palette) -> Iterator[go.Scatter]:
    """A cross over every coefficient that is clipped."""
    look = {"symbol": "x-thin-open", "size": 11, "color": palette.ink, "line": {"width": 2}}
    for u in range(len(coefficients.modalities)):
        at = coefficients.counted & (coefficients.raw[:, u] != coefficients.clipped[:, u])
        x, y = mark_positions(coefficients, u)[at], coefficients.clipped[at, u]
        if len(x):
            yield go.Scatter(x=x, y=y, mode="markers", marker=look, hoverinfo="skip", showlegend=False)


def mark_positions(coefficients: ConversationCoefficients, u: int) -> Floats:
    """Where the marks of modality number `u` stand along the axis, beside those of the others."""
    apart: Floats = (
        np.arange(1, len(coefficients.counted) + 1, dtype=np.float32)
        + MARK_SHIFT * (u - (len(coefficients.modalities) - 1) / 2)
    ).astype(np.float32)
    return apart


def coefficient_hover(coefficients: ConversationCoefficients, u: int, words: Sequence[str]) -> list[str]:
    """The label of each counted utterance: words, coefficient before and after clipping, error."""
    return [
        f"<b>utterance {s + 1}</b> {escape(words[s])}<br>{coefficients.modalities[u]}: coefficient {decimal(float(coefficients.clipped[s, u]), 3)}"
        + (
            f", {decimal(float(coefficients.raw[s, u]), 3)} before clipping"
            if coefficients.raw[s, u] != coefficients.clipped[s, u]
            else ""
        )
        + f"<br>error {coefficients.error[s, u]:.3f}"
        for s in np.flatnonzero(coefficients.counted).tolist()
    ]


def coefficients_title(coefficients: ConversationCoefficients) -> str:
    """Which modality's head has the largest error and which the smallest, and how many coefficients are clipped."""
    errors = coefficients.mean_error
    most, least = max(errors, key=lambda u: errors[u]), min(errors, key=lambda u: errors[u])
    count = how_many(coefficients.count * len(coefficients.modalities), "coefficient")
    verb = "is" if coefficients.clipped_count <= 1 else "are"
    clipped = f"{coefficients.clipped_count or 'none'} of {count} {verb} clipped"
    return fitting(
        f"{first_upper(most)} errs most ({errors[most]:.3f}), {least} least ({errors[least]:.3f}); {clipped}",
        f"{first_upper(most)} errs most, {least} least; {clipped}",
    )
