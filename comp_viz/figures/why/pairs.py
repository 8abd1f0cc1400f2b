"""How pairs of modalities interact: synergy and redundancy."""

from collections.abc import Sequence

import plotly.graph_objects as go

from comp_viz.analysis.why.contribution import Contribution, pair_table
from comp_viz.figures.along import escape
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.style import Palette, modality_marks
from comp_viz.figures.why.amounts import explained_amount, explained_unit, precise_amount
from comp_viz.wording import first_upper, fitting, percent

ABOUT_PAIRS = About(
    "Shapley interaction index of every pair, counted towards the decision. Above 0, two modalities contribute more together than alone "
    "(synergy); below 0 they carry the same information, or replace each other (redundancy). Bar: mean of the conversation; mark: the "
    "selected utterance.",
    "Why they interact: everything on the way to the fused prediction may mix modalities.",
    r"I_{uv} = \sum_{T \not\ni u,v} \frac{|T|!\,(M-|T|-2)!}{(M-1)!}\,[v(T \cup uv) - v(T \cup u) - v(T \cup v) + v(T)]",
)


def pairs_title(contributions: Contribution) -> str:
    """The pair with the strongest interaction."""
    table = pair_table(contributions)
    strongest = table.iloc[int(table["interaction"].abs().to_numpy().argmax())]
    if not strongest["interaction"]:
        return "No pair of modalities interacts: contributions simply add"
    kind = "synergy" if strongest["interaction"] > 0 else "redundancy"
    both = f"{first_upper(str(strongest['first']))} and {strongest['second']}"
    mean = explained_amount(contributions.task, float(strongest["interaction"]), sign=True)
    return fitting(
        f"{both} have the strongest interaction: {kind}, {mean} on average",
        f"The strongest interaction is {kind}, {mean}",
    )


def pairs_of(contributions: Contribution, s: int) -> list[float]:
    """The interaction of every pair towards the decision in utterance `s`, in the order of `pair_table`."""
    table, number = pair_table(contributions), {name: u for u, name in enumerate(contributions.modalities)}
    return [
        float(contributions.pairs[number[a], number[b], s] * contributions.ways[s])
        for a, b in zip(table["first"], table["second"], strict=True)
    ]


def pairs_span(contributions: Sequence[Contribution], s: int) -> tuple[float, float]:
    """Where the axis of interactions of charts side by side begins and ends."""
    ends = [0.0, *(x for one in contributions for x in (*pair_table(one)["interaction"], *pairs_of(one, s)))]
    room = max(0.08 * (max(ends) - min(ends)), 0.01)  # never so narrow that next to nothing fills the axis
    return min(ends) - room, max(ends) + room


def pairs_chart(contributions: Contribution, s: int, span: tuple[float, float], palette: Palette) -> go.Figure:
    """The interaction of every pair towards the decision: the mean of all utterances as a bar, the selected one as a mark."""
    table, marks = pair_table(contributions), modality_marks(contributions.modalities)
    rows = [
        f"{marks[a]} {escape(a)} and {marks[b]} {escape(b)}"
        for a, b in zip(table["first"], table["second"], strict=True)
    ]
    kinds = [
        f"synergy in {percent(a)}, redundancy in {percent(b)} of utterances"
        for a, b in zip(table["synergy"], table["redundancy"], strict=True)
    ]
    amounts, own = (
        [precise_amount(contributions.task, float(x), sign=True) for x in values]
        for values in (table["interaction"], pairs_of(contributions, s))
    )
    traces = [
        go.Bar(
            y=rows, x=table["interaction"], orientation="h", name="mean of the conversation", customdata=kinds,
            marker={"color": palette.truth}, hovertext=amounts, hovertemplate="%{y}: %{hovertext}<br>%{customdata}<extra></extra>",
        ),
        go.Scatter(
            y=rows, x=pairs_of(contributions, s), mode="markers", name=f"utterance {s + 1}", marker={"symbol": "diamond", "size": 11, "color": palette.mark},
            hovertext=own, hovertemplate=f"utterance {s + 1}, %{{y}}: %{{hovertext}}<extra></extra>",
        ),
    ]  # fmt: skip
    layout = base_layout(palette, pairs_title(contributions), 150 + 40 * len(rows), dragmode=False)
    layout["xaxis"] = layout["xaxis"] | {"range": list(span), "fixedrange": True, "zeroline": True, "title": {"text": f"{explained_unit(contributions.task)}<br>← redundancy · synergy →", "font": {"size": 12}}}  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | {"fixedrange": True, "autorange": "reversed"}
    return go.Figure(traces, layout)
