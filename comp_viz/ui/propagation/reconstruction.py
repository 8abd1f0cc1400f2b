"""The part of the Propagation page that puts the claim to the test that missing instances are reconstructed."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.propagation.reconstruction import (
    Entry,
    Reconstruction,
    describe,
    entry,
    next_missing,
    reconstruct,
    verdict,
)
from comp_viz.analysis.propagation.tables import reconstruction_table
from comp_viz.figures.chart import About
from comp_viz.figures.propagation.reconstruction import features_chart, lowest, rank_chart, reconstruction_along
from comp_viz.figures.style import Palette
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.pattern_state import PatternChoice, pattern_choice, set_pattern
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.widgets.chart_panel import chart_panel

ALONG = About(
    "Every entry that the recording has and the missing pattern takes away. Rank: among all utterances with that modality, at which place "
    "its own features stand by cosine, open marks before propagation (the encoding of a blank with the encodings), filled ones "
    "after. Own features are what they are in the complete conversation. Below, the cosine after propagation; the dash is what the "
    "mean of all other utterances reaches. A click takes an utterance in hand.",
    "Whether the prediction is right: features can come back and the prediction still be wrong, or the other way round. The complete "
    "conversation also differs in its other entries; for the utterance in hand, the features below give back that one entry alone.",
    r"\mathrm{rank}(s) = 1 + \#\{j : \cos(\bar Z_s, \bar Z_j^{\text{complete}}) > \cos(\bar Z_s, \bar Z_s^{\text{complete}})\}",
)  # fmt: skip
RANKS = About(
    "How many of the missing entries have their own features among the nearest 10 %, 20 % … of the utterances: solid after propagation, "
    "dotted before. Curves above the dashed diagonal are better than chance.",
    "Single utterances. Before propagation all blanks of a modality are alike, so their ranks are spread evenly over all places but for "
    "utterances that are missing in the recording.",
)
FEATURES = About(
    "The features of the entry in hand as colours: what stands there when it is missing, what would stand there if this entry alone were "
    "given back, and in the complete conversation. The closer the rows, the better it is reconstructed. Colours run from negative to "
    "positive, to the same ends in all rows of a chart.",
    "What a single feature means; the head and the coordinator read all of them together.",
)


def reconstruction_part(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the finding for the head of the page."""
    found = {
        side.key: reconstruct(side.view.inside(), side.view.inside(side.view.conversation.observed)) for side in sides
    }
    low = lowest(list(found.values()))
    along, ranks = row_of_sides(sides), row_of_sides(sides)
    features = {u: row_of_sides(sides) for u in sides[0].view.conversation.features}
    for i, side in enumerate(sides):
        with side.place:
            if not any(map(len, found[side.key].values())):
                nothing_missing(side)
                continue
            described(found[side.key])
        draw(side, found[side.key], low, selected, palette, along[i], ranks[i])
        entry_in_hand(side, found[side.key], selected, palette, {u: places[i] for u, places in features.items()})
    return verdict(found[sides[0].key])


def nothing_missing(side: Side) -> None:
    """What to do where the pattern takes nothing away."""
    st.info(
        "Nothing is taken away here, so there is nothing to reconstruct. Choose a missing pattern in the sidebar, or begin with 30 % missing.",
        icon=":material/grid_off:",
    )
    if not side.key or side.key == "left":
        st.button(
            "Take 30 % away",
            on_click=set_pattern,
            args=(PatternChoice("uniform(0.3)", pattern_choice().seed),),
            icon=":material/ink_eraser:",
        )


def described(found: Mapping[str, Reconstruction]) -> None:
    """What comes back of each modality, in a sentence."""
    for one in found.values():
        if len(one):
            st.markdown(f"- {describe(one)}")


def draw(
    side: Side, found: Mapping[str, Reconstruction], low: float, selected: int, palette: Palette, along: DeltaGenerator,
    ranks: DeltaGenerator,
) -> None:  # fmt: skip
    """The charts of all entries of one side, each at its place."""
    words, key, numbers = side.view.conversation.words, side.key, partial(reconstruction_table, found)
    with along:
        figure = reconstruction_along(found, words, low, selected, palette)
        chart_panel(figure, f"reconstruction_entries{key}", ALONG, numbers, selects=True)
    with ranks:
        chart_panel(rank_chart(found, palette), f"reconstruction_ranks{key}", RANKS, numbers)


def entry_in_hand(
    side: Side,
    found: Mapping[str, Reconstruction],
    selected: int,
    palette: Palette,
    places: Mapping[str, DeltaGenerator],
) -> None:
    """The features of the utterance in hand where they are missing, each modality's at its place; else the way to one."""
    gone = [u for u, one in found.items() if selected in one.utterances]
    for u in gone:
        with places[u]:
            own_features(side, u, selected, palette)
    if not gone:
        following = next_missing(found, selected)
        with next(iter(places.values())):
            st.caption(
                f"Nothing of utterance {selected + 1} is taken away; the features of one that is missing can be looked at in full."
            )
            st.button(
                f"Go to utterance {following + 1}",
                on_click=select_utterance,
                args=(following,),
                key=f"next missing{side.key}",
            )


def own_features(side: Side, u: str, s: int, palette: Palette) -> None:
    """Features of the entry in hand, missing and given back."""
    view = side.view
    i = list(view.conversation.features).index(u)
    given = view.observed.copy()
    given[s, i] = True
    found = entry(view.inside(), view.inside(given), view.inside(view.conversation.observed), u, s)
    figure = features_chart(found, palette)
    chart_panel(figure, f"features_{u}{side.key}", FEATURES, partial(feature_numbers, found))


def feature_numbers(found: Entry) -> pd.DataFrame:
    """The features of one entry, one column a row of the chart."""
    columns = {name: values for rows in (found.encoded, found.propagated) for name, values in rows.items()}
    return pd.DataFrame({"feature": np.arange(len(next(iter(columns.values())))), **columns})
