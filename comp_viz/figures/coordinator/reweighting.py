"""The fused prediction under other weights: along the conversation, and how often it is right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.coordinator.reweighting import BY_HAND, EQUAL, Weighting, most_disturbing, only_name
from comp_viz.data.conversation import Floats
from comp_viz.figures.along import along, broken_line, escape, neutral_line
from comp_viz.figures.chart import About
from comp_viz.figures.predictions import label_text
from comp_viz.figures.style import Palette, modality_colours, modality_symbols
from comp_viz.wording import compact, decimal, first_upper, fitting, some_of

Weightings = Mapping[str, Weighting]  # the first is as trained
FUSED_EQUATION = r"F=[\bar\omega_a\bar Z^{a},\;\bar\omega_t\bar Z^{t},\;\bar\omega_v\bar Z^{v}]\qquad(14)"
ABOUT_OTHER_WEIGHTS = About(
    "The fused prediction with other weights in the place of the coordinator's, the same for all utterances: the network is "
    "run again. For classes, the probability of the class decided for as trained. In the middle, how far each weighting moves "
    "it. Below, the decisions: where the network as trained is wrong, and where other weights change the decision (other change: "
    "from one wrong class to another, or unlabelled).",
    "A network trained with such weights: everything before and after the coordinator is as trained with the learned ones, and "
    "weights far from those are new to the fused head.",
    FUSED_EQUATION,
)


def other_weights_title(weightings: Weightings) -> str:
    """How many decisions equal weights change, and all weight on the modality that then changes most."""
    trained, each = next(iter(weightings.items()))
    most, S = most_disturbing(weightings), len(each.differs)
    equal, single = (int(weightings[name].differs.sum()) for name in (EQUAL, most))
    all_weight = f"all weight on {most.removeprefix('only ')}"
    if trained == EQUAL:
        return f"{first_upper(all_weight)} changes {some_of(single, S, 'decision')}"
    if not equal and not single:
        return f"Neither equal weights nor all weight on one modality changes {'the only decision' if S == 1 else f'any of {S:,} decisions'}"
    return fitting(
        f"Equal weights change {some_of(equal, S, 'decision')}, {all_weight} {single:,}",
        f"Equal weights change {some_of(equal, S, 'decision')}",
    )


def weighting_looks(weightings: Weightings, palette: Palette) -> dict[str, tuple[str, str, str]]:
    """Colour, symbol and dash of every weighting: each modality its own, as trained that of the fused prediction."""
    trained = next(iter(weightings))
    names = weightings[trained].prediction.modalities
    colours, symbols = modality_colours(palette, names), modality_symbols(names)
    given = {EQUAL: (palette.truth, "hourglass", "dash"), BY_HAND: (palette.mark, "star-triangle-up", "dashdot")}
    given |= {only_name(name): (colours[name], symbols[name], "solid") for name in names}
    return given | {trained: (palette.ink, "diamond", "solid")}


@dataclass(frozen=True)
class PredictionSpan:
    """What the two axes of predictions span; compared sides share it."""

    followed: tuple[float, float]
    moved: float  # either way from 0


def prediction_span(*sides: tuple[Weightings, Floats]) -> PredictionSpan:
    """What the axes span for all these, with their labels `[S]`: never so little that next to nothing fills them."""
    task = next(iter(sides[0][0].values())).prediction.task
    every = [each for weightings, _ in sides for each in weightings.values()]
    moved = 1.05 * max(float(np.abs(each.moved).max()) for each in every)
    if task.classes:
        return PredictionSpan((0.0, 1.0), max(0.5, moved))
    known = [labels[~np.isnan(labels)] for _, labels in sides]
    values = np.concatenate([each.followed for each in every] + known)
    low, high = min(float(values.min()), task.neutral - 1.5), max(float(values.max()), task.neutral + 1.5)
    return PredictionSpan((low - 0.2, high + 0.2), max(1.0, moved))


def weightings_along(
    weightings: Weightings,
    labels: Floats,
    words: Sequence[str],
    span: PredictionSpan,
    selected: int,
    palette: Palette,
    title: str,
) -> go.Figure:
    """From the top: predictions under every weighting, how far each moves them, and the decisions that change."""
    trained, look, S = next(iter(weightings)), weighting_looks(weightings, palette), len(labels)
    task = weightings[trained].prediction.task
    x, traces = np.arange(1, S + 1, dtype=np.float32), []
    if not task.classes:
        truth = {"color": palette.truth, "width": 1}
        traces.append(go.Scatter(x=x, y=labels, name="truth", hoverinfo="skip", **broken_line(labels, truth)))
    for name, each in reversed(list(weightings.items())):  # as trained comes last, on top
        colour, symbol, dash = look[name]
        look_of = {
            "x": x, "mode": "lines+markers", "name": name, "legendgroup": name, "customdata": np.arange(S),
            "hovertext": weighting_hovers(name, each, weightings[trained], labels, words), "hoverinfo": "text",
            "line": {"color": colour, "dash": dash, "width": 2.6 if name == trained else 1.3},
            "marker": {"symbol": symbol, "size": 6, "maxdisplayed": 0 if name == trained and S < 200 else 30},
        }  # fmt: skip
        traces.append(go.Scatter(y=each.followed, **look_of))
        if name != trained:
            traces.append(go.Scatter(y=each.moved, yaxis="y3", **look_of | {"showlegend": False}))
    layout = along(palette, title, 500 + 24 * len(weightings), S, selected)
    layout |= weighting_axes(layout["yaxis"], weightings, span)
    layout["xaxis"] |= {"anchor": "y2"}
    neutral = [] if task.classes else [neutral_line("y", task.neutral, palette)]
    layout["shapes"] = [*layout["shapes"], *neutral, neutral_line("y3", 0, palette)]
    return go.Figure([*traces, *decision_changes(weightings, palette)], layout)


def weighting_axes(axis: dict[str, Any], weightings: Weightings, span: PredictionSpan) -> dict[str, Any]:
    """The y axes of the three rows."""
    task = next(iter(weightings.values())).prediction.task
    below = 0.055 * len(weightings)
    middle = below + 0.05 + (0.9 - below) * 0.4

    def titled(text: str) -> dict[str, Any]:
        return {"title": {"text": text, "font": {"size": 12}, "standoff": 4}, "zeroline": False}

    followed = (
        "P(decision<br>as trained)" if task.classes else f"{task.name}<br>{compact(task.low)} to {compact(task.high)}"
    )
    moved = "change<br>" + ("in P" if task.classes else "of score")
    return {
        "yaxis": axis | titled(followed) | {"domain": [middle + 0.05, 1], "range": list(span.followed)},
        "yaxis3": axis | titled(moved) | {"domain": [below + 0.05, middle], "range": [-span.moved, span.moved], "nticks": 4},
        "yaxis2": axis | {
            "domain": [0, below], "range": [len(weightings) - 0.5, -0.5], "tickvals": list(range(len(weightings))),
            "ticktext": [name.removesuffix(" weights") for name in weightings], "tickfont": {"size": 12},
        },
    }  # fmt: skip


def decision_changes(weightings: Weightings, palette: Palette) -> list[go.Scatter]:
    """Marks in the lower rows: where the network as trained is wrong, and where other weights decide otherwise."""
    trained, *others = weightings.values()
    nothing = np.zeros_like(trained.right)
    kinds = {
        "wrong as trained": ("x-thin", palette.ink, [trained.judged & ~trained.right, *(nothing for _ in others)]),
        "becomes right": ("triangle-up", palette.ink, [nothing, *(each.differs & each.right for each in others)]),
        "becomes wrong": ("triangle-down", palette.negative, [nothing, *(each.differs & trained.right for each in others)]),
        "other change": ("circle-open", palette.truth, [nothing, *(each.differs & ~each.right & ~trained.right for each in others)]),
    }  # fmt: skip
    traces = []
    for name, (symbol, colour, where) in kinds.items():
        rows, utterances = np.nonzero(np.stack(where))
        traces.append(
            go.Scatter(
                x=utterances + 1, y=rows, yaxis="y2", mode="markers", name=name, customdata=utterances,
                marker={"symbol": symbol, "size": 8, "color": colour, "line": {"width": 1.6, "color": colour}},
                hovertemplate="utterance %{x}: " + name + "<extra></extra>",
            )
        )  # fmt: skip
    return traces


def weighting_hovers(name: str, each: Weighting, trained: Weighting, labels: Floats, words: Sequence[str]) -> list[str]:
    """Every utterance's prediction under these weights, that of the network as trained, and the truth."""
    task = each.prediction.task

    def in_words(decisions: np.ndarray, followed: Floats) -> list[str]:
        return [task.classes[i] for i in decisions] if task.classes else [decimal(float(score)) for score in followed]

    current = in_words(each.prediction.decisions(), each.followed)
    before = in_words(trained.prediction.decisions(), trained.followed)
    truth = [label_text(task, float(y)) for y in labels]
    return [
        f"<b>utterance {i}</b> {escape(text)}<br>{name}: {now}, as trained {then}, truth {true}"
        for i, (text, now, then, true) in enumerate(zip(words, current, before, truth, strict=True), start=1)
    ]
