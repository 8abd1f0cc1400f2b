"""One missing entry in full: curves of the features that were rebuilt, of those it has, and of the mean."""

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.reconstruction.one_entry import MissingEntry
from comp_viz.data.conversation import Floats
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.style import Palette, modality_colours
from comp_viz.wording import decimal, fitting

ABOUT_ENTRY = About(
    "The features of one missing entry, one after another: what the method makes of it (in the colour of its modality), its own features as recorded, and the "
    "mean of the other utterances (dotted). Of ComP also those it would have were this entry alone given back. Of a method that generates, "
    "the band is where its samples lie. The title has the cosine of the first two and their squared error over that of the mean: 0 at best, 1 no better than the mean.",
    "What a single feature means; what predicts reads all of them together. The order of features is that of the data or the network and has no meaning.",
)


def entry_title(entry: MissingEntry) -> str:
    """How near one entry comes to its own features."""
    where = f"Missing {entry.modality} in utterance {entry.utterance + 1}"
    cosine, error = decimal(entry.cosine), decimal(entry.error)
    if entry.given_back is not None:
        alone = decimal(entry.cosine_given_back)
        return fitting(
            f"{where}: cosine {alone} if given back alone, {cosine} as recorded", f"{where}: cosine {cosine}"
        )
    return fitting(f"{where}: cosine {cosine}, error {error} times that of the mean", f"{where}: cosine {cosine}")


def entry_chart(
    entry: MissingEntry, modalities: tuple[str, ...], palette: Palette, samples: Floats | None = None
) -> go.Figure:
    """Features rebuilt, own, and mean over their number; `samples [n, k]` as a band from the lowest to the highest."""
    x = np.arange(1, len(entry.own) + 1)
    colour = modality_colours(palette, modalities)[entry.modality]
    curves = [
        ("mean of the others", entry.mean, palette.truth, "dot", 1.0),
        ("own, as recorded", entry.own, palette.ink, "solid", 1.2),
    ]
    if entry.given_back is not None:
        curves.append(("own, given back alone", entry.given_back, palette.mark, "dash", 1.2))
    curves.append(("rebuilt", entry.rebuilt, colour, "solid", 2.2))
    traces = [] if samples is None else [band(x, samples, colour)]
    traces += [
        go.Scatter(
            x=x, y=values.astype(np.float32), mode="lines", name=name, line={"color": tone, "dash": dash, "width": width},
            hovertemplate=f"{name}<br>feature %{{x}}: %{{y:.3f}}<extra></extra>",
        )
        for name, values, tone, dash, width in curves
    ]  # fmt: skip
    layout = base_layout(palette, entry_title(entry), 280)
    layout["xaxis"] = layout["xaxis"] | {"showgrid": False, "zeroline": False, "fixedrange": True, "title": {"text": "feature", "font": {"size": 12}}}  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | {"fixedrange": True, "title": {"text": "value", "font": {"size": 12}}}
    return go.Figure(traces, layout | {"dragmode": False})


def band(x: np.ndarray, samples: Floats, colour: str) -> go.Scatter:
    """From the lowest to the highest sample."""
    ends = np.concatenate([samples.min(0), samples.max(0)[::-1]])
    return go.Scatter(
        x=np.concatenate([x, x[::-1]]), y=ends.astype(np.float32), fill="toself", mode="none", fillcolor=colour, opacity=0.25,
        hoverinfo="skip", name=f"range of {len(samples)} samples",
    )  # fmt: skip
