"""What another momentum λ does to predictions."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.live.change import Change
from comp_viz.analysis.prediction import Prediction
from comp_viz.analysis.prototypes.momentum import MomentumChange
from comp_viz.figures.along import along, broken_line, escape
from comp_viz.figures.chart import About, base_layout, level
from comp_viz.figures.prototypes.prompts import MOMENTUM_EQUATION
from comp_viz.figures.style import Palette
from comp_viz.wording import decimal, fitting, flip_clause, how_many, percent

ABOUT_RERUN = About(
    "The model run again on this conversation with another λ, everything else as trained: the fused prediction, for classes the "
    "probability of the class decided at the trained λ. Rings mark decisions that flip.",
    "How good a network trained with that λ would be: this one has learned to live with its own.",
    MOMENTUM_EQUATION,
)
ABOUT_MOMENTA = About(
    "The same for λ from 0 (all prompts fresh in every block) to 1 (later blocks only receive what the first one left): mean absolute change "
    "of the fused prediction against the trained λ.",
    "Which λ is best to train with. A higher accuracy at another λ, on one conversation, may be chance.",
    MOMENTUM_EQUATION,
)


def rerun_chart(
    here: Prediction,
    trained: Prediction,
    changed: Change,
    momenta: tuple[float, float],
    words: Sequence[str],
    selected: int,
    palette: Palette,
) -> go.Figure:
    """The fused prediction at the λ in force against the trained one; for classes, the probability of the trained decision."""
    x, classes = np.arange(1, len(words) + 1), here.task.classes
    rows, before = np.arange(len(words)), trained.decisions()
    old = trained.fused[rows, before] if classes else trained.fused[:, 0]
    old = np.where(changed.predicted, old, np.nan)  # where nothing is recorded there is no prediction
    new = old + changed.difference
    decided = here.decisions()
    texts = [
        f"<b>utterance {s + 1}</b> {escape(text, 60)}<br>λ = {momenta[1]:g}: {decimal(old[s])}, λ = {momenta[0]:g}: {decimal(new[s])}"
        + (
            f"<br>decided {escape(classes[before[s]], 20)}, then {escape(classes[decided[s]], 20)}"
            if classes and changed.flipped[s]
            else ""
        )
        for s, text in enumerate(words)
    ]
    traces = [
        go.Scatter(
            x=x, y=old.round(4), name=f"trained λ = {momenta[1]:g}", **broken_line(old, {"color": palette.truth, "width": 1.4, "dash": "dot"}),
            hoverinfo="skip",
        ),
        go.Scatter(
            x=x, y=new.round(4), name=f"◆ λ = {momenta[0]:g}", mode="lines+markers", line={"color": palette.ink, "width": 2.4},
            marker={"symbol": "diamond", "size": 6}, customdata=rows.tolist(), hovertext=texts, hoverinfo="text",
        ),
        go.Scatter(
            x=x[changed.flipped], y=new[changed.flipped].round(4), name="decision flips", mode="markers", hoverinfo="skip",
            marker={"symbol": "circle-open", "size": 15, "color": palette.mark, "line": {"width": 2}},
        ),
    ]  # fmt: skip
    layout = along(palette, rerun_title(changed, momenta, bool(classes)), 300, len(words), selected)
    what = "P(trained decision)" if classes else here.task.name
    layout["yaxis"] = layout["yaxis"] | {"title": {"text": escape(what, 24), "font": {"size": 12}}}
    return go.Figure(traces, layout)


def rerun_title(changed: Change, momenta: tuple[float, float], classes: bool) -> str:
    """What running the model with another λ than the trained one, the second of `momenta`, changes."""
    if momenta[0] == momenta[1]:
        return f"Predictions at the trained λ = {momenta[1]:g}; move λ to see what depends on it"
    change = decimal(float(np.abs(changed.difference).mean()))
    flipped = flip_clause(int(changed.flipped.sum()), len(changed.flipped), "prediction")
    at = f"At λ = {momenta[0]:g} instead of {momenta[1]:g}, {flipped}"
    return fitting(
        f"{at}; the mean change is {change}{' in probability' if classes else ''}",
        f"{at}; the mean change is {change}",
        at,
    )


def momentum_chart(changes: Sequence[MomentumChange], trained: float, classes: bool, palette: Palette) -> go.Figure:
    """Mean change of the fused prediction at every λ from 0 to 1."""
    x = [at.momentum for at in changes]
    line = go.Scatter(
        x=x, y=[round(at.mean_change, 5) for at in changes], mode="lines+markers", line={"color": palette.ink, "width": 2}, showlegend=False,
        marker={"symbol": "diamond", "size": 8}, hoverinfo="text",
        hovertext=[f"λ = {at.momentum:g}: mean change {decimal(at.mean_change, 3)}, {int(at.change.flipped.sum())} decisions flip{accuracy_at(at)}" for at in changes],
    )  # fmt: skip
    layout = base_layout(palette, momentum_title(changes), 260)
    unit = "mean change in probability" if classes else "mean change"
    layout["yaxis"] = layout["yaxis"] | {"rangemode": "tozero", "title": {"text": unit, "font": {"size": 12}}}
    layout["xaxis"] = layout["xaxis"] | {"range": [-0.03, 1.03], "title": {"text": "momentum λ", "font": {"size": 12}}}
    return go.Figure(line, layout | level(palette, trained, f"trained: {trained:g}"))


def accuracy_at(at: MomentumChange) -> str:
    """The accuracy at a λ, where labels are known."""
    return "" if at.change.accuracy is None else f", accuracy {percent(at.change.accuracy)}"


def momentum_title(changes: Sequence[MomentumChange]) -> str:
    """At which λ predictions change most against the trained one."""
    most = max(changes, key=lambda at: at.mean_change)
    flips = int(most.change.flipped.sum())
    return (
        f"Predictions change most at λ = {most.momentum:g}: by {decimal(most.mean_change)} on average, with "
        f"{how_many(flips, 'flip') if flips else 'no flips'}"
    )
