"""A piece of a page or a report: its finding, a chart, what it means, its numbers."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from comp_viz.figures.chart import About


@dataclass(frozen=True)
class Section:
    """One chart with its numbers, or a table alone."""

    key: str  # names the chart and the files it is saved to
    title: str  # states what is seen
    about: About
    numbers: Callable[[], pd.DataFrame]  # everything drawn, as a table
    figure: go.Figure | str | None = None  # a string is an SVG
