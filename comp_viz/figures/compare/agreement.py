"""Who alone is right: utterances that only one of two predictors gets right, with McNemar's exact test."""

import pandas as pd
import plotly.graph_objects as go

from comp_viz.figures.along import escape
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.compare.heading import excludes_zero, primary_test
from comp_viz.figures.compare.paired import LEGEND_LETTERS, axis_title
from comp_viz.figures.style import Palette
from comp_viz.wording import fitting, how_many

ABOUT_AGREEMENT = About(
    "Utterances by who of two gets them right, under the first drawing of the pattern. McNemar's exact test asks whether those that "
    "only one gets right are split less equally than within chance; with several others the p-value is adjusted by Holm. Beside the "
    "names, its range over the drawings.",
    "The test takes utterances as independent, which those of one conversation are not, and so finds differences too easily. "
    "Where it disagrees with the interval over conversations, trust the interval.",
    r"p = 2 \sum_{k \le \min(b, c)} \binom{b+c}{k} 2^{-(b+c)}",
)


def agreement_title(table: pd.DataFrame, first: str) -> str:
    """The clearest of the tests under the first drawing; `table` as `mcnemar_table` gives it."""
    column, counts = p_column(table), table[table["seed"] == table["seed"].iloc[0]]
    row = counts.iloc[int(counts[column].to_numpy().argmin())]
    other, p = str(row["other"]), f"p {p_value_text(row[column])}{' by Holm' if column == 'p by Holm' else ''}"
    here, there = how_many(row["only first right"], "utterance"), f"{row['only other right']:,}"
    return fitting(
        f"Secondary: only {first} is right in {here}, only {other} in {there}; McNemar {p}",
        f"Secondary: only the first is right in {here}, only the other in {there}; McNemar {p}",
        f"Secondary: only the first is right in {here}, only the other in {there}",
    )


def agreement_note(table: pd.DataFrame, overall: pd.DataFrame) -> str:
    """Why McNemar's test says something else than the primary test; "" where it says the same.

    `table` as `mcnemar_table` gives it, `overall` as `paired_metrics`.
    """
    _, other = primary_test(overall)
    if other is None:
        return ""
    row = table[table["other"] == other["predictor"]].iloc[0]
    p = row[p_column(table)]
    if (p < 0.05) == excludes_zero(other):
        return ""
    return (
        f"McNemar's test (p {p_value_text(p)}) and the primary test do not say the same of {other['predictor']}. McNemar takes utterances as independent and one "
        "drawing of the pattern; utterances of one conversation are alike, so it finds differences too easily. The primary test decides."
    )


def p_column(table: pd.DataFrame) -> str:
    """The column of the p-value that counts: adjusted where there are several others."""
    return "p by Holm" if table["other"].nunique() > 1 else "p"


def p_text(table: pd.DataFrame, other: str) -> str:
    """The p-value against one other under the first drawing, and its range over all drawings."""
    values = table.loc[table["other"] == other, p_column(table)]
    several = (
        f" ({p_value_text(values.min()).removeprefix('= ')} to {p_value_text(values.max()).removeprefix('= ')})"
        if len(values) > 1
        else ""
    )
    return f"p {p_value_text(values.iloc[0])}{several}"


def p_value_text(p: float) -> str:
    """A p-value for people, with its relation."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def agreement_chart(table: pd.DataFrame, first: str, palette: Palette, title: str) -> go.Figure:
    """A bar for every other predictor: utterances that only the first gets right, and that only the other does.

    `table` as `mcnemar_table` gives it; bars are of the first drawing. A tick marks the middle of each bar, an equal split; the
    other counts and the p-value stand beside the name.
    """
    counts = table[table["seed"] == table["seed"].iloc[0]]
    names = counts["other"].tolist()
    at = [*range(len(names))]
    traces: list[go.Bar | go.Scatter] = [
        go.Bar(
            x=values, y=at, orientation="h", name=f"only {owner} right", text=[f"{value:,}" for value in values],
            textposition="inside", insidetextanchor="middle", textangle=0, textfont={"color": palette.ground},
            marker={"color": colour, "line": {"color": palette.ground, "width": 1}},
            hovertemplate=f"only {owner} right: %{{x:,}} utterances<extra></extra>",
        )
        for values, colour, owner in (
            (counts["only first right"].tolist(), palette.ink, escape(first, LEGEND_LETTERS)),
            (counts["only other right"].tolist(), palette.spare[0], "the other"),
        )
    ]  # fmt: skip
    halves = ((counts["only first right"] + counts["only other right"]) / 2).tolist()
    traces.append(
        go.Scatter(
            x=halves, y=at, mode="markers", name="equal split", hoverinfo="skip",
            marker={"symbol": "line-ns", "size": 44, "line": {"color": palette.mark, "width": 3}},
        )
    )  # fmt: skip
    layout = base_layout(palette, title, 112 + 64 * len(names), barmode="stack", dragmode=False)
    layout["xaxis"] = layout["xaxis"] | {"title": axis_title("utterances that only one gets right"), "fixedrange": True}
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": at,
        "ticktext": [
            f"{escape(row['other'], LEGEND_LETTERS)}<br>both {row['both right']:,}, neither {row['neither']:,}<br>{p_text(table, row['other'])}"
            for row in counts.to_dict("records")
        ],
        "range": [len(names) - 0.5, -0.5], "fixedrange": True, "showgrid": False, "zeroline": False,
    }  # fmt: skip
    layout["legend"] = layout["legend"] | {"traceorder": "normal"}
    return go.Figure(traces, layout)
