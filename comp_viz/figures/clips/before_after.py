"""One utterance of a clip as recorded beside the same one degraded: probabilities and coordinator weights."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.clips.prediction import ClipChange
from comp_viz.analysis.prediction import Prediction
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.predictions import likeliest_text
from comp_viz.figures.style import Palette, class_colours, modality_colours, modality_marks
from comp_viz.wording import compact, decimal, first_upper, fitting, flip_clause, how_many

BEFORE, AFTER = "as recorded", "degraded"
ABOUT_BEFORE_AFTER = About(
    "Left, what the model predicts for the selected utterance; right, the weights of the modalities: outlined as recorded, filled "
    "degraded. Features were really extracted anew from the degraded sound, pictures or words. By how much probabilities "
    "change is their total variation distance, half the sum of the absolute differences, from 0 to 1.",
    "Other utterances: those that were not degraded can change too, since utterances attend to one another. The table has all "
    "of them.",
    r"\bar\omega^u, \quad Y = \mathrm{Linear}([\bar\omega^a \bar Z^a, \bar\omega^t \bar Z^t, \bar\omega^v \bar Z^v]) \quad (14, 15)",
)


def before_after_title(before: Prediction, after: Prediction, s: int) -> str:
    """What is predicted for utterance `s`, counted from 0, as recorded and degraded."""

    def texts(most: int) -> str:
        first, second = (
            likeliest_text(one.task, one.fused[s], most) if one.anything_observed[s] else "nothing observed"
            for one in (before, after)
        )
        return f"Utterance {s + 1}: {first} {BEFORE}; {second} {AFTER}"

    return fitting(texts(2), texts(1))


def degradation_heading(change: ClipChange, modalities: Sequence[str]) -> str:
    """How many decisions a degradation flips, and what it made missing."""
    flipped = first_upper(flip_clause(int(change.flipped.sum()), len(change.flipped), "decision"))
    lost = [f"{u} in {n}" for u, n in zip(modalities, change.lost.sum(0), strict=True) if n]
    return fitting(f"{flipped}; {'now missing: ' + ', '.join(lost) if lost else 'nothing more is missing'}", flipped)


def degradation_details(change: ClipChange, before: Prediction, after: Prediction, degraded: int) -> str:
    """How many utterances were degraded, and how the one that changed most did so."""
    s, S = change.most_changed, len(change.flipped)
    what = "the probabilities change" if before.task.classes else f"{before.task.name} changes"
    weights = weight_change(change, before, after) if before.weighted else ""
    return (
        f"{degraded} of {how_many(S, 'utterance')} {'is' if degraded == 1 else 'are'} degraded. The largest change is in utterance "
        f"{s + 1}: {what} by {decimal(float(change.distance[s]))}{weights}."
    )


def weight_change(change: ClipChange, before: Prediction, after: Prediction) -> str:
    """The weight that changes most in the utterance that changed most, as the end of a sentence."""
    s = change.most_changed
    u = int(np.abs(change.weights[s]).argmax())
    old, new = (float(one.coordinator[s, u]) for one in (before, after))
    way = f"{'rises' if new > old else 'falls'} from {decimal(old)} to {decimal(new)}"
    return f", and the {before.weights_from} weight of {before.modalities[u]} {way}"


def before_after_chart(before: Prediction, after: Prediction, s: int, palette: Palette, title: str) -> go.Figure:
    """Left what is predicted for utterance `s`, right the coordinator's weights: outlined as recorded, filled degraded."""
    task, names = before.task, before.modalities
    outputs = list(task.classes) or [task.name]
    tones = list(class_colours(palette, task.classes).values()) or [palette.ink]
    colours, marks = modality_colours(palette, names), modality_marks(names)
    weighed = [
        f"{marks[name]} {name}"
        + ("" if after.observed[s, u] else "<br>missing" if not before.observed[s, u] else "<br>now missing")
        for u, name in enumerate(names)
    ]
    traces = [
        *bar_pair(outputs, before.fused[s], after.fused[s], tones, palette, "x", "y", True),
    ]
    if before.weighted:
        own = [colours[name] for name in names]
        traces += bar_pair(weighed, before.coordinator[s], after.coordinator[s], own, palette, "x2", "y2", False)
    layout = base_layout(palette, title, 290, barmode="group", dragmode=False)
    fixed = {"fixedrange": True, "automargin": True}
    scale = f"{task.name}, {compact(task.low)} to {compact(task.high)}" if not task.classes else "probability, 0 to 1"
    span = (
        [0, 1]
        if task.classes
        else [min(task.low, float(before.fused[s, 0])), max(task.high, float(before.fused[s, 0]))]
    )
    axis = layout["xaxis"]
    layout |= {
        "xaxis": axis | fixed | {"domain": [0, 0.56 if before.weighted else 1], "anchor": "y"},
        "xaxis2": axis | fixed | {"domain": [0.66, 1], "anchor": "y2"},
        "yaxis": axis | fixed | {"range": span, "title": {"text": scale, "font": {"size": 12}}},
        "yaxis2": axis | fixed | {"range": [0, 1], "anchor": "x2", "title": {"text": f"{before.weights_from} weight, 0 to 1", "font": {"size": 12}}},
    }  # fmt: skip
    return go.Figure(traces, layout)


def bar_pair(
    labels: list[str], before: object, after: object, tones: list[str], palette: Palette, x: str, y: str, legend: bool
) -> list[go.Bar]:
    """Two bars for each label."""
    outline = {"color": "rgba(0,0,0,0)", "line": {"color": tones, "width": 2}}
    return [
        go.Bar(
            x=labels, y=values, name=name, marker=marker, xaxis=x, yaxis=y, showlegend=legend, legendgroup=name,
            texttemplate="%{y:.2f}", textposition="outside", cliponaxis=False, textfont={"color": palette.ink, "size": 11},
            hovertemplate="%{x}: %{y:.3f}, " + name + "<extra></extra>",
        )
        for name, values, marker in ((BEFORE, before, outline), (AFTER, after, {"color": tones}))
    ]  # fmt: skip
