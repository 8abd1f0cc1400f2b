"""The part of the Propagation page that tests the claim that missing instances are reconstructed."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.propagation.reconstruction import (
    MissingEntry,
    Reconstruction,
    missing_entry,
    next_missing,
    reconstruct,
)
from comp_viz.analysis.propagation.tables import reconstruction_table
from comp_viz.figures.propagation.heading import reconstruction_heading
from comp_viz.figures.propagation.reconstruction import (
    ABOUT_ENTRIES,
    ABOUT_ENTRY,
    ABOUT_RANKS,
    entries_chart,
    entry_chart,
    lowest_cosine,
    ranks_chart,
    reconstruction_sentence,
)
from comp_viz.figures.style import Palette
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.pattern_state import PatternChoice, pattern_choice, set_pattern
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel


def reconstruction_tab(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the finding for the head of the page."""
    compared = {
        side.key: reconstruct(side.view.inside(), side.view.inside(side.view.conversation.observed)) for side in sides
    }
    low = lowest_cosine(list(compared.values()))
    along, ranks = row_of_sides(sides), row_of_sides(sides)
    features = {u: row_of_sides(sides) for u in sides[0].view.conversation.features}
    for i, side in enumerate(sides):
        with side.place:
            if not any(map(len, compared[side.key].values())):
                nothing_missing(side)
                continue
            draw_sentences(compared[side.key])
        draw_entries(side, compared[side.key], low, selected, palette, along[i], ranks[i])
        draw_selected(side, compared[side.key], selected, palette, {u: places[i] for u, places in features.items()})
    return reconstruction_heading(compared[sides[0].key])


def nothing_missing(side: Side) -> None:
    """What to do where the pattern takes nothing away."""
    st.info(
        "Nothing is taken away here, so there is nothing to reconstruct. Choose a missing pattern in the sidebar, or begin with 30 % missing.",
        icon=":material/grid_off:",
    )
    if not side.key or side.key == "left":
        st.button(
            "Take 30 % away",
            on_click=set_pattern,
            args=(PatternChoice("uniform(0.3)", pattern_choice().seed),),
            icon=":material/ink_eraser:",
        )


def draw_sentences(compared: Mapping[str, Reconstruction]) -> None:
    """How well each modality is reconstructed, in a sentence each."""
    for one in compared.values():
        if len(one):
            st.markdown(f"- {escape_markdown(reconstruction_sentence(one))}")


def draw_entries(
    side: Side, compared: Mapping[str, Reconstruction], low: float, selected: int, palette: Palette, along: DeltaGenerator,
    ranks: DeltaGenerator,
) -> None:  # fmt: skip
    """The charts of all entries of one side, each at its place."""
    words, key, numbers = side.view.conversation.words, side.key, partial(reconstruction_table, compared)
    with along:
        figure = entries_chart(compared, words, low, selected, palette)
        chart_panel(figure, f"reconstruction_entries{key}", ABOUT_ENTRIES, numbers, selects=True)
    with ranks:
        chart_panel(ranks_chart(compared, palette), f"reconstruction_ranks{key}", ABOUT_RANKS, numbers)


def draw_selected(
    side: Side,
    compared: Mapping[str, Reconstruction],
    selected: int,
    palette: Palette,
    places: Mapping[str, DeltaGenerator],
) -> None:
    """The features of the selected utterance where they are missing, each modality's at its place; else a button to one."""
    gone = [u for u, one in compared.items() if selected in one.utterances]
    for u in gone:
        with places[u]:
            draw_entry(side, u, selected, palette)
    if not gone:
        following = next_missing(compared, selected)
        with next(iter(places.values())):
            st.caption(
                f"Nothing of utterance {selected + 1} is taken away; the features of a missing entry can be looked at in full."
            )
            st.button(
                f"Go to utterance {following + 1}",
                on_click=select_utterance,
                args=(following,),
                key=f"next missing{side.key}",
            )


def draw_entry(side: Side, u: str, s: int, palette: Palette) -> None:
    """Features of one missing entry: missing, given back, and as recorded."""
    view = side.view
    i = list(view.conversation.features).index(u)
    given = view.observed.copy()
    given[s, i] = True
    entry = missing_entry(view.inside(), view.inside(given), view.inside(view.conversation.observed), u, s)
    figure = entry_chart(entry, palette)
    chart_panel(figure, f"features_{u}{side.key}", ABOUT_ENTRY, partial(entry_table, entry))


def entry_table(entry: MissingEntry) -> pd.DataFrame:
    """The features of one entry, one column a row of the chart."""
    columns = {name: values for rows in (entry.encoded, entry.propagated) for name, values in rows.items()}
    return pd.DataFrame({"feature": np.arange(len(next(iter(columns.values())))), **columns})
