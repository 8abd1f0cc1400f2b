"""The linear probe of a data set: accuracy of each modality alone and of all."""

from collections.abc import Mapping

import plotly.graph_objects as go

from comp_viz.analysis.data.linear_probe import MOST_PROBED, REGULARISATION, LinearProbe
from comp_viz.figures.chart import About, base_layout, level, percent_ticks
from comp_viz.figures.style import Palette, modality_colours, modality_marks
from comp_viz.wording import how_many, percent

ABOUT_PROBE = About(
    "Accuracy of logistic regression on single utterances, from each modality alone and from all together: of the class, or for scores of "
    f"the sign (exactly neutral labels left out). C = {REGULARISATION:g}; zeros for what is missing; at most {MOST_PROBED:,} utterances to learn from "
    "and to evaluate on. The dashed line is the share of the most frequent label.",
    "What can be reached: the probe has no context and nothing non-linear. It shows which modality carries how much.",
)


def probe_chart(accuracy: Mapping[str, float], majority: float, palette: Palette) -> go.Figure:
    """The accuracy from each modality and from all as bars from 0 to 100 %, the majority as a dashed line."""
    names = list(accuracy)
    colours, marks = modality_colours(palette, tuple(names[:-1])), modality_marks(tuple(names[:-1]))
    bars = go.Bar(
        y=[f"{marks.get(name, '◆')} {name}" for name in names], x=[accuracy[name] for name in names], orientation="h",
        marker={"color": [colours.get(name, palette.ink) for name in names]},
        text=[percent(accuracy[name], 1) for name in names], textposition="outside", cliponaxis=False,
        hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    layout = base_layout(palette, probe_title(accuracy), 300)
    layout["xaxis"] = layout["xaxis"] | {
        "range": [0, 1.12],
        **percent_ticks(0, 1),
        "title": {"text": "accuracy", "font": {"size": 12}},
    }
    layout["yaxis"] = layout["yaxis"] | {"autorange": "reversed", "showgrid": False}
    layout |= level(palette, majority, f"majority: {percent(majority, 1)}")
    return go.Figure(bars, layout)


def probe_title(accuracy: Mapping[str, float]) -> str:
    """The accuracy from the best single modality and from all; `accuracy` ends with that of all."""
    *names, everything = accuracy
    best = max(names, key=lambda name: accuracy[name])
    return f"A linear probe reaches {percent(accuracy[best], 1)} from {best} alone, {percent(accuracy[everything], 1)} from {everything}"


def probe_caption(probe: LinearProbe) -> str:
    """What the probe was trained and evaluated on."""
    evaluated = how_many(probe.evaluated, "utterance")
    return f"Evaluated on {evaluated} of the {probe.split}, trained on {probe.training:,}."
