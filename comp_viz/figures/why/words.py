"""What each word of a clip's utterance adds to its prediction."""

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.why.words import WordEffects
from comp_viz.figures.along import escape
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.style import Palette
from comp_viz.figures.why.amounts import explained_amount, explained_unit, precise_amount
from comp_viz.wording import fitting, how_many

ABOUT_WORDS = About(
    "For every word of the selected utterance: the explained number minus what it is when that word is left out and the text features are "
    "extracted anew. Ringed: without it the decision flips.",
    "Sound and face, which still carry the word. Nor what words do together: leaving out one may leave a sentence nobody would say.",
    r"f(\text{sentence}) - f(\text{sentence without the word})",
)


def words_title(effects: WordEffects) -> str:
    """The word with the largest effect, and how many words the decision depends on."""
    if not len(effects.words):
        return f"Utterance {effects.utterance + 1} has no words to leave out"
    top, flips = int(np.abs(effects.effects).argmax()), int(effects.flips.sum())
    amount = explained_amount(effects.task, float(effects.effects[top]), sign=True)
    count = how_many(len(effects.words), "word")
    flipped = (
        f"leaving out {flips} of {count} flips the decision" if flips else f"none of {count} alone flips the decision"
    )
    return fitting(
        f"“{effects.words[top]}” has the largest effect, {amount}; {flipped}",
        f"The largest effect of a word is {amount}; {flipped}",
    )


def words_chart(effects: WordEffects, palette: Palette) -> go.Figure:
    """A bar for every word in order, what it adds to the explained number; ringed where the decision flips without it."""
    x = np.arange(len(effects.words))
    hover = [precise_amount(effects.task, float(effect), sign=True) for effect in effects.effects]
    tones = np.where(effects.effects >= 0, palette.positive, palette.negative)
    bars = go.Bar(
        x=x, y=effects.effects.astype(np.float32), marker={"color": tones}, showlegend=False, customdata=[escape(w, 40) for w in effects.words],
        hovertext=hover, hovertemplate="%{customdata}: %{hovertext}<extra></extra>",
    )  # fmt: skip
    flips = go.Scatter(
        x=x[effects.flips], y=effects.effects[effects.flips], mode="markers", name="without it another decision",
        marker={"symbol": "circle-open", "size": 13, "color": palette.mark, "line": {"width": 2.5}}, hoverinfo="skip",
    )  # fmt: skip
    layout = base_layout(palette, words_title(effects), 300, dragmode=False)
    layout["xaxis"] = layout["xaxis"] | {
        "tickvals": x.tolist(),
        "ticktext": [escape(w, 16) for w in effects.words],
        "fixedrange": True,
    }
    layout["yaxis"] = layout["yaxis"] | {
        "fixedrange": True,
        "zeroline": True,
        "title": {"text": explained_unit(effects.task), "font": {"size": 12}},
    }
    return go.Figure([bars, flips], layout)
