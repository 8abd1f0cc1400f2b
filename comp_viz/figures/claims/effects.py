"""The effects of one claim with their intervals, against zero and the smallest effect that matters."""

import pandas as pd
import plotly.graph_objects as go

from comp_viz.analysis.claims.verdict import Judgement, Outcome
from comp_viz.figures.chart import About, base_layout
from comp_viz.figures.claims.words import CLAIM_WORDS, effect_words
from comp_viz.figures.style import Palette
from comp_viz.wording import fitting, how_many

MARKERS = {Outcome.SEEN: "", Outcome.ABSENT: "-open", Outcome.OPEN: "-open"}
PRIMARY = "primary test"


def about_effects(key: str) -> About:
    """What the chart of a claim shows."""
    words = CLAIM_WORDS[key]
    return About(
        f"The claim: {words.sentence} Primary test, a diamond: {words.test} Circles: {words.parts} Bars are 95\u202f% intervals. Filled marks "
        "are effects that are seen; between zero and the dotted line they are too small to matter.",
        words.caveat,
    )


def effects_chart(key: str, judgement: Judgement, least: float, title: str, palette: Palette) -> go.Figure:
    """Every effect of a claim in a row of its own, the primary one first."""
    unit, effects = CLAIM_WORDS[key].unit, judgement.evidence.effects
    figure = go.Figure(layout=base_layout(palette, title, 125 + 34 * len(effects)))
    for place, (effect, outcome) in enumerate(zip(effects, judgement.outcomes, strict=True)):
        value, low, high = (unit.scale * x for x in (effect.value, effect.low, effect.high))
        symbol, size = ("circle", 10) if place else ("diamond", 13)
        bar = {
            "type": "data",
            "array": [high - value],
            "arrayminus": [value - low],
            "color": palette.ink,
            "thickness": 2,
            "width": 5,
        }
        figure.add_scatter(
            x=[value], y=[effect_row(effect.of, place)], mode="markers", showlegend=False,
            marker={"symbol": symbol + MARKERS[outcome], "size": size, "color": palette.ink, "line": {"width": 2}},
            error_x=bar if effect.measured else None,
            hovertext=f"{effect.of}: {effect_words(effect, unit)}<br>{outcome}", hoverinfo="text",
        )  # fmt: skip
    figure.update_yaxes(
        autorange="reversed", showgrid=False, type="category",
        categoryorder="array", categoryarray=[effect_row(effect.of, place) for place, effect in enumerate(effects)],
    )  # fmt: skip
    figure.update_xaxes(title={"text": unit.axis, "font": {"size": 12}}, zeroline=False)
    farthest = max((unit.scale * effect.high for effect in effects if effect.measured), default=0.0)
    return with_margin(figure, unit.scale * least, farthest, palette)


def with_margin(figure: go.Figure, least: float, farthest: float, palette: Palette) -> go.Figure:
    """The figure with the line of no effect, and the smallest effect that matters with its name on the side that has room."""
    figure.add_vrect(x0=0, x1=least, fillcolor=palette.faint, opacity=0.35, line_width=0, layer="below")
    figure.add_vline(x=least, line={"color": palette.truth, "width": 1.5, "dash": "dot"})
    figure.add_vline(x=0, line={"color": palette.truth, "width": 1.5})
    figure.add_annotation(
        x=least, y=1, yref="paper", yanchor="bottom", xanchor="left" if farthest > 2 * least else "right", showarrow=False,
        text="smallest that matters", font={"size": 12, "color": palette.ink},
    )  # fmt: skip
    return figure.update_layout(margin={"t": 26})


def effect_row(of: str, place: int) -> str:
    """The name of an effect on the axis; the primary one is in bold."""
    return of if place else f"<b>{of}</b>"


def effects_title(judgement: Judgement) -> str:
    """How many effects are seen, and which: the marks that are filled. The primary effect stands above the chart already."""
    of = len(judgement.outcomes)
    effects = zip(judgement.evidence.effects, judgement.outcomes, strict=True)
    seen = [effect.of for effect, outcome in effects if outcome is Outcome.SEEN]
    if len(seen) in (0, of):
        return f"All {of} effects are seen" if seen else f"None of {of} effects is seen"
    some = f"{len(seen)} of {of} effects {'is' if len(seen) == 1 else 'are'} seen"
    return fitting(f"{some}: {', '.join(seen)}", some)


def effects_table(key: str, judgement: Judgement) -> pd.DataFrame:
    """Every effect in the unit of its claim, with its outcome."""
    unit = CLAIM_WORDS[key].unit
    rows = [
        {
            "effect": effect.of, "test": PRIMARY if not place else "part", "value": unit.scale * effect.value,
            "low": unit.scale * effect.low, "high": unit.scale * effect.high, "unit": unit.name, "p": effect.p,
            "counted": effect.counted or None, "outcome": str(outcome),
        }
        for place, (effect, outcome) in enumerate(zip(judgement.evidence.effects, judgement.outcomes, strict=True))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def counted_words(key: str, judgement: Judgement) -> str:
    """What the primary effect is summed over, where it is a sum: entries or utterances."""
    counted = judgement.evidence.primary.counted
    noun = {"reconstruction": "missing entry", "separation": "observed entry"}.get(key, "utterance")
    if not counted:
        return ""
    return f"{counted:,} {noun[:-1]}ies" if noun.endswith("y") else how_many(counted, noun)
