"""What the gradient modulator did in training: bands of its coefficients, its guard, and the gradients by module."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.modulation.telemetry import BAND, Modulated
from comp_viz.figures.grid import Span, band, cell, grid, line, rule, soft, span
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols

HEIGHT = 300
BY = ("by_epoch", "by_position", "by_error")  # the tables of coefficients
COEFFICIENT = "coefficient"


def training_charts(found: Sequence[Modulated], palette: Palette) -> list[dict[str, go.Figure]]:
    """Everything recorded of some trainings, each by the name of its table, on axes that all share."""
    acted = [one for one in found if len(one.by_epoch)]
    epoch, position, error = (coefficient_span([getattr(one, table) for one in acted]) for table in BY)
    highest, norms = highest_share(acted), gradient_span([one.gradients for one in found])
    charts = []
    for one in found:
        drawn: dict[str, go.Figure] = {}
        if len(one.by_epoch):
            drawn["by_epoch"] = by_epoch(one, epoch, palette)
            drawn["guard"] = guard(one, highest, palette)
            drawn["by_position"] = by_position(one, position, palette)
            drawn["by_error"] = by_error(one, error, palette)
        if len(one.gradients):
            drawn["gradients"] = gradients(one, norms, palette)
        charts.append(drawn)
    return charts


def coefficient_span(tables: list[pd.DataFrame]) -> Span:
    """The coefficients' axis for charts side by side."""
    return span([table[end] for table in tables for end in ("lowest", "highest")], (0.9, 1.1))


def by_epoch(found: Modulated, shared: Span, palette: Palette) -> go.Figure:
    """Bands of the coefficients over steps and positions, by epoch."""
    low, high = found.inner_half
    title = f"Half of all coefficients lie between {low:.3f} and {high:.3f}, where 1 changes nothing"
    return bands(found.by_epoch, "epoch", "epoch", 0, found.modalities, title, shared, palette)


def by_position(found: Modulated, shared: Span, palette: Palette) -> go.Figure:
    """Bands of the coefficients over steps, by position in the conversation."""
    table = found.by_position
    width = (table["high"] - table["low"]).groupby(table["position"]).mean()
    third = max(len(width) // 3, 1)
    early, late = float(width[:third].mean()), float(width[-third:].mean())
    compared = f"{late / early:.1f} times as widely as" if early > 0 else "more widely than"
    title = f"Coefficients of late positions spread {compared} those of early ones"
    if late <= 1.1 * early:
        title = "Coefficients spread alike at early and late positions"
    return bands(table, "position", "position in the conversation", 1, found.modalities, title, shared, palette)


def by_error(found: Modulated, shared: Span, palette: Palette) -> go.Figure:
    """Bands of utterances' coefficients along how much worse the modality's head was than the others'."""
    name, strongest = max(found.rank_correlation.items(), key=lambda item: abs(item[1]))
    related = "hardly depends" if abs(strongest) < 0.1 else "depends"
    title = (
        f"The coefficient {related} on how hard an utterance is: rank correlation at most {strongest:+z.2f} ({name})"
    )
    x = "error of the modality's head less mean error of the others'"
    figure = bands(found.by_error, "beyond", x, 0, found.modalities, title, shared, palette)
    rule(figure, palette, 0, upright=True)
    return figure


def bands(
    table: pd.DataFrame,
    x: str,
    x_title: str,
    first: int,
    modalities: tuple[str, ...],
    title: str,
    shared: Span,
    palette: Palette,
) -> go.Figure:
    """Nine tenths, a half and the median of the coefficients along `x`, a chart for every modality."""
    colours, marks = modality_colours(palette, modalities), modality_marks(modalities)
    figure = grid(palette, title, [f"{marks[u]} {u}" for u in modalities], HEIGHT, x_title, COEFFICIENT)
    for i, u in enumerate(modalities):
        rows = table[table["modality"] == u].sort_values(x)
        at = rows[x] + first
        parts = rows[[*BAND, "rows"]].to_numpy(float).round(4)
        hover = (
            f"{x_title} %{{x:.4g}}, {u}<br>median %{{y:.3f}}, half from %{{customdata[1]:.3f}} to %{{customdata[3]:.3f}},"
            "<br>nine tenths from %{customdata[0]:.3f} to %{customdata[4]:.3f}"
        )
        cell(
            figure, i,
            band(at, rows["lowest"], rows["highest"], soft(colours[u], 0.18)),
            band(at, rows["low"], rows["high"], soft(colours[u], 0.4)),
            line(at, rows["middle"], colours[u], hover, customdata=parts),
        )  # fmt: skip
    rule(figure, palette, 1)
    figure.update_yaxes(range=shared)
    return figure


def guard(found: Modulated, highest: float, palette: Palette) -> go.Figure:
    """Share of coefficients that the clip range held, by epoch."""
    colours, marks = modality_colours(palette, found.modalities), modality_marks(found.modalities)
    symbols = modality_symbols(found.modalities)
    share, steps = float(np.mean([*found.held.values()])), float(np.mean([*found.steps_guarded.values()]))
    title = f"The guard held {share:.1%} of the coefficients, and at least one in {steps:.0%} of the recorded steps"
    figure = grid(palette, title, [""], 260, "epoch", "coefficients held", legend=True)
    for u in found.modalities:
        rows = found.guard[found.guard["modality"] == u]
        look = {"name": f"{marks[u]} {u}", "showlegend": True, "mode": "lines+markers"}
        look |= {"marker": {"symbol": symbols[u], "size": 7}, "line": {"color": colours[u], "width": 1.8}}
        cell(figure, 0, line(rows["epoch"], rows["held"], colours[u], f"epoch %{{x}}: {u} %{{y:.2%}} held", **look))
    figure.update_yaxes(range=[-0.03 * highest, 1.05 * highest], tickformat=".1%")
    return figure


def gradients(found: Modulated, shared: Span, palette: Palette) -> go.Figure:
    """Gradient norms of every module by epoch, on one logarithmic axis; `shared` is its range in powers of ten."""
    modules = tuple(found.gradients["module"].unique())
    colours = modality_colours(palette, found.modalities) | {"all": palette.ink}
    marks = modality_marks(found.modalities) | {"all": "◆"}
    figure = grid(
        palette, gradient_title(found.gradients), modules, 190 + 140 * -(-len(modules) // 4), "epoch", "gradient norm"
    )
    named: set[str] = set()
    for i, module in enumerate(modules):
        for u in (*found.modalities, "all"):
            rows = found.gradients[(found.gradients["module"] == module) & (found.gradients["modality"] == u)]
            if rows.empty:
                continue
            whose = u if u != "all" else "all modalities together"
            look = {"name": f"{marks[u]} {whose}", "legendgroup": u, "showlegend": u not in named}
            hover = f"{module}, {whose}<br>epoch %{{x}}: median norm %{{y:.3g}}"
            cell(
                figure, i,
                band(rows["epoch"], rows["low"], rows["high"], soft(colours[u], 0.22), legendgroup=u),
                line(rows["epoch"], rows["middle"], colours[u], hover, **look),
            )  # fmt: skip
            named.add(u)
    figure.update_yaxes(type="log", range=shared, dtick=1, exponentformat="power")
    return figure


def highest_share(found: Sequence[Modulated]) -> float:
    """The guard's axis for charts side by side: from none to the largest share of coefficients held."""
    return max([0.01, *(float(one.guard["held"].max()) for one in found if len(one.guard))])


def gradient_title(table: pd.DataFrame) -> str:
    """Which module's gradient is smallest against the largest, in the second half of training."""
    late = table[table["epoch"] >= table["epoch"].median()]
    by_module = late.groupby("module", sort=False)["middle"].mean().sort_values()
    times = by_module.iloc[-1] / by_module.iloc[0] if by_module.iloc[0] > 0 else np.inf
    acts = ", the one the modulator scales" if by_module.index[0] == "prototypes" else ""
    return f"Smallest gradient: {by_module.index[0]}{acts}, {times:.0f} times below {by_module.index[-1]}"


def gradient_span(tables: list[pd.DataFrame]) -> Span:
    """The norms' axis for charts side by side, in powers of ten."""
    ends = [np.log10(table[end].where(table[end] > 0)) for table in tables for end in ("low", "high")]
    return span(ends, (-2.0, 0.5))
