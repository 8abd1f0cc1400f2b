"""The part of the Why page that asks whether the explanation in use is faithful, the same below every method."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from comp_viz.analysis.why.faithfulness import Curves, curve_table
from comp_viz.analysis.why.sanity import Sanity
from comp_viz.data.conversation import Task
from comp_viz.figures.grid import AxisSpan
from comp_viz.figures.style import Palette
from comp_viz.figures.why.faithfulness import ABOUT_FAITHFULNESS, faithfulness_chart, faithfulness_title, gain_facts
from comp_viz.figures.why.sanity import SANITY_HELP, sanity_facts, sanity_title
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.written import draw_table

FURTHER_TESTS = "further_tests"  # widget key and address parameter


def curves_panel(curves: Curves, shared: AxisSpan, task: Task, what: str, key: str, palette: Palette) -> None:
    """Deletion and insertion curves under their finding, on an axis `shared` with the other side's."""
    figure = faithfulness_chart(curves, shared, task, what, palette, faithfulness_title(curves, what))
    chart_panel(figure, key, ABOUT_FAITHFULNESS, partial(curve_table, curves))
    st.caption(escape_markdown(gain_facts(curves)))


def further_tests() -> bool:
    """Whether the slower tests are wanted."""
    return st.toggle(
        "Test it against noise and random weights", key=FURTHER_TESTS, bind="query-params",
        help=f"Explains six more times, which takes seconds. {SANITY_HELP}",
    )  # fmt: skip


def sanity_line(test: Callable[[], Sanity], key: str) -> None:
    """The two further tests of one side in words and numbers."""
    sanity = test()
    st.markdown(f"**{escape_markdown(sanity_title(sanity))}**", help=SANITY_HELP)
    columns = {f"repetition {i + 1}": (a, b) for i, (a, b) in enumerate(zip(sanity.noise, sanity.random, strict=True))}
    rows = pd.DataFrame({"test": ["under noise", "random weights"], **columns})
    draw_table(rows, dict.fromkeys(columns, 2), key=key, width="content")
    st.caption(escape_markdown(sanity_facts(sanity)))
