"""The fused prediction under other weights: along the conversation, and how often it is right."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.reweighed import BY_HAND, EQUAL, Reweighed, only
from comp_viz.data.conversation import Floats
from comp_viz.figures.along import along, escape
from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import Palette, modality_colours, modality_symbols

Found = Mapping[str, Reweighed]  # the first is as trained


def looks(found: Found, palette: Palette) -> dict[str, tuple[str, str, str]]:
    """Colour, symbol and dash of every weighting: of a modality its own, of the network as trained that of the fusion."""
    trained = next(iter(found))
    names = found[trained].prediction.modalities
    colours, symbols = modality_colours(palette, names), modality_symbols(names)
    given = {EQUAL: (palette.truth, "hourglass", "dash"), BY_HAND: (palette.mark, "star-triangle-up", "dashdot")}
    given |= {only(name): (colours[name], symbols[name], "solid") for name in names}
    return given | {trained: (palette.ink, "diamond", "solid")}


def reach(*sides: tuple[Found, Floats]) -> tuple[float, float]:
    """What the axis of predictions spans for all these, with their labels `[S]`."""
    task = next(iter(sides[0][0].values())).prediction.task
    if task.classes:
        return 0.0, 1.0
    values = [each.followed for found, _ in sides for each in found.values()]
    known = np.concatenate([labels[~np.isnan(labels)] for _, labels in sides])
    every = np.concatenate([*values, known, [task.neutral - 1.5, task.neutral + 1.5]])
    return float(every.min()) - 0.2, float(every.max()) + 0.2


def reweighed_along(
    found: Found,
    labels: Floats,
    words: Sequence[str],
    span: tuple[float, float],
    selected: int,
    palette: Palette,
    title: str,
) -> go.Figure:
    """Predictions over the utterances, one line a weighting; below, what becomes of the decisions."""
    trained, task = next(iter(found)), next(iter(found.values())).prediction.task
    S, look = len(labels), looks(found, palette)
    x, traces = np.arange(1, S + 1, dtype=np.float32), []
    if not task.classes:
        truth = {"color": palette.truth, "width": 1}
        traces.append(go.Scatter(x=x, y=labels, name="truth", mode="lines", line=truth, hoverinfo="skip"))
    for name, each in reversed(list(found.items())):  # as trained comes last, on top
        colour, symbol, dash = look[name]
        traces.append(
            go.Scatter(
                x=x, y=each.followed, name=name, mode="lines+markers", customdata=np.arange(S), hoverinfo="text",
                hovertext=hover_texts(name, each, found[trained], labels, words),
                line={"color": colour, "dash": dash, "width": 2.6 if name == trained else 1.3},
                marker={"symbol": symbol, "size": 6, "maxdisplayed": 0 if name == trained and S < 200 else 30},
            )
        )  # fmt: skip
    layout = along(palette, title, 330 + 26 * len(found), S, selected)
    below = 0.07 * len(found)
    said = "P(decision as trained)" if task.classes else f"{task.name}, {task.low:g} to {task.high:g}"
    layout["yaxis"] |= {"domain": [below + 0.05, 1], "range": list(span), "zeroline": False}
    layout["yaxis"] |= {"title": {"text": said, "font": {"size": 12}, "standoff": 4}}
    layout["yaxis2"] = layout["yaxis"] | {
        "domain": [0, below], "range": [len(found) - 0.5, -0.5], "tickvals": list(range(len(found))),
        "ticktext": [name.removesuffix(" weights") for name in found], "showgrid": True, "title": None, "tickfont": {"size": 11},
    }  # fmt: skip
    layout["xaxis"] |= {"anchor": "y2"}
    if not task.classes:
        neutral = {"color": palette.truth, "width": 1, "dash": "dash"}
        layout["shapes"] += [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": task.neutral, "y1": task.neutral, "line": neutral, "layer": "below"}]  # fmt: skip
    return go.Figure([*traces, *fates(found, palette)], layout)


def fates(found: Found, palette: Palette) -> list[go.Scatter]:
    """Marks in the lower rows: where the network as trained is wrong, and where other weights decide otherwise."""
    trained, *others = found.values()
    nothing = np.zeros_like(trained.right)
    kinds = {
        "wrong as trained": ("x-thin", palette.ink, [trained.judged & ~trained.right, *(nothing for _ in others)]),
        "becomes right": ("triangle-up", palette.ink, [nothing, *(each.differs & each.right for each in others)]),
        "becomes wrong": ("triangle-down", palette.negative, [nothing, *(each.differs & trained.right for each in others)]),
        "only becomes another": ("circle-open", palette.truth, [nothing, *(each.differs & ~each.right & ~trained.right for each in others)]),
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


def hover_texts(name: str, each: Reweighed, trained: Reweighed, labels: Floats, words: Sequence[str]) -> list[str]:
    """Every utterance's prediction under these weights, that of the network as trained, and the truth."""
    task = each.prediction.task

    def read(decisions: np.ndarray, followed: Floats) -> list[str]:
        return [task.classes[i] for i in decisions] if task.classes else [f"{score:.2f}" for score in followed]

    mine = read(each.prediction.decisions(), each.followed)
    before = read(trained.prediction.decisions(), trained.followed)
    truth = ["unknown" if np.isnan(y) else task.classes[int(y)] if task.classes else f"{y:.2f}" for y in labels]
    return [
        f"<b>utterance {i}</b> {escape(said)}<br>{name}: {now}, as trained {then}, truth {true}"
        for i, (said, now, then, true) in enumerate(zip(words, mine, before, truth, strict=True), start=1)
    ]


def accuracy_chart(found: Found, palette: Palette, title: str) -> go.Figure:
    """Accuracy under every weighting from 0 to 100 %, with its 95 % interval and what else there is to say beside it."""
    look, rows = looks(found, palette), list(found)
    judged = {name: each for name, each in found.items() if each.accuracy is not None and each.interval is not None}
    share = np.array([each.accuracy for each in judged.values()])
    low, high = np.array([each.interval for each in judged.values()]).reshape(-1, 2).T
    colours = [look[name][0] for name in judged]
    dots = go.Scatter(
        x=share, y=[rows.index(name) for name in judged], mode="markers", showlegend=False,
        marker={"color": colours, "symbol": [look[name][1] for name in judged], "size": 11},
        error_x={"array": high - share, "arrayminus": share - low, "color": palette.truth, "thickness": 1.5, "width": 4},
        hovertext=[f"{name}: {each.accuracy:.1%} of {int(each.judged.sum())} labelled utterances, 95 % interval {each.interval[0]:.1%} to {each.interval[1]:.1%}" for name, each in judged.items() if each.interval],
        hoverinfo="text",
    )  # fmt: skip
    layout = base_layout(palette, title, 70 + 34 * len(rows), hovermode="closest", dragmode=False)
    layout["xaxis"] = layout["xaxis"] | {
        "range": [-0.01, 1.01], "domain": [0, 0.6], "tickformat": ".0%", "fixedrange": True, "zeroline": False,
        "title": {"text": "accuracy with 95 % interval", "font": {"size": 12}},
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": list(range(len(rows))), "ticktext": rows, "range": [len(rows) - 0.5, -0.5], "showgrid": False,
        "zeroline": False, "fixedrange": True,
    }  # fmt: skip
    said = {
        "xref": "paper",
        "showarrow": False,
        "xanchor": "left",
        "x": 0.62,
        "font": {"size": 12, "color": palette.ink},
    }
    layout["annotations"] = [{"y": row, "text": beside(each), **said} for row, each in enumerate(found.values())]
    layout["margin"] = layout["margin"] | {"t": 8}
    return go.Figure(dots, layout)


def beside(each: Reweighed) -> str:
    """Decisions that differ, and the mean error, in a few words."""
    share = "no label" if each.accuracy is None else f"{each.accuracy:.1%}"
    error = "" if each.error is None else f" · error {each.error:.2f}"
    return f"{share} · {int(each.differs.sum())} decisions differ{error}"
