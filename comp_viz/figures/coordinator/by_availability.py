"""Mean weights by which modalities are observed: of utterances as they are, and of a conversation left with only these."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.coordinator.groups import Availability, most_changed_alone
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.coordinator.weights_along import (
    WEIGHTS_EQUATION,
    WeightSpan,
    availability_symbols,
    equal_line,
    modality_legend,
    weight_axis,
)
from comp_viz.figures.style import Palette, modality_colours, modality_symbols
from comp_viz.wording import fitting, how_many

MARKS_APART = 0.22  # rows between the marks of neighbouring modalities
LETTER = 7  # pixels of the names of rows
ABOUT_AVAILABILITY = About(
    "Mean weights by which modalities are observed, with the range of the middle 80\u202f% of utterances. Left: the utterances of this "
    "conversation by what of them is observed under the pattern in force (count in brackets). Right: the whole conversation "
    "run again with only those modalities left everywhere. Open marks: the modality is missing.",
    "On the left, cause: utterances of which something is missing may differ otherwise. On the right nothing but the pattern differs, but "
    "what the recording itself lacks stays missing, and the rest of the conversation, which attention reads, is missing too.",
    WEIGHTS_EQUATION,
)


def weights_by_availability_title(fixed: Availability, modalities: tuple[str, ...]) -> str:
    """The modality whose mean weight changes most when no other is left."""
    name, alone, together = most_changed_alone(fixed, modalities)
    return fitting(
        f"The mean weight of {name} is {alone:.2f} with {name} alone and {together:.2f} with all modalities",
        f"The mean weight of {name}: {alone:.2f} alone, {together:.2f} with all modalities",
    )


def by_availability_chart(
    here: Availability, fixed: Availability, modalities: tuple[str, ...], span: WeightSpan, palette: Palette, title: str
) -> go.Figure:
    """Means with the range of the middle 80 %: left `here`, right `fixed`, one row for each set of modalities."""
    rows = list(dict.fromkeys([*fixed, *here]))
    traces = [
        *marks_of(here, rows, modalities, palette, xaxis="x"),
        *marks_of(fixed, rows, modalities, palette, xaxis="x2"),
        *modality_legend(modalities, palette),
    ]
    layout = base_layout(palette, title, 110 + 46 * len(rows), hovermode="closest", dragmode=False)
    axis = weight_axis(palette, span) | {"nticks": 4, "automargin": False}
    layout["xaxis"] = layout["xaxis"] | axis | {"domain": [0, 0.47]}
    layout["xaxis2"] = layout["xaxis"] | {"domain": [0.53, 1]}
    names = [f"{here[some].name} ({len(here[some].members)})" if some in here else fixed[some].name for some in rows]
    layout["yaxis"] = layout["yaxis"] | {
        "tickvals": list(range(len(rows))), "ticktext": names, "range": [len(rows) - 0.5, -0.5],
        "showgrid": False, "zeroline": False, "fixedrange": True, "automargin": False,
    }  # fmt: skip
    layout["shapes"] = [equal_line(palette, len(modalities), upright=True, xref=x) for x in ("x", "x2")]
    note = {
        "showarrow": False,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "font": {"size": 12, "color": palette.ink},
    }
    layout["annotations"] = [
        {"text": text, "x": 0.5, "xref": f"{x} domain", **note}
        for text, x in (("utterances as observed", "x"), ("all utterances with only these", "x2"))
    ]
    layout["margin"] = {"l": 14 + LETTER * max(map(len, names)), "r": 8, "t": 58, "b": 48}
    layout["legend"] = layout["legend"] | {"y": 1 + 24 / (110 + 46 * len(rows) - 106)}  # above the names of the halves
    return go.Figure(traces, layout)


def marks_of(
    groups: Availability, rows: Sequence[tuple[str, ...]], modalities: tuple[str, ...], palette: Palette, **look: object
) -> list[go.Scatter]:
    """For every modality its mark at the mean in each row, open where it is missing, with a bar from 10 % to 90 %."""
    names = tuple(modalities)
    colours, symbols = modality_colours(palette, names), modality_symbols(names)
    at = np.array([rows.index(some) for some in groups], dtype=np.float32)
    traces = []
    for u, name in enumerate(names):
        mean, low, high = (
            np.array([getattr(each, of)[u] for each in groups.values()]) for of in ("mean", "low", "high")
        )
        traces.append(
            go.Scatter(
                x=mean, y=at + np.float32((u - (len(names) - 1) / 2) * MARKS_APART), mode="markers", legendgroup=name,
                name=name, showlegend=False, **look,
                marker={
                    "symbol": availability_symbols(symbols[name], np.array([name in some for some in groups])),
                    "size": 9, "color": colours[name], "line": {"width": 1.5, "color": colours[name]},
                },
                error_x={"array": high - mean, "arrayminus": mean - low, "color": colours[name], "thickness": 1.5, "width": 0},
                hovertext=[
                    f"{each.name}: mean weight of {name} {m:.3f}<br>middle 80\u202f% from {a:.3f} to {b:.3f}, {how_many(len(each.members), 'utterance')}"
                    for each, m, a, b in zip(groups.values(), mean, low, high, strict=True)
                ],
                hoverinfo="text",
            )
        )  # fmt: skip
    return traces
