"""The labels of a data set by split."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from comp_viz.data.conversation import POLARITIES
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.style import Palette
from comp_viz.wording import percent

SPLIT_PATTERNS = {"train": "", "validation": "/", "test": "x", "": ""}
ABOUT_LABELS = About(
    "How many utterances have each label, by split. The title takes scores as negative, neutral or positive.",
    "Utterances without a label.",
)


def labels_chart(
    counts: Mapping[str, Sequence[tuple[str, int]]], polarity: tuple[int, int, int] | None, palette: Palette
) -> go.Figure:
    """Labels by split: `counts` gives for every split the number of utterances with each label, in order of the labels.

    `polarity` counts negative, neutral and positive scores; None for classes.
    """
    tones = (palette.ink, palette.mark, palette.truth, palette.spare[0])
    bars = [
        go.Bar(
            x=[name for name, _ in rows], y=[count for _, count in rows], name=split or "all",
            marker={"color": tone, "pattern": {"shape": SPLIT_PATTERNS.get(split, "")}},
            hovertemplate="%{x}: %{y:,} utterances<extra>%{fullData.name}</extra>",
        )
        for (split, rows), tone in zip(counts.items(), tones, strict=False)
    ]  # fmt: skip
    layout = base_layout(palette, labels_title(counts, polarity), 300, barmode="stack")
    layout["yaxis"] = layout["yaxis"] | {"title": {"text": "utterances", "font": {"size": 12}}, "tickformat": ",d"}
    layout["xaxis"] = layout["xaxis"] | {"type": "category"}
    return go.Figure(bars, layout)


def labels_title(counts: Mapping[str, Sequence[tuple[str, int]]], polarity: tuple[int, int, int] | None) -> str:
    """The most frequent label, or side of neutral, and its share."""
    if polarity:
        total = dict(zip(POLARITIES, polarity, strict=True))
    else:
        splits = list(map(dict, counts.values()))
        total = {name: sum(split[name] for split in splits) for name in splits[0]}
    most = max(total, key=lambda name: total[name])
    return f"{percent(total[most] / max(sum(total.values()), 1))} of labelled utterances are {most}"
