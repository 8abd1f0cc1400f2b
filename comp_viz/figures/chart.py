"""What charts share: ground, type, axes and legend in the colours of a palette, a title, and what a chart means in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from textwrap import wrap
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from comp_viz.figures.style import Palette
from comp_viz.wording import NARROW, percent, so_far

FONT = "Source Sans, sans-serif"
PERCENT = f"{NARROW}%"  # after a number in percent
TITLE_LETTERS = 44  # of a title of 12 pixels that fit below a chart on a phone


@dataclass(frozen=True)
class About:
    """What a chart means, in a sentence or two each."""

    shows: str
    not_shows: str
    equation: str = ""  # LaTeX, with the paper's number


def base_layout(palette: Palette, title: str, height: int, **more: Any) -> dict[str, Any]:
    """A Plotly layout; `more` overrides. The title goes into `meta`: pages set it above the chart, where it can wrap."""
    axis = {"gridcolor": palette.faint, "zerolinecolor": palette.faint, "linecolor": palette.faint, "automargin": True}
    return {
        "meta": title,
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 34, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": palette.ink, "size": 13, "family": FONT},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 12}},
        "hoverlabel": {"font": {"size": 13}},
        "modebar": {
            "bgcolor": "rgba(0,0,0,0)",
            "color": palette.truth,
            "activecolor": palette.ink,
        },  # else dark grey on white
        "bargap": 0.25,
        "xaxis": axis,
        "yaxis": axis,
        **more,
    }


def level(palette: Palette, value: float, words: str) -> dict[str, Any]:
    """Shapes and annotations for a dashed vertical line at `value` with its name above it; a legend makes room."""
    line = {"color": palette.truth, "dash": "dash", "width": 1.5}
    look = {"font": {"size": 12, "color": palette.ink}, "showarrow": False}
    return {
        "shapes": [{"type": "line", "x0": value, "x1": value, "y0": 0, "y1": 1, "yref": "paper", "line": line}],
        "annotations": [{"x": value, "y": 1, "yref": "paper", "yanchor": "bottom", "text": words, **look}],
    }


def percent_ticks(low: float, high: float, most: int = 7) -> dict[str, Any]:
    """Ticks of an axis of shares from `low` to `high` at round values, written as in sentences: `40 %`."""
    steps = [mantissa * 10.0**power for power in range(-6, 2) for mantissa in (1, 2, 5)]
    step = next(step for step in steps if high - low <= (most - 1) * step)
    values = [k * step for k in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]
    digits = max(0, -floor(log10(100 * step) + 1e-9))
    return {"tickvals": values, "ticktext": [percent(value, digits) for value in values]}


def heat_of_shares(shares: NDArray[np.floating[Any]], top: float, ticks: int) -> dict[str, Any]:
    """What a heat map of shares is drawn from, in percent: hovers write `%{z:.1f}` and `PERCENT` after it, as sentences do.

    Colours go from 0 to `top`, a share, and the colour bar has at most `ticks` marks.
    """
    marks = percent_ticks(0, top, ticks)
    bar = marks | {"tickvals": [100 * value for value in marks["tickvals"]]}
    return {"z": (100 * shares).astype(np.float32), "zmin": 0, "zmax": 100 * top, "colorbar": bar}


def wrap_axis_titles(figure: go.Figure) -> go.Figure:
    """A figure with long titles below it in lines of about the same length, which a phone does not cut off.

    Plotly sets a title in one line, centred below its axis, and cuts what is wider than the chart. An axis that shares the
    width has its share of letters. A title that is in lines already is left as it is.
    """
    for axis in figure.select_xaxes():
        words = axis.title.text or ""
        start, end = axis.domain or (0, 1)
        most = max(12, int(TITLE_LETTERS * (end - start)))
        if len(words) <= most or "<" in words:
            continue
        lines = even_lines(words, most)
        axis.title.text = "<br>".join(lines)
    return figure


def even_lines(words: str, most: int) -> list[str]:
    """Words in as few lines of at most `most` letters as they need, the longest as short as it can be; no word is cut."""
    needed = lines_of(words, most)
    return next(lines for width in range(1, most + 1) if len(lines := lines_of(words, width)) <= len(needed))


def lines_of(words: str, width: int) -> list[str]:
    """Words in lines of at most `width` letters, or a word where it is longer."""
    return wrap(words, width, break_long_words=False, break_on_hyphens=False)


def provisional(figure: go.Figure, measured: int, of: int, unit: str) -> go.Figure:
    """A figure whose title says so as long as only some parts of it are measured."""
    figure.layout.meta = so_far(str(figure.layout.meta), measured, of, unit)
    return figure


def enlarged(figure: go.Figure, by: float = 1.35) -> go.Figure:
    """The same figure with all its type `by` times as large, to be read from the back row, and by half of that taller.

    A projector's window has room for a chart of about 430 pixels below the story's sentence.
    """
    spec = larger(figure.to_dict(), by)
    spec["layout"]["height"] = round((1 + by) / 2 * spec["layout"]["height"])
    return go.Figure(spec)


def larger(part: Any, by: float, type_of: bool = False) -> Any:
    """A part of a figure with every size of type in it `by` times as large; `type_of` where the part describes type."""
    if isinstance(part, dict):
        return {
            key: round(by * value) if type_of and key == "size" else larger(value, by, key.endswith("font"))
            for key, value in part.items()
        }
    return [larger(one, by) for one in part] if isinstance(part, list | tuple) else part


def share_range(figures: Sequence[go.Figure], axis: str) -> None:
    """Give the same chart of both sides the same range on its `xaxis` or `yaxis`, wide enough for both."""
    ends = [end for figure in figures for end in figure.layout[axis].range or axis_ends(figure, axis[0])]
    for figure in figures:
        figure.layout[axis].range = [min(ends), max(ends)]
        if figure.layout[axis].ticktext and str(figure.layout[axis].ticktext[0]).endswith("%"):
            figure.layout[axis].update(percent_ticks(min(ends), max(ends)))


def axis_ends(figure: go.Figure, axis: str) -> tuple[float, float]:
    """Ends that hold all points of a chart, with a little room."""
    values = np.concatenate([np.asarray(trace[axis], dtype=float) for trace in figure.data])
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = 0.06 * max(high - low, 1e-3)
    return low - room, high + room
