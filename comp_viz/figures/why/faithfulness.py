"""Deletion and insertion curves of an explanation beside those of other orders."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.why.faithfulness import Curves
from comp_viz.data.conversation import Floats, Task
from comp_viz.figures.chart import About
from comp_viz.figures.grid import AxisSpan, band, cell, grid, line, soft
from comp_viz.figures.style import Palette
from comp_viz.figures.why.amounts import explained_unit
from comp_viz.wording import fitting, percent, signed

ABOUT_FAITHFULNESS = About(
    "Deletion and insertion: the explained number while parts are taken away, and while they come back, in the order the explanation "
    "gives: most supporting the decision first. Grey: other orders. A faithful explanation leaves the decision sooner than the other "
    "orders in deletion, and comes back to it sooner in insertion: below and then above them where the decision is a high number, above "
    "and then below where it is a low one, such as negative sentiment. The area between is the gain.",
    "Whether the explanation is the only faithful one, or what people would consider plausible. A missing cell is something the model was "
    "trained on; a feature at its mean is not.",
    r"\text{gain} = \int_0^1 \overline{f_\text{other}}(x) - f_\text{del}(x)\,dx,\quad \int_0^1 f_\text{ins}(x) - \overline{f_\text{other}}(x)\,dx",
)


def faithfulness_title(curves: Curves, what: str) -> str:
    """Whether the order of an explanation is better than others; `what` names the parts, such as `cells`."""
    ahead = curves.ahead()
    if not any(map(len, ahead)):
        return f"Every order of {what} gives the same curves"
    counts = [(int((x > 0).sum()), len(x)) for x in ahead]
    verdict = {2: "faithful", 1: "partly faithful", 0: "not faithful"}[sum(better > n / 2 for better, n in counts)]
    (first, second), (n, m) = ([count[k] for count in counts] for k in (0, 1))
    sentence = f"The order of {what} is {verdict}"
    return fitting(
        f"{sentence}: deletion beats {first} of {n} other orders, insertion {second} of {m}",
        f"{sentence}: deletion beats {first} of {n} others, insertion {second} of {m}",
        f"{sentence} (deletion {first} of {n}, insertion {second} of {m})",
    )


def gain_facts(curves: Curves) -> str:
    """The gain of deletion and of insertion."""
    deletion, insertion = curves.gains()
    return f"Gain in area, in units of the chart: deletion {signed(deletion, 3)}, insertion {signed(insertion, 3)}; above 0 is better."


def curves_span(several: Sequence[Curves]) -> AxisSpan:
    """The axis of the explained number for charts side by side."""
    every = np.concatenate([
        x.ravel() for one in several for x in (one.deletion, one.random_deletion, one.insertion, one.random_insertion)
    ])  # fmt: skip
    room = 0.06 * max(float(np.ptp(every)), 1e-3)
    return float(every.min()) - room, float(every.max()) + room


def faithfulness_chart(
    curves: Curves, shared: AxisSpan, task: Task, what: str, palette: Palette, title: str
) -> go.Figure:
    """Two small charts on shared axes: the explained number while parts are taken away, and while they come back."""
    names = ["deletion", "insertion"]
    figure = grid(
        palette, title, names, 300, f"share of {what}, most supporting first", explained_unit(task), legend=True
    )
    both = ((curves.deletion, curves.random_deletion), (curves.insertion, curves.random_insertion))
    for number, (curve, random) in enumerate(both):
        cell(figure, number, *order_traces(curves, curve, random, palette, number == 0))
    shares = [0.25, 0.5, 0.75]
    figure.update_xaxes(
        tickvals=shares, ticktext=[percent(share) for share in shares], range=[-0.01, 1.01], fixedrange=True
    )
    figure.update_yaxes(fixedrange=True, range=shared)
    return figure


def order_traces(curves: Curves, curve: Floats, random: Floats, palette: Palette, legend: bool) -> list[go.Scatter]:
    """The explanation's curve, and of other orders the band from lowest to highest and their mean."""
    form, shares = "%{customdata}: %{y:.3f}", {"customdata": [percent(share) for share in curves.share.tolist()]}
    return [
        band(curves.share, random.min(0), random.max(0), soft(palette.truth, 0.25), name="other orders, lowest to highest", showlegend=legend),
        line(curves.share, random.mean(0), palette.truth, f"other orders, mean {form}", **shares, name="other orders, mean", showlegend=legend, line={"color": palette.truth, "dash": "dash", "width": 1.5}),
        line(
            curves.share, np.asarray(curve), palette.mark, f"explanation {form}", **shares, name="this explanation", showlegend=legend, mode="lines+markers",
            line={"color": palette.mark, "width": 2.5}, marker={"size": 5, "symbol": "diamond"},
        ),
    ]  # fmt: skip
