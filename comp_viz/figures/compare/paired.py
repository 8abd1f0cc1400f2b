"""ACC of every predictor by groups, and how far the first is ahead; the looks of predictors."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.compare.predictions import CHOSEN
from comp_viz.figures.along import escape
from comp_viz.figures.chart import About, base_layout, percent_ticks
from comp_viz.figures.compare.heading import ahead_or_behind, ends_in_points, size_in_points
from comp_viz.figures.style import Palette
from comp_viz.wording import decimal, fitting, percent, points

PREDICTOR_MARKS = ("◆", "●", "■", "▲", "★", "✚", "⬢", "▼")
PREDICTOR_SYMBOLS = ("diamond", "circle", "square", "triangle-up", "star", "cross", "hexagon", "triangle-down")
PREDICTORS_APART = 0.6  # of a row, shared by its predictors
LEFT_HALF, RIGHT_HALF = [0.0, 0.48], [0.54, 1.0]  # halves of the chart
LEGEND_LETTERS = 28  # letters of a predictor's name in a legend
BOOTSTRAP = (
    "Intervals are the 95\u202f% ones by the bootstrap over whole conversations (2,000 resamples), the difference taken within each "
    "resample. Means over the drawings of the missing pattern, which are the same for all."
)
ABOUT_BY_PATTERN = About(
    "Left ACC of each, right how far the first is ahead, under the chosen pattern, the missing rates of the field and "
    f"with only some modalities kept. {BOOTSTRAP}",
    "Which rows to pick: the more rows there are, the likelier is one that excludes zero by chance.",
    r"\Delta = \mathrm{ACC}_\text{first} - \mathrm{ACC}_\text{other}",
)
ABOUT_BY_TRUTH = About(
    "The same by the true emotion, or the true side of neutral: the share of these utterances with a correct decision. "
    f"{BOOTSTRAP}",
    "Whether an emotion is favoured: a model that always predicts it reaches 100\u202f% here. See the confusion matrices.",
)
ABOUT_BY_DIFFICULTY = About(
    "The same in thirds of utterances, by the probability a linear reference gives to the truth: logistic regression on single "
    f"utterances as recorded, trained on the training split, and none of the compared. {BOOTSTRAP}",
    "How hard they are for people. What is hard for the reference is what needs context or is not linear, or is labelled oddly.",
)


def by_pattern_title(table: pd.DataFrame) -> str:
    """Under how many patterns the first differs clearly, and where most."""
    return largest_difference(table, under_pattern)


def by_group_title(table: pd.DataFrame) -> str:
    """In how many groups of utterances the first differs clearly, and where most."""
    return largest_difference(table, "in {} utterances".format) if len(table) else "No utterance counts"


def under_pattern(group: str) -> str:
    """A pattern's name as the end of a sentence."""
    return {"as recorded": group, "pattern": "under the chosen pattern"}.get(group, f"with {group}")


def largest_difference(table: pd.DataFrame, place: Callable[[str], str]) -> str:
    """How many differences are clear, how many would be by chance, and where the largest is; `place` puts that in words."""
    rows = table.dropna(subset=["difference"])
    if rows.empty:
        return "Nothing to compare yet"
    clear = rows[(rows["difference_low"] > 0) | (rows["difference_high"] < 0)]
    top = rows.iloc[int(rows["difference"].abs().to_numpy().argmax())]
    first, other = table["predictor"].iloc[0], top["predictor"]
    where = place(str(top["group"]).removesuffix(CHOSEN))
    size = f"{size_in_points(top['difference'])} {ahead_or_behind(top['difference'])} {other}"
    if len(rows) == 1:
        return fitting(
            f"{first} is {size} {where}{ends_in_points(top)}",
            f"{first} is {size} {where}",
            f"The largest difference is {where}",
        )
    some = f"{len(clear) or 'None'} of {len(rows)} differences exclude{'s' if len(clear) < 2 else ''} zero"
    chance = f"{some} ({decimal(0.05 * len(rows), 1)} by chance)"
    return fitting(
        f"{chance}; the largest: {first} {size} {where}",
        f"{chance}; the largest is {where}",
        f"{some}; the largest is {where}",
        some,
    )


PredictorLooks = dict[
    str, tuple[str, str, str]
]  # predictor -> colour, Plotly's name of its mark, its name with the mark


def predictor_looks(names: Sequence[str], palette: Palette) -> PredictorLooks:
    """Colour and mark of everything compared, the first in the ink of a fused prediction."""
    tones = (palette.ink, *palette.spare, *palette.classes)
    return {
        name: (
            tones[i % len(tones)],
            PREDICTOR_SYMBOLS[i % len(PREDICTOR_SYMBOLS)],
            f"{PREDICTOR_MARKS[i % len(PREDICTOR_MARKS)]} {escape(name, LEGEND_LETTERS)}",
        )
        for i, name in enumerate(names)
    }


def paired_chart(table: pd.DataFrame, palette: Palette, title: str) -> go.Figure:
    """A row for every `group` of the table: left ACC of each predictor, right how far the first is ahead of it.

    As `accuracy_by_group` gives them, with 95 % intervals; the number of `utterances` stands beside the group's name.
    """
    groups, names = [*dict.fromkeys(table["group"])], [*dict.fromkeys(table["predictor"])]
    looks, traces = predictor_looks(names, palette), []
    for i, name in enumerate(names):
        rows = table[table["predictor"] == name]
        at = np.array([groups.index(group) for group in rows["group"]]) + PREDICTORS_APART * (
            (i + 0.5) / len(names) - 0.5
        )
        traces.append(interval_marks(rows, "", at, looks[name], "x"))
        if i:
            traces.append(interval_marks(in_points(rows), "difference", at, looks[name], "x2"))
    height = 112 + len(groups) * (26 + 12 * len(names))
    layout = base_layout(palette, title, height, hovermode="closest", dragmode=False)
    axis = layout["xaxis"] | {"fixedrange": True, "zeroline": False, "nticks": 6}
    values = table[["value", "low", "high"]].to_numpy(float)
    ticks = (
        percent_ticks(float(np.nanmin(values)) - 0.01, float(np.nanmax(values)) + 0.01, 4)
        if not np.isnan(values).all()
        else {}
    )
    layout["xaxis"] = axis | ticks | {"domain": LEFT_HALF, "title": axis_title("ACC, share of correct decisions")}
    layout["xaxis2"] = axis | {
        "domain": RIGHT_HALF, "anchor": "y", "nticks": 4,
        "title": axis_title(f"{escape(names[0], LEGEND_LETTERS)} minus the other, points of ACC"),
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": [*range(len(groups))], "ticktext": group_names(table, groups), "range": [len(groups) - 0.5, -0.5],
        "showgrid": False, "zeroline": False, "fixedrange": True,
    }  # fmt: skip
    line = {"color": palette.truth, "width": 1.5}
    layout["shapes"] = [
        {"type": "line", "xref": "x2", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1, "line": line}
    ]
    return go.Figure(traces, layout)


def axis_title(text: str) -> dict[str, Any]:
    """The title of an axis."""
    return {"text": text, "font": {"size": 12}}


def group_names(table: pd.DataFrame, groups: Sequence[str]) -> list[str]:
    """Names of the rows, with the number of their utterances where the table has it."""
    if "utterances" not in table:
        return [escape(group, 40) for group in groups]
    counts = table.drop_duplicates("group").set_index("group")["utterances"]
    return [f"{escape(group, 40)} ({counts[group]:,})" for group in groups]


def interval_marks(rows: pd.DataFrame, what: str, at: np.ndarray, look: tuple[str, str, str], axis: str) -> go.Scatter:
    """One predictor's values or `difference`s with their intervals, at the heights `at`."""
    colour, symbol, name = look
    value, low, high = (rows[end].to_numpy(float) for end in interval_columns(what))
    return go.Scatter(
        x=value.astype(np.float32), y=at.astype(np.float32), xaxis=axis, mode="markers", name=name, legendgroup=name,
        showlegend=not what, marker={"color": colour, "symbol": symbol, "size": 10},
        error_x={
            "type": "data", "array": np.nan_to_num(high - value), "arrayminus": np.nan_to_num(value - low),
            "color": colour, "thickness": 1.5, "width": 4,
        },
        hovertext=[
            f"<b>{escape(group, 60)}</b><br>{name}: {value_text(v, what)}, 95\u202f% interval {value_text(a, what)} to {value_text(b, what)}"
            for group, v, a, b in zip(rows["group"], value, low, high, strict=True)
        ],
        hoverinfo="text",
    )  # fmt: skip


def interval_columns(what: str) -> tuple[str, str, str]:
    """Columns of a value and the ends of its interval."""
    return (what, f"{what}_low", f"{what}_high") if what else ("value", "low", "high")


def in_points(rows: pd.DataFrame) -> pd.DataFrame:
    """The same with differences of shares in points, as no reader takes a difference of percentages for a percentage."""
    columns = [*interval_columns("difference")]
    return rows.assign(**{name: 100 * rows[name] for name in columns})


def value_text(value: float, what: str) -> str:
    """A share, or a difference that is in points already."""
    if np.isnan(value):
        return "not defined"
    return points(value / 100) if what else percent(value, 1)
