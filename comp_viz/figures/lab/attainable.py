"""The best attainable accuracy in the lab beside what the open checkpoint reaches: by modality, and by missing rate."""

from collections.abc import Mapping

import plotly.graph_objects as go

from comp_viz.figures.chart import About, base_layout, level, percent_ticks
from comp_viz.figures.style import Palette, modality_colours, modality_marks
from comp_viz.wording import first_upper, percent

ABOUT_ATTAINABLE = About(
    "The best attainable accuracy, from each modality alone and from all. The lab's generating model is known, so the probability that any "
    "answer is right can be computed: forward and backward along the chain of emotions, summing over which modality expresses what and "
    "which utterances are hard. No predictor with the same input does better on average. Entries are missing completely at random. "
    "Diamonds: the fused prediction of the open checkpoint on the lab's test split, which is a sample, so a diamond may lie above the bound by chance.",
    "How a model does on real conversations: no data set looks like this one.",
)
ABOUT_ATTAINABLE_RATES = About(
    "The best attainable accuracy over the missing rate, with the whole conversation, and with every utterance by itself. ComP can use only "
    "part of the context: its attention has no positions, so it knows what is said in a conversation but not in which order; shuffling the "
    "utterances of every test conversation leaves its scores as they are. With more dependence on context the two bounds "
    "separate, and ComP stays near the lower one.",
    "How a model does on real conversations: no data set looks like this one.",
)


def attainable_chart(
    attainable: Mapping[str, float],
    reached: Mapping[str, float],
    majority: float,
    palette: Palette,
) -> go.Figure:
    """Bars for the best attainable accuracy, a diamond for what the open checkpoint reaches with the same input."""
    names = list(attainable)
    modalities = tuple(name.removeprefix("only ") for name in names if name.startswith("only "))
    colours, marks = modality_colours(palette, modalities), modality_marks(modalities)
    plain = [name.removeprefix("only ") for name in names]
    rows = [f"{marks.get(name, '◆')} {shown}" for name, shown in zip(plain, names, strict=True)]
    bars = go.Bar(
        y=rows, x=list(attainable.values()), orientation="h", name="best attainable, computed",
        marker={
            "color": [f"{colours.get(name, palette.truth)}55" for name in plain],
            "line": {"color": [colours.get(name, palette.truth) for name in plain], "width": 2},
        },
        text=[percent(value, 1) for value in attainable.values()], textposition="inside", insidetextanchor="start",
        textfont={"color": palette.ink}, hovertemplate="%{y}: at best %{text}<extra></extra>",
    )  # fmt: skip
    points = go.Scatter(
        y=[row for row, name in zip(rows, names, strict=True) if name in reached],
        x=[reached[name] for name in names if name in reached], mode="markers", name="reached by the open checkpoint",
        marker={"symbol": "diamond", "size": 13, "color": palette.ink, "line": {"color": palette.ground, "width": 1.5}},
        text=[percent(reached[name], 1) for name in names if name in reached], hovertemplate="%{y}: reached %{text}<extra></extra>",
    )  # fmt: skip
    layout = base_layout(palette, attainable_title(attainable), 330)
    layout["xaxis"] = layout["xaxis"] | {
        "range": [0, 1.03],
        **percent_ticks(0, 1),
        "title": {"text": "accuracy", "font": {"size": 12}},
    }
    layout["yaxis"] = layout["yaxis"] | {"autorange": "reversed", "showgrid": False}
    layout["legend"] |= {"y": 1.12}  # three lines of it on a phone stay clear of the words of the level
    layout |= level(palette, majority, f"guessing: {percent(majority)}")
    return go.Figure([bars, points] if reached else [bars], layout)


def attainable_title(attainable: Mapping[str, float]) -> str:
    """The bound from the best single modality, and from all, named last in `attainable`."""
    single = {name.removeprefix("only "): value for name, value in attainable.items() if name.startswith("only ")}
    best = max(single, key=lambda name: single[name])
    everything = attainable[[*attainable][-1]]
    return (
        f"{first_upper(best)} alone allows {percent(single[best], 1)} accuracy, all modalities {percent(everything, 1)}"
    )


def attainable_rates_chart(
    attainable: Mapping[float, float],
    without_context: Mapping[float, float],
    reached: Mapping[float, float],
    palette: Palette,
) -> go.Figure:
    """Accuracy over the missing rate: both bounds dashed, what is reached by the open checkpoint as a thick line."""

    def bound(values: Mapping[float, float], name: str, dash: str) -> go.Scatter:
        return go.Scatter(
            x=list(values), y=list(values.values()), mode="lines", name=name,
            line={"color": palette.truth, "dash": dash, "width": 2},
            text=[percent(value, 1) for value in values.values()],
            hovertemplate=f"missing rate %{{x}}: {name} %{{text}}<extra></extra>",
        )  # fmt: skip

    bounds = [bound(attainable, "best attainable", "dash"), bound(without_context, "best, utterance by itself", "dot")]
    own = go.Scatter(
        x=list(reached), y=list(reached.values()), mode="lines+markers", name="reached by the open checkpoint",
        line={"color": palette.ink, "width": 3}, marker={"symbol": "diamond", "size": 10},
        text=[percent(value, 1) for value in reached.values()],
        hovertemplate="missing rate %{x}: reached %{text}<extra></extra>",
    )  # fmt: skip
    layout = base_layout(palette, attainable_rates_title(attainable), 330)
    layout["xaxis"] = layout["xaxis"] | {
        "title": {"text": "missing rate, uniform protocol", "font": {"size": 12}},
        "tickvals": list(attainable),
        "range": [min(attainable) - 0.02, max(attainable) + 0.03],
    }
    shown = [*attainable.values(), *without_context.values(), *reached.values()]
    ticks = percent_ticks(min(shown), max(shown))
    layout["yaxis"] = layout["yaxis"] | ticks | {"title": {"text": "accuracy", "font": {"size": 12}}}
    return go.Figure([*bounds, own] if reached else bounds, layout)


def attainable_rates_title(attainable: Mapping[float, float]) -> str:
    """The bound at the highest missing rate."""
    highest = max(attainable)
    return f"{percent(attainable[highest], 1)} accuracy is attainable at missing rate {highest}"
