"""The part of the Why page that asks whether the explanation in use is faithful, the same below every method."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from comp_viz.analysis.why.faithfulness import Curves, curve_table, describe
from comp_viz.analysis.why.sanity import Sanity
from comp_viz.analysis.why.sanity import describe as describe_sanity
from comp_viz.data.conversation import Task
from comp_viz.figures.chart import About
from comp_viz.figures.grid import Span
from comp_viz.figures.style import Palette
from comp_viz.figures.why.faithfulness import curves_chart
from comp_viz.ui.widgets.chart_panel import chart_panel

FURTHER = "further_tests"  # widget key and address parameter
CURVES = About(
    "The explained number while parts are taken away, and while they come back, in the order the explanation gives: most supporting the "
    "decision first. Grey: other orders. A faithful explanation falls below the other orders when taking away, and rises above them when "
    "bringing back. The area between is the gain.",
    "Whether the explanation is the only faithful one, or what people would find plausible. A missing cell is something the model was "
    "trained on; a feature at its mean is not.",
    r"\text{gain} = \int_0^1 \overline{f_\text{other}}(x) - f_\text{del}(x)\,dx,\quad \int_0^1 f_\text{ins}(x) - \overline{f_\text{other}}(x)\,dx",
)
SANITY = (
    "Noise: 0.1 standard deviations on every observed feature, three draws; the rank correlation of the sizes of all cells should stay near "
    "1. Random weights: three untrained networks of the same architecture; it should be near 0 (Adebayo et al., 2018). Correlations run "
    "from -1 to 1."
)


def curves_panel(found: Curves, shared: Span, task: Task, what: str, key: str, palette: Palette) -> None:
    """Deletion and insertion curves under their finding, on an axis `shared` with the other side's."""
    figure = curves_chart(found, shared, task, what, palette, describe(found, what))
    chart_panel(figure, key, CURVES, partial(curve_table, found))
    down, up = found.gains()
    st.caption(
        f"Gain in area, in units of the chart: taking away {down:+z.3f}, bringing back {up:+z.3f}; above 0 is better."
    )


def further_tests() -> bool:
    """Whether the slower tests are wanted."""
    return st.toggle(
        "Test it against noise and random weights", key=FURTHER, bind="query-params",
        help=f"Explains six more times, which takes seconds. {SANITY}",
    )  # fmt: skip


def sanity_line(test: Callable[[], Sanity], key: str) -> None:
    """The two further tests of one side in words and numbers."""
    found = test()
    st.markdown(f"**{describe_sanity(found)}**", help=SANITY)
    draws = {f"draw {i + 1}": (a, b) for i, (a, b) in enumerate(zip(found.noise, found.random, strict=True))}
    rows = pd.DataFrame(draws, index=["under noise", "random weights"]).round(2)
    st.dataframe(rows, key=key, width="content")
