"""A piece of a page or a report: its finding, a chart, what it means, its numbers."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go


@dataclass(frozen=True)
class About:
    """What a chart means, in a sentence or two each."""

    shows: str
    not_shows: str
    equation: str = ""  # LaTeX, with the paper's number


@dataclass(frozen=True)
class Section:
    """One chart with its numbers, or a table alone."""

    key: str  # names the chart and the files it is saved to
    title: str  # states what is seen
    about: About
    numbers: Callable[[], pd.DataFrame]  # everything drawn, as a table
    figure: go.Figure | str | None = None  # a string is an SVG
