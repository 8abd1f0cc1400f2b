"""What the gradient modulator did in training: bands of its coefficients, clipping, and the gradients by module."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.modulation.telemetry import BAND_QUANTILES, ModulationRecord
from comp_viz.figures.chart import About, percent_ticks
from comp_viz.figures.grid import AxisSpan, band, cell, grid, line, rule, shared_range, soft
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols
from comp_viz.wording import decimal, percent, signed

BANDS_HEIGHT = 300
BAND_TABLES = ("by_epoch", "by_position", "by_error")  # the tables of coefficients
COEFFICIENT = "coefficient"
EQUATION = r"""W_i^u = \frac{1}{M-1}\sum_{v \neq u} \frac{\sum_j R_j^{uv} - R_i^{uv}}{\sum_j R_j^{uv}},
\quad R_i^{uv} = E_i^u - E_i^v \quad (10), \qquad \nabla M^u_{\cdot s} \leftarrow \overline{W}^u_s\, \nabla M^u_{\cdot s} \quad (11)"""
ABOUT_BY_EPOCH = About(
    "Coefficients of all steps of an epoch and all positions: the line is the median, the dark band holds half of them, the light "
    "band nine tenths. Positions where no utterance counted have the coefficient 1. A shipped checkpoint keeps 20 of its epochs.",
    "Whether training changed. The mean is close to 1 whatever the errors are; only the spread distinguishes positions, and it scales "
    "the gradient of one layer, which the optimiser then divides by its size.",
    EQUATION,
)
ABOUT_CLIPPING = About(
    "Share of the coefficients of utterances that lay outside the clip range and were clipped to its ends, mean over the steps of each "
    "epoch. The title also says in how many recorded steps that happened at least once.",
    "How far outside they were. Without clipping, single coefficients reach any size, of either sign, when the sum of differences "
    "comes close to zero; the published code does not clip.",
    r"W \leftarrow \min(\max(W, w_{\min}), w_{\max})",
)
ABOUT_BY_POSITION = About(
    "The same coefficients by position in the conversation, over all recorded steps: median, half, nine tenths. The weights of the "
    "prototypes' first layer have one column for every position, and its gradient is multiplied by this.",
    "That late utterances are harder or easier. A coefficient is a mean over the conversations of the batch that reach a position; "
    "few of them reach late ones, so there the mean varies more.",
    r"\overline{W}^u_s = \operatorname{mean}_{i \,\in\, \text{batch at position } s} W_i^u",
)
ABOUT_BY_ERROR = About(
    "Utterances of all recorded epochs, ordered by the error of this modality's head minus the mean error of the others', in "
    "twelve groups of equal size: median coefficient, half and nine tenths of each group. Hover for numbers.",
    "Cause. If the modality is behind in the whole batch (positive sum of differences), its harder utterances get lower coefficients; "
    "if it is ahead, higher ones. Which of the two holds changes from batch to batch, so over training the two cancel and the bands widen "
    "at both ends.",
    EQUATION,
)
ABOUT_GRADIENTS = About(
    "L2 norm of the gradient of every module, after modulation and before the norm is limited: median and half of the steps "
    "of each recorded epoch, on a logarithmic axis. The modulator scales the gradient of `prototypes`.",
    "How far a module moved: the optimiser divides every gradient by its running size, so a module with small gradients does not learn "
    "more slowly for that.",
    r"\lVert \nabla_\theta L \rVert_2",
)


def training_charts(records: Sequence[ModulationRecord], palette: Palette) -> list[dict[str, go.Figure]]:
    """Everything recorded of some trainings, each by its key in `TRAINING_CHARTS`, on axes that all share."""
    modulated = [record for record in records if len(record.by_epoch)]
    epoch, position, error = (coefficient_span([getattr(one, table) for one in modulated]) for table in BAND_TABLES)
    highest, norms = clipping_span(modulated), gradient_span([record.gradients for record in records])
    charts = []
    for record in records:
        figures: dict[str, go.Figure] = {}
        if len(record.by_epoch):
            figures["by_epoch"] = by_epoch_chart(record, epoch, palette)
            figures["guard"] = clipping_chart(record, highest, palette)
            figures["by_position"] = by_position_chart(record, position, palette)
            figures["by_error"] = by_error_chart(record, error, palette)
        if len(record.gradients):
            figures["gradients"] = gradients_chart(record, norms, palette)
        charts.append(figures)
    return charts


def coefficient_span(tables: list[pd.DataFrame]) -> AxisSpan:
    """The coefficients' axis for charts side by side."""
    return shared_range([table[end] for table in tables for end in ("lowest", "highest")], (0.9, 1.1))


def by_epoch_chart(record: ModulationRecord, shared: AxisSpan, palette: Palette) -> go.Figure:
    """Bands of the coefficients over steps and positions, by epoch."""
    title = by_epoch_title(record)
    return coefficient_bands(record.by_epoch, "epoch", "epoch", 0, record.modalities, title, shared, palette)


def by_epoch_title(record: ModulationRecord) -> str:
    """Between which values half of the coefficients lie."""
    low, high = record.inner_half
    return f"Half of the coefficients lie between {decimal(low, 3)} and {decimal(high, 3)}; 1 changes nothing"


def by_position_chart(record: ModulationRecord, shared: AxisSpan, palette: Palette) -> go.Figure:
    """Bands of the coefficients over steps, by position in the conversation."""
    table, x = record.by_position, "position in the conversation"
    return coefficient_bands(table, "position", x, 1, record.modalities, by_position_title(record), shared, palette)


def by_position_title(record: ModulationRecord) -> str:
    """How much more the coefficients vary in the last third of the positions than in the first."""
    table = record.by_position
    width = (table["high"] - table["low"]).groupby(table["position"]).mean()
    third = max(len(width) // 3, 1)
    early, late = float(width[:third].mean()), float(width[-third:].mean())
    if late <= 1.1 * early:
        return "Coefficients vary as much at early as at late positions"
    times = f"{late / early:.1f} times as much" if early > 0 else "more"
    return f"Coefficients vary {times} at late positions {'as' if early > 0 else 'than'} at early ones"


def by_error_chart(record: ModulationRecord, shared: AxisSpan, palette: Palette) -> go.Figure:
    """Bands of utterances' coefficients along how much larger the error of the modality's head was than the others'."""
    x, title = "error of the modality's head minus mean error of the others'", by_error_title(record)
    figure = coefficient_bands(record.by_error, "relative_error", x, 0, record.modalities, title, shared, palette)
    rule(figure, palette, 0, upright=True)
    return figure


def by_error_title(record: ModulationRecord) -> str:
    """Whether the coefficient depends on the relative error, by its strongest rank correlation."""
    name, strongest = max(record.rank_correlation.items(), key=lambda item: abs(item[1]))
    depend = "hardly depend" if abs(strongest) < 0.1 else "depend"
    return f"Coefficients {depend} on the error: the strongest rank correlation is {signed(strongest)} ({name})"


def coefficient_bands(
    table: pd.DataFrame,
    x: str,
    x_title: str,
    first: int,
    modalities: tuple[str, ...],
    title: str,
    shared: AxisSpan,
    palette: Palette,
) -> go.Figure:
    """Nine tenths, a half and the median of the coefficients along `x`, a chart for every modality."""
    colours, marks = modality_colours(palette, modalities), modality_marks(modalities)
    figure = grid(palette, title, [f"{marks[u]} {u}" for u in modalities], BANDS_HEIGHT, x_title, COEFFICIENT)
    for i, u in enumerate(modalities):
        rows = table[table["modality"] == u].sort_values(x)
        at = rows[x] + first
        parts = rows[[*BAND_QUANTILES, "rows"]].to_numpy(float).round(4)
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


def clipping_chart(record: ModulationRecord, highest: float, palette: Palette) -> go.Figure:
    """Share of coefficients outside the clip range, by epoch."""
    colours, marks = modality_colours(palette, record.modalities), modality_marks(record.modalities)
    symbols = modality_symbols(record.modalities)
    figure = grid(palette, clipping_title(record), [""], 260, "epoch", "coefficients clipped", legend=True)
    for u in record.modalities:
        rows = record.clipping[record.clipping["modality"] == u]
        look = {"name": f"{marks[u]} {u}", "showlegend": True, "mode": "lines+markers"}
        look |= {"marker": {"symbol": symbols[u], "size": 7}, "line": {"color": colours[u], "width": 1.8}}
        hover = f"epoch %{{x}}: {u} %{{customdata}} clipped"
        look["customdata"] = [percent(share, 2) for share in rows["clipped"]]
        cell(figure, 0, line(rows["epoch"], rows["clipped"], colours[u], hover, **look))
    figure.update_yaxes(range=[-0.03 * highest, 1.05 * highest], **percent_ticks(0, highest, 5))
    return figure


def clipping_title(record: ModulationRecord) -> str:
    """How many coefficients were clipped, and in how many steps at least one was."""
    share, steps = float(np.mean([*record.clipped.values()])), float(np.mean([*record.steps_clipped.values()]))
    return f"{percent(share, 1)} of the coefficients were clipped, at least one in {percent(steps)} of the steps"


def gradients_chart(record: ModulationRecord, shared: AxisSpan, palette: Palette) -> go.Figure:
    """Gradient norms of every module by epoch, on one logarithmic axis; `shared` is its range in powers of ten."""
    modules = tuple(record.gradients["module"].unique())
    colours = modality_colours(palette, record.modalities) | {"all": palette.ink}
    marks = modality_marks(record.modalities) | {"all": "◆"}
    figure = grid(
        palette, gradients_title(record.gradients), modules, 190 + 140 * -(-len(modules) // 4), "epoch", "gradient norm"
    )
    named: set[str] = set()
    for i, module in enumerate(modules):
        for u in (*record.modalities, "all"):
            rows = record.gradients[(record.gradients["module"] == module) & (record.gradients["modality"] == u)]
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
    figure.update_yaxes(type="log", range=shared, dtick=1, exponentformat="none")
    return figure


def clipping_span(records: Sequence[ModulationRecord]) -> float:
    """The axis of clipping for charts side by side: from none to the largest share of coefficients clipped."""
    return max([0.01, *(float(one.clipping["clipped"].max()) for one in records if len(one.clipping))])


def gradients_title(table: pd.DataFrame) -> str:
    """Which module's gradient is smallest against the largest, in the second half of training."""
    late = table[table["epoch"] >= table["epoch"].median()]
    by_module = late.groupby("module", sort=False)["middle"].mean().sort_values()
    smallest, largest = by_module.index[0], by_module.index[-1]
    if not by_module.iloc[0] > 0:
        return f"The module {smallest} has no gradient, {largest} the largest"
    times = by_module.iloc[-1] / by_module.iloc[0]
    return f"The gradient of the {smallest} is smallest: 1/{times:.0f} of that of the {largest}"


def gradient_span(tables: list[pd.DataFrame]) -> AxisSpan:
    """The norms' axis for charts side by side, in powers of ten."""
    ends = [np.log10(table[end].where(table[end] > 0)) for table in tables for end in ("low", "high")]
    return shared_range(ends, (-2.0, 0.5))


TRAINING_CHARTS = {  # key of the chart -> table of the record that it draws, what it shows
    "by_epoch": ("by_epoch", ABOUT_BY_EPOCH),
    "guard": ("clipping", ABOUT_CLIPPING),
    "by_position": ("by_position", ABOUT_BY_POSITION),
    "by_error": ("by_error", ABOUT_BY_ERROR),
    "gradients": ("gradients", ABOUT_GRADIENTS),
}
