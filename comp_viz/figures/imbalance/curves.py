"""Each modality alone, without prompting and with ComP by epoch; gaps and discrepancy as dots with intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.imbalance.discrepancy import Discrepancy, Interval
from comp_viz.analysis.imbalance.gap import ALONE, COMP, NAMES, WITHOUT
from comp_viz.analysis.modulation.telemetry import joint_training_epoch
from comp_viz.figures.chart import base_layout
from comp_viz.figures.grid import Span, band, cell, grid, line, rule, soft, span, stage_mark
from comp_viz.figures.style import FUSED_MARK, Palette, modality_colours, modality_marks, modality_symbols

LOOKS = {  # dashes are for references from elsewhere
    ALONE: {"dash": "dot", "width": 2.2},
    WITHOUT: {"dash": "dashdot", "width": 1.6},
    COMP: {"dash": "solid", "width": 2.6},
}
NOTHING_RIGHT = "The fused prediction is never right, so no share of its accuracy can be lost"
ENDS = {ALONE: "alone", WITHOUT: "without prompting", COMP: "with ComP"}


def accuracy_span(curves: Sequence[pd.DataFrame]) -> Span:
    """The accuracy axis for charts side by side; the first epochs, near chance, do not stretch it below 40 %."""
    low, high = span([c["value"].clip(lower=0.4) for c in curves], (0.6, 0.8))
    return low, min(high, 1.01)


def curves_chart(
    curves: pd.DataFrame, modalities: tuple[str, ...], shared: Span, palette: Palette, title: str
) -> go.Figure:
    """ACC by epoch: a chart for every modality and one for the fused prediction, a line for every method."""
    colours = modality_colours(palette, modalities) | {"fused": palette.ink}
    marks = modality_marks(modalities) | {"fused": FUSED_MARK}
    shown = (*modalities, *(["fused"] if (curves["of"] == "fused").any() else []))
    figure = grid(palette, title, [f"{marks[u]} {u}" for u in shown], 330, "epoch", "accuracy", legend=True)
    for i, u in enumerate(shown):
        for method, look in LOOKS.items():
            rows = curves[(curves["of"] == u) & (curves["method"] == method)].sort_values("epoch")
            if (rows["high"] > rows["low"]).any():
                cell(figure, i, band(rows["epoch"], rows["low"], rows["high"], soft(colours[u], 0.2)))
            if len(rows):
                said = f"{NAMES[method]}, {u}<br>epoch %{{x}}: %{{y:.1%}}"
                cell(figure, i, line(rows["epoch"], rows["value"], colours[u], said, line=look | {"color": colours[u]}))
    for method in dict.fromkeys(curves["method"]):  # lines of the legend, without a modality's colour
        look = {"mode": "lines", "name": NAMES[method], "line": LOOKS[method] | {"color": palette.truth}}
        cell(figure, 0, go.Scatter(x=[None], y=[None], hoverinfo="skip", **look))
    figure.update_yaxes(range=shared, tickformat=".0%")
    figure.update_xaxes(range=[-0.5, float(curves["epoch"].max()) + 0.5])  # names of stages do not widen it
    stage_mark(figure, joint_training_epoch(curves), palette)
    return figure


def curves_title(curves: pd.DataFrame) -> str:
    """How far the modality heads of each method end apart."""
    apart = []
    for method, words in ENDS.items():
        rows = curves[(curves["method"] == method) & (curves["of"] != "fused")]
        last = rows[rows["epoch"] == rows["epoch"].max()]["value"]
        if len(last):
            apart.append(f"{100 * (last.max() - last.min()):.1f} {words}")
    return f"Modality heads end apart, in points: {', '.join(apart)}" if apart else "Nothing was recorded"


def gap_chart(gaps: pd.DataFrame, palette: Palette) -> go.Figure:
    """Performance gap of every method with its 95 % interval."""
    rows = [
        (NAMES[m], mean, half, "diamond", palette.ink) for m, mean, half in gaps[["method", "mean", "half"]].to_numpy()
    ]
    hover = [
        f"{NAMES[method]}: {best} best, {worst} worst on average<br>gap {points(mean, half)}, {seeds} seeds"
        for method, mean, half, seeds, best, worst in gaps.itertuples(index=False)
    ]
    return dots(rows, hover, gap_title(gaps), "best less worst modality, points of accuracy", 100, 0, palette)


def gap_title(gaps: pd.DataFrame) -> str:
    """The gaps of the methods in a sentence."""
    said = [f"{points(row['mean'], row['half'])} {NAMES[row['method']]}" for _, row in gaps.iterrows()]
    return "Performance gap in points: " + ", ".join(said)


def joint_chart(joint: pd.DataFrame, modalities: tuple[str, ...], palette: Palette) -> go.Figure:
    """Each head after joint training less alone, with its 95 % interval."""
    colours, marks, symbols = looks(modalities, palette)
    rows, hover = [], []
    for _, row in joint.iterrows():
        u, method = row["modality"], NAMES[row["method"]]
        symbol = symbols[u] + ("-open" if row["method"] == WITHOUT else "")
        rows.append((f"{marks[u]} {u}, {method}", row["mean"], row["half"], symbol, colours[u]))
        hover.append(
            f"{u}, {method}: jointly {row['joint']:.1%}, alone {row['alone']:.1%}<br>"
            f"difference {points(row['mean'], row['half'], True)}, {row['seeds']} seeds"
        )
    return dots(rows, hover, joint_title(joint), "jointly less alone, points of accuracy", 100, 0, palette)


def joint_title(joint: pd.DataFrame) -> str:
    """Which modalities are under-optimised, those whose whole interval lies below zero."""
    below = joint[joint["mean"] + joint["half"].fillna(np.inf) < 0]
    if joint["half"].isna().all():
        return "One seed, so nothing can be said of under-optimisation beyond this run"
    if below.empty:
        return "No modality is measurably under-optimised at this missing rate"
    said = [
        f"{row['modality']} {NAMES[row['method']]} by {points(-row['mean'], row['half'])}"
        for _, row in below.iterrows()
    ]
    return "Under-optimised by joint training: " + ", ".join(said)


def points(mean: float, half: float, signed: bool = False) -> str:
    """A difference of accuracies with half its interval where one is known."""
    value = f"{100 * mean:+z.1f}" if signed else f"{100 * mean:.1f}"
    return value + ("" if np.isnan(half) else f" ± {100 * half:.1f}")


def ratio_span(found: Sequence[pd.DataFrame]) -> Span:
    """The axis of ratios over training for charts side by side."""
    return span([one["ratio"] for one in found], (0.98, 1.02))


def ratios_chart(found: pd.DataFrame, modalities: tuple[str, ...], shared: Span, palette: Palette) -> go.Figure:
    """Discrepancy ratios by recorded epoch, 1 being balance."""
    colours, marks, symbols = looks(modalities, palette)
    first, last = (found[found["epoch"] == end] for end in (found["epoch"].min(), found["epoch"].max()))
    start, end = (float(part["ratio"].max() - part["ratio"].min()) for part in (first, last))
    title = f"While learning, discrepancy ratios lay {start:.2f} apart in the first epoch and {end:.2f} in the last; 1 is balance"
    figure = grid(palette, title, [""], 270, "epoch", "discrepancy ratio ρ", legend=True)
    for u in modalities:
        rows = found[found["modality"] == u].sort_values("epoch")
        look = {"name": f"{marks[u]} {u}", "showlegend": True, "mode": "lines+markers"}
        look |= {"marker": {"symbol": symbols[u], "size": 7}, "line": {"color": colours[u], "width": 1.8}}
        cell(figure, 0, line(rows["epoch"], rows["ratio"], colours[u], f"{u}, epoch %{{x}}: ρ %{{y:.3f}}", **look))
    rule(figure, palette, 1)
    return figure.update_yaxes(range=shared)


def looks(modalities: tuple[str, ...], palette: Palette) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Colours, marks and Plotly symbols of modalities."""
    return modality_colours(palette, modalities), modality_marks(modalities), modality_symbols(modalities)


def ratio_chart(found: Discrepancy, shared: Span, palette: Palette) -> go.Figure:
    """Discrepancy ratios, 1 being balance."""
    return measured(found.ratio, ratio_title(found), "discrepancy ratio ρ", 1, 1, shared, palette)


def ratio_title(found: Discrepancy) -> str:
    """Which modalities are ahead and which behind, those whose interval leaves balance out."""
    ahead = [f"{u} is ahead (ρ {value:.3f})" for u, (low, value, _) in found.ratio.items() if low > 1]
    behind = [f"{u} behind ({value:.3f})" for u, (_, value, high) in found.ratio.items() if high < 1]
    said = ", ".join([*ahead, *behind])
    return said[:1].upper() + said[1:] if said else "No modality is measurably ahead or behind: every interval holds 1"


def utilisation_chart(found: Discrepancy, shared: Span, palette: Palette) -> go.Figure:
    """Conditional utilisation rates: the share of the fused accuracy lost without a modality."""
    if not found.accuracy:
        return measured(
            found.utilisation, NOTHING_RIGHT, "share of accuracy lost without it, %", 100, 0, shared, palette
        )
    most = max(found.utilisation, key=lambda u: found.utilisation[u][1])
    title = (
        f"Taking {most} away costs most: {found.utilisation[most][1]:.1%} of the fused accuracy of {found.accuracy:.1%}"
    )
    return measured(found.utilisation, title, "share of accuracy lost without it, %", 100, 0, shared, palette)


def measure_spans(found: Sequence[Discrepancy]) -> tuple[Span, Span]:
    """The axes of both measures for charts side by side."""
    ratios = [pd.Series([end for values in one.ratio.values() for end in values]) for one in found]
    shares = [pd.Series([100 * end for values in one.utilisation.values() for end in values]) for one in found]
    return span(ratios, (0.98, 1.02)), span(shares, (-1.0, 5.0))


def measured(
    values: Mapping[str, Interval], title: str, what: str, scale: float, at: float, shared: Span, palette: Palette
) -> go.Figure:
    """One measure of every modality with its interval."""
    modalities = tuple(values)
    colours, marks, symbols = looks(modalities, palette)
    figure = go.Figure(layout=base_layout(palette, title, 110 + 38 * len(modalities)))
    for u, (low, value, high) in values.items():
        interval = (
            "no interval from one conversation"
            if np.isnan(low)
            else f"95 % interval {scale * low:.3f} to {scale * high:.3f}"
        )
        figure.add_scatter(
            x=[scale * value], y=[f"{marks[u]} {u}"], mode="markers", showlegend=False,
            marker={"symbol": symbols[u], "size": 11, "color": colours[u]},
            error_x={"type": "data", "array": [scale * (high - value)], "arrayminus": [scale * (value - low)], "thickness": 2},
            hovertemplate=f"{u}: {scale * value:.3f}, {interval}<extra></extra>",
        )  # fmt: skip
    return finish(figure, what, at, palette).update_xaxes(range=shared)


def dots(
    rows: Sequence[tuple[str, float, float, str, str]], hover: Sequence[str], title: str, what: str, scale: float,
    at: float, palette: Palette,
) -> go.Figure:  # fmt: skip
    """A dot with its interval in every row `(name, mean, half, symbol, colour)`, and a line `at` nothing."""
    figure = go.Figure(layout=base_layout(palette, title, 110 + 34 * max(len(rows), 6)))
    for (name, mean, half, symbol, colour), said in zip(rows, hover, strict=True):
        figure.add_scatter(
            x=[scale * mean], y=[name], mode="markers", marker={"symbol": symbol, "size": 11, "color": colour, "line": {"width": 2}},
            error_x={"type": "data", "array": [0 if np.isnan(half) else scale * half], "color": colour, "thickness": 2},
            hovertext=said, hoverinfo="text", showlegend=False,
        )  # fmt: skip
    return finish(figure, what, at, palette)


def finish(figure: go.Figure, what: str, at: float, palette: Palette) -> go.Figure:
    """Axes of a chart of dots, and the line at nothing."""
    figure.add_vline(x=at, line={"color": palette.truth, "width": 1})
    figure.update_xaxes(title={"text": what, "font": {"size": 12}})
    return figure.update_yaxes(autorange="reversed", showgrid=False).update_layout(margin={"t": 10})
