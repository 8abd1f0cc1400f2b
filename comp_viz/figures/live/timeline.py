"""A conversation along its utterances: prediction and truth, modality heads, change, coordinator, on one shared axis."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.live.change import Change
from comp_viz.analysis.live.tables import without_unrecorded
from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Bools, Floats
from comp_viz.figures.along import (
    MARGIN_LEFT,
    MARGIN_RIGHT,
    escape,
    neutral_line,
    selection_line,
    utterance_axis,
)
from comp_viz.figures.chart import About
from comp_viz.figures.live.marks import AXIS_RANGES
from comp_viz.figures.live.rows import (
    absence_traces,
    class_traces,
    coordinator_traces,
    difference_traces,
    flip_marks,
    head_differences,
    head_traces,
    score_traces,
)
from comp_viz.figures.predictions import NO_PREDICTION, NOTHING_RECORDED, without_own
from comp_viz.figures.style import Palette
from comp_viz.wording import compact, decimal, fitting, flip_clause, how_many, percent

FUSED_ROW = "the fused prediction with the truth"
CLASSES_ROW = (
    "the probability of every class by the fused prediction, the darker the likelier, with the decision and the truth"
)
HEADS_ROW = (
    "how far each modality's own head is from the fused prediction, "
    "with filled marks where the modality is observed and open ones where it is missing"
)
HEADS_CLASS = " (in the probability of the true class; where the truth is unknown, of the one predicted as recorded)"
CHANGE_ROW = (
    "the change of the fused prediction against the conversation as recorded, on violet where the decision flips"
)
WEIGHTS_ROW = "the {}'s weights, which say how much of each modality enters the fused prediction, hatched where the modality is missing"

ABSENCE = (
    "Where nothing of an utterance was recorded there is no prediction (grey cross); where a pattern takes all of it away, the "
    "prediction comes from its neighbours only (framed)."
)


def about_timeline(here: Prediction) -> About:
    """What each row shows, of those that the method has."""
    classes = bool(here.task.classes)
    rows = [
        CLASSES_ROW if classes else FUSED_ROW,
        *([HEADS_ROW + HEADS_CLASS * classes] if here.heads else []),
        CHANGE_ROW,
    ]
    rows += [WEIGHTS_ROW.format(here.weights_from)] if here.weighted else []
    return About(
        f"From the top: {'; '.join(rows[:-1])}; and {rows[-1]}. The violet line is the selected utterance. {ABSENCE}",
        "Whether one conversation is typical, which is measured over a split on the Robustness and Compare pages; nor why.",
    )


def row_heights(here: Prediction) -> dict[str, tuple[float, float]]:
    """Vertical ranges of the rows that there are: where a method has no heads or weights, the row above fills the place."""
    rows = dict(AXIS_RANGES)
    for name, above, present in (("y2", "y", bool(here.heads)), ("y4", "y3", here.weighted)):
        if not present:
            rows[above] = (rows.pop(name)[0], rows[above][1])
    return rows


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
    x = np.arange(1, len(labels) + 1)
    hover = utterance_texts(here, labels, words, changed.predicted)
    here, complete = without_unrecorded(here, complete), without_unrecorded(complete, complete)
    classes = bool(here.task.classes)
    span = [-0.05, 1.05] if classes else score_range(here, complete, labels)
    top = (
        class_traces(here, complete, labels, hover, palette)
        if classes
        else score_traces(here, complete, labels, hover, span, palette)
    )
    heads = head_differences(here, complete, labels)
    heads_span = difference_span(heads, classes)
    traces = [
        *top,
        *absence_traces(here, changed, hover, palette),
        *head_traces(here, heads, heads_span, palette),
        *difference_traces(changed, palette),
        *(coordinator_traces(here, palette) if here.weighted else []),
    ]
    shapes = [
        *([] if classes else [neutral_line("y", here.task.neutral, palette)]),
        *([neutral_line("y2", 0, palette)] if heads else []),
        *flip_marks(x[changed.flipped], palette),
        selection_line(selected + 1, palette),
    ]
    return go.Figure(traces, {**timeline_layout(here, changed, labels, span, heads_span, palette), "shapes": shapes})


def timeline_title(changed: Change) -> str:
    """What is missing, and what that does to decisions."""
    S, gone = int(changed.predicted.sum()), int((~changed.predicted).sum())
    if changed.missing_share == 0:
        title = f"Nothing is taken away: predictions for {how_many(S, 'utterance')} as recorded"
        return fitting(f"{title}, none for {gone:,} without a recording", title) if gone else title
    flipped = flip_clause(int(changed.flipped.sum()), S, "prediction")
    full = f"{flipped}; {accuracy_clause(changed)}" if changed.accuracy is not None else flipped
    exact, share = missing_clause(changed), f"With {percent(changed.missing_share)} missing"
    return fitting(f"{exact}, {full}", f"{share}, {full}", f"{share}, {flipped}")


def accuracy_clause(changed: Change) -> str:
    """`accuracy falls from 67 % to 50 %`; of a conversation with labels."""
    now, before = (percent(share or 0) for share in (changed.accuracy, changed.complete_accuracy))
    if now == before:
        return f"accuracy stays at {now}"
    direction = "falls" if (changed.accuracy or 0) < (changed.complete_accuracy or 0) else "rises"
    return f"accuracy {direction} from {before} to {now}"


def missing_clause(changed: Change) -> str:
    """`Without text`, or how much is missing when no modality is gone entirely."""
    touched = [name for name, count in changed.missing.items() if count]
    if changed.missing == changed.entries:
        return "With everything missing"
    if all(changed.missing[name] == changed.entries[name] for name in touched):
        return "Without " + " and ".join(touched)
    if sum(changed.missing.values()) == 1:
        return "With a single entry missing"
    return f"With {percent(changed.missing_share)} of entries missing"


def utterance_texts(here: Prediction, labels: Floats, words: Sequence[str], recorded: Bools) -> list[str]:
    """Everything about each utterance: words, prediction, truth and weights.

    `recorded [S]` says whether anything of it was; without there is no prediction.
    """
    task = here.task
    if task.classes:
        best = zip(here.decisions(), here.fused.max(1), strict=True)
        predicted = [f"{task.classes[i]} ({percent(probability)})" for i, probability in best]
        truth = ["unknown" if np.isnan(label) else task.classes[int(label)] for label in labels]
    else:
        predicted = [decimal(score) for score in here.fused[:, 0]]
        truth = ["unknown" if np.isnan(label) else decimal(label) for label in labels]
    weights = [
        f"<br>{here.weights_from}: "
        + ", ".join(f"{name} {w:.2f}" for name, w in zip(here.modalities, row, strict=True))
        if here.weighted
        else ""
        for row in here.coordinator
    ]
    texts = []
    for s, text in enumerate(words):
        if not recorded[s]:
            rest = f"{NO_PREDICTION}: {NOTHING_RECORDED}<br>truth {truth[s]}"
        else:
            context = "" if here.anything_observed[s] else f"<br>{without_own(here)}"
            rest = f"predicted {predicted[s]}, truth {truth[s]}{context}{weights[s]}"
        texts.append(f"<b>utterance {s + 1}</b> {escape(text)}<br>{rest}")
    return texts


def score_range(here: Prediction, complete: Prediction, labels: Floats) -> list[float]:
    """Range of the score axes: what truth and predictions span, and at least a unit and a half about neutral."""
    neutral = here.task.neutral
    known = labels[~np.isnan(labels)]
    scores = [values[:, 0] for p in (here, complete) for values in (p.fused, *p.heads.values())]
    spans = np.concatenate([known, *scores])
    low, high = (float(end) for end in (np.nanmin(spans, initial=neutral), np.nanmax(spans, initial=neutral)))
    return [min(low, neutral - 1.5) - 0.2, max(high, neutral + 1.5) + 0.2]


def difference_span(heads: Mapping[str, Floats], classes: bool) -> list[float]:
    """The axis of heads minus fused: never so narrow that next to nothing fills the row."""
    known = np.concatenate([np.zeros(1), *heads.values()])
    reach = max(0.25 if classes else 0.5, 1.1 * float(np.nanmax(np.abs(known))))
    return [-reach, reach]


def row_titles(here: Prediction, labels: Floats) -> dict[str, str]:
    """Titles of the four rows, in two lines each."""
    task = here.task
    ends = f"{compact(task.low)} to {compact(task.high)}"
    share = "P(decision)" if np.isnan(labels).all() else "P(true class)"
    return {
        "y": f"{task.name}<br>{'' if task.classes else ends}",
        "y2": f"heads − fused<br>{share}" if task.classes else "heads minus<br>fused",
        "y3": "change<br>" + ("in P" if task.classes else "of score"),
        "y4": f"{here.weights_from}<br>0 to 1",
    }


def timeline_layout(
    here: Prediction, changed: Change, labels: Floats, span: list[float], heads_span: list[float], palette: Palette
) -> dict[str, object]:
    """Axes of the four rows with their titles, one x axis for all."""
    task, titles = here.task, row_titles(here, labels)
    # Never so narrow that next to nothing fills the row.
    change_reach = max(0.5 if task.classes else 1.0, 1.05 * float(np.abs(changed.difference).max()))
    axes, rows = {}, row_heights(here)
    for name, domain in rows.items():
        axis = {
            "domain": domain,
            "title": {"text": titles[name], "font": {"size": 12}, "standoff": 4},
            "gridcolor": palette.faint,
        }
        axes["yaxis" + name[1:]] = axis | {"fixedrange": True, "anchor": "x", "automargin": False, "nticks": 4}
    if task.classes:
        axes["yaxis"] |= {"type": "category", "categoryarray": list(task.classes), "nticks": 0}
    else:
        axes["yaxis"] |= {"range": span, "zeroline": False}
    axes["yaxis3"] |= {"range": [-change_reach, change_reach], "nticks": 3}
    if "y2" in rows:
        axes["yaxis2"] |= {"range": heads_span, "zeroline": False, "nticks": 3}
    if "y4" in rows:
        axes["yaxis4"] |= {"range": [0, 1], "showgrid": False}
    return {
        **axes,
        "xaxis": utterance_axis(len(labels)) | {"anchor": [*rows][-1]},
        "template": "none",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "Source Sans, sans-serif", "color": palette.ink},
        "height": 620,
        "margin": {"l": MARGIN_LEFT, "r": MARGIN_RIGHT, "t": 34, "b": 40},
        "hovermode": "closest",
        "hoverdistance": 40,
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "font": {"size": 12}},
        "dragmode": False,
        "uirevision": "timeline",
    }  # fmt: skip
