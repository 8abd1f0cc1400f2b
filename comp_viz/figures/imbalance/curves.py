"""Accuracy by epoch: each modality alone, without prompting and with ComP."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.imbalance.gap import ALONE, COMP, METHOD_NAMES, OTHER_METHOD, WITHOUT_PROMPTING
from comp_viz.analysis.modulation.telemetry import joint_training_epoch
from comp_viz.figures.chart import About, percent_ticks
from comp_viz.figures.grid import AxisSpan, band, cell, grid, line, shared_range, soft, stage_mark
from comp_viz.figures.style import FUSED_MARK, Palette, modality_colours, modality_marks
from comp_viz.wording import decimal, how_many, percent

LEAST_FALL = 0.02  # of accuracy, from which the fall where joint training begins is explained
LOOKS = {  # dashes are for references from elsewhere
    ALONE: {"dash": "dot", "width": 2.2},
    WITHOUT_PROMPTING: {"dash": "dashdot", "width": 1.6},
    COMP: {"dash": "solid", "width": 2.6},
    OTHER_METHOD: {"dash": "solid", "width": 2.6},
}
TITLE_ENDINGS = {
    ALONE: "alone",
    WITHOUT_PROMPTING: "without prompting",
    COMP: "with ComP",
    OTHER_METHOD: "in this training",
}  # method -> at the end of a title
ABOUT_ACCURACY_CURVES = About(
    "Accuracy of each modality's own head and of the fused prediction, epoch by epoch (as in the paper's Figures 1 and 5 a to c): every modality "
    "trained alone, jointly without prompting, and with ComP. In stage 1 each modality is trained on its own, in stage 2 all jointly; "
    "runs of modalities alone have stage 1 throughout. Lines are means over training seeds, bands reach from the lowest to the highest seed, where there are several.",
    "Accuracy on unseen conversations: the selection split also chose the epoch that was kept, and training accuracy is of the "
    "predictions of the training pass, with dropout and noise. Heads under prompting also draw on the other modalities, so they do not measure "
    "what one modality knows.",
    r"\mathrm{ACC}^u = \tfrac{1}{N} \sum_i [\hat{y}_i^u = y_i], \quad \text{for scores } \hat{y}, y \text{ by sign, neutral left out}",
)
ABOUT_OWN_CURVES = replace(
    ABOUT_ACCURACY_CURVES,
    shows="Accuracy of each modality's own head and of the fused prediction, epoch by epoch, in the training of the "
    "open checkpoint.",
    not_shows="Accuracy on unseen conversations: the selection split also chose the epoch that was kept, and training accuracy "
    "is of the predictions of the training pass, with dropout and noise.",
)


def about_accuracy_curves(curves: pd.DataFrame) -> About:
    """What the chart shows: of another method than ComP, its own training alone."""
    return ABOUT_OWN_CURVES if set(curves["method"]) == {OTHER_METHOD} else ABOUT_ACCURACY_CURVES


def accuracy_span(curves: Sequence[pd.DataFrame]) -> AxisSpan:
    """The accuracy axis for charts side by side; the first epochs, near chance, do not stretch it below 40 %."""
    low, high = shared_range([c["value"].clip(lower=0.4) for c in curves], (0.6, 0.8))
    return low, min(high, 1.01)


def accuracy_curves_chart(
    curves: pd.DataFrame, modalities: tuple[str, ...], shared: AxisSpan, palette: Palette
) -> go.Figure:
    """ACC by epoch: a chart for every modality and one for the fused prediction, a line for every method."""
    colours = modality_colours(palette, modalities) | {"fused": palette.ink}
    marks = modality_marks(modalities) | {"fused": FUSED_MARK}
    shown = (*modalities, *(["fused"] if (curves["of"] == "fused").any() else []))
    figure = grid(
        palette,
        accuracy_curves_title(curves),
        [f"{marks[u]} {u}" for u in shown],
        330,
        "epoch",
        "accuracy",
        legend=True,
    )
    for i, u in enumerate(shown):
        for method, look in LOOKS.items():
            rows = curves[(curves["of"] == u) & (curves["method"] == method)].sort_values("epoch")
            if (rows["high"] > rows["low"]).any():
                cell(figure, i, band(rows["epoch"], rows["low"], rows["high"], soft(colours[u], 0.2)))
            if len(rows):
                hover = f"{METHOD_NAMES[method]}, {u}<br>epoch %{{x}}: %{{customdata}}"
                look_here = {"line": look | {"color": colours[u]}, "customdata": [percent(v, 1) for v in rows["value"]]}
                cell(figure, i, line(rows["epoch"], rows["value"], colours[u], hover, **look_here))
    for method in dict.fromkeys(curves["method"]):  # lines of the legend, without a modality's colour
        look = {"mode": "lines", "name": METHOD_NAMES[method], "line": LOOKS[method] | {"color": palette.truth}}
        cell(figure, 0, go.Scatter(x=[None], y=[None], hoverinfo="skip", **look))
    figure.update_yaxes(range=shared, **percent_ticks(*shared))
    figure.update_xaxes(range=[-0.5, float(curves["epoch"].max()) + 0.5])  # names of stages do not widen it
    stage_mark(figure, joint_training_epoch(curves), palette)
    return figure


def accuracy_curves_title(curves: pd.DataFrame) -> str:
    """How far apart the modality heads of each method are at the end of training."""
    gaps: list[str] = []
    for method, ending in TITLE_ENDINGS.items():
        rows = curves[(curves["method"] == method) & (curves["of"] != "fused")]
        last = rows[rows["epoch"] == rows["epoch"].max()]["value"]
        if len(last):
            unit = "" if gaps else " points"
            gaps.append(f"{decimal(100 * (last.max() - last.min()), 1)}{unit} {ending}")
    return f"Final gap between heads: {', '.join(gaps)}" if gaps else "No accuracy was recorded"


def table_caption(name: str, data: str, trained_under: str, curves: pd.DataFrame, seeds: int) -> str:
    """What curves of a results table of so many `seeds` are of."""
    most = int(curves["seeds"].max())
    shown = "one seed, so there is no band"
    if most > 1:
        shown = f"mean over {how_many(most, 'training seed')}, bands from the lowest to the highest"
    of = f" Epochs were recorded in {most} of the {seeds} seeds of the charts above." if most < seeds else ""
    return f"Our results table {name}: {data}, trained under {trained_under}; {shown}.{of}{fall_note(curves)}"


def fall_note(curves: pd.DataFrame) -> str:
    """Why accuracy falls where joint training begins, with a space before; "" where it falls by less than two points."""
    heads = curves[curves["of"] != "fused"]
    first = joint_training_epoch(curves)
    if first is None:
        return ""
    ends = (heads[heads["epoch"] == epoch].set_index(["method", "of"])["value"] for epoch in (first - 1, first))
    before, after = (end[~end.index.duplicated()] for end in ends)
    falls = (before - after).dropna()
    if falls.empty or falls.max() < LEAST_FALL:
        return ""
    own = set(curves["method"]) == {OTHER_METHOD}
    joining = "what stage 1 does not have joins before it is" if own else "propagation and prompts join before they are"
    return (
        f" Where stage 2 begins, accuracy falls by up to {decimal(100 * float(falls.max()), 1)} points: {joining} trained, and on "
        "the selection split the running average of the weights, by which epochs are chosen, begins anew."
    )


def run_caption(checkpoint: str, prompting: bool, other: str | None, curves: pd.DataFrame) -> str:
    """What curves of a checkpoint's own training are of; `other` is a checkpoint without prompting on the same data."""
    second = ""
    if prompting:
        second = f" Without prompting: checkpoint {other}." if other else (
            " No checkpoint without prompting was trained on these data."
        )  # fmt: skip
    first = ""
    if 1 in set(curves["stage"]):
        first = " Stage 1 is each modality on its own; for modalities alone to the end, see the results table where there is one."
    return f"{checkpoint}: one run, so there is no interval.{second}{first}{fall_note(curves)}"
