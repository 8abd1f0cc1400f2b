"""Which modality of which utterance of a clip could be read, and why the others are missing."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.data.conversation import Bools
from comp_viz.figures.along import along, boxes, escape, hatching
from comp_viz.figures.chart import About
from comp_viz.figures.style import Palette, modality_colours, modality_marks
from comp_viz.wording import how_many

ABOUT_REASONS = About(
    "Which modality of which utterance could be read: filled where it was, hatched where it is missing. Hover for the reason. A "
    "modality that cannot be read is no error here; it is a missing modality, which ComP is made for.",
    "Whether what was read is right: a recogniser may be sure of the wrong words. Quality, below, has probabilities of words and "
    "shares of pictures with a face.",
    r"o_i^u \in \{0, 1\}",
)


def reasons_title(reasons: Mapping[str, Sequence[str]]) -> str:
    """In how many utterances each modality could be read."""
    S = len(next(iter(reasons.values())))
    read = {u: sum(not why for why in each) for u, each in reasons.items()}
    if all(n == S for n in read.values()):
        return f"All modalities of {f'all {S:,} utterances' if S > 1 else 'the one utterance'} could be read"
    (first, count), *others = read.items()
    rest = "".join(f", {u} in {n}" for u, n in others)
    return f"Of {how_many(S, 'utterance')}, {first} could be read in {count}{rest}"


def reasons_chart(
    observed: Bools,
    reasons: Mapping[str, Sequence[str]],
    words: Sequence[str],
    selected: int,
    palette: Palette,
    title: str,
) -> go.Figure:
    """Availability `[S, M]`: filled where a modality was read, hatched where it is missing, the reason on hover."""
    names, S = tuple(reasons), len(observed)
    colours, marks = modality_colours(palette, names), modality_marks(names)
    traces = list[go.Scatter]()
    for row, name in enumerate(names):
        base = np.full(S, len(names) - 1 - row, np.float32)
        for there, look in (
            (observed[:, row], {"fillcolor": colours[name]}),
            (~observed[:, row], {"fillpattern": hatching(palette) | {"fgcolor": palette.truth}}),
        ):
            traces.append(boxes(there, base + 0.12, base + 0.88, "y", **look))
        hover = [
            f"{name}, utterance {s + 1}: {'observed' if seen else 'missing: ' + escape(why, 200)}<br>{escape(text)}"
            for s, (seen, why, text) in enumerate(zip(observed[:, row], reasons[name], words, strict=True))
        ]
        traces.append(
            go.Scatter(
                x=np.arange(1, S + 1), y=base + 0.5, mode="markers", customdata=np.arange(S), hovertext=hover, hoverinfo="text",
                marker={"symbol": "square", "size": 22, "opacity": 0}, showlegend=False,
            )
        )  # fmt: skip
    layout = along(palette, title, 70 + 34 * len(names), S, selected, margin={})
    layout["margin"] = layout["margin"] | {"t": 6}
    layout["yaxis"] = layout["yaxis"] | {
        "range": [0, len(names)], "tickvals": [len(names) - 0.5 - row for row in range(len(names))], "showgrid": False,
        "ticktext": [f"{marks[name]} {name}" for name in names], "zeroline": False,
    }  # fmt: skip
    return go.Figure(traces, layout)
