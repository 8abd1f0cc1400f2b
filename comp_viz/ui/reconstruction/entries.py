"""The part of the Reconstruction page on one conversation: every missing entry, and that of the selected utterance in full."""

from collections.abc import Mapping
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.reconstruction.entries import Reconstruction, compare_rebuilt, next_missing
from comp_viz.analysis.reconstruction.one_entry import missing_entry
from comp_viz.analysis.reconstruction.rebuilt import Rebuilt
from comp_viz.analysis.reconstruction.tables import entry_table, reconstruction_table
from comp_viz.figures.reconstruction.entries import (
    ABOUT_ENTRIES,
    ABOUT_RANKS,
    entries_chart,
    lowest_cosine,
    ranks_chart,
    reconstruction_sentence,
)
from comp_viz.figures.reconstruction.heading import reconstruction_heading
from comp_viz.figures.reconstruction.one_entry import ABOUT_ENTRY, entry_chart
from comp_viz.figures.style import Palette
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.pattern_state import PatternChoice, pattern_choice, set_pattern
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.reconstruction.cached import cached_rebuilt, cached_samples
from comp_viz.ui.widgets.chart_panel import chart_panel


def entries_part(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the finding for the head of the page."""
    rebuilt = {side.key: cached_rebuilt(side.view.query()) for side in sides}
    compared = {key: compare_rebuilt(one) for key, one in rebuilt.items()}
    low = lowest_cosine(list(compared.values()))
    along, ranks = row_of_sides(sides), row_of_sides(sides)
    features = {u: row_of_sides(sides) for u in sides[0].view.conversation.features}
    for i, side in enumerate(sides):
        with side.place:
            if not any(map(len, compared[side.key].values())):
                nothing_missing(side)
                continue
            draw_sentences(compared[side.key])
            st.caption(f"What is rebuilt and compared: {escape_markdown(side.view.checkpoint.method.rebuilds)}.")
        if any(one.comparable for one in compared[side.key].values()):
            draw_entries(side, compared[side.key], low, selected, palette, along[i], ranks[i])
        places = {u: row[i] for u, row in features.items()}
        draw_selected(side, rebuilt[side.key], compared[side.key], selected, palette, places)
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
        if one.comparable:
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
    rebuilt: Rebuilt,
    compared: Mapping[str, Reconstruction],
    selected: int,
    palette: Palette,
    places: Mapping[str, DeltaGenerator],
) -> None:
    """The features of the selected utterance where they are missing, each modality's at its place; else a button to one."""
    gone = [u for u, one in compared.items() if selected in one.utterances]
    for u in gone:
        with places[u]:
            draw_entry(side, rebuilt, u, selected, palette)
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


def draw_entry(side: Side, rebuilt: Rebuilt, u: str, s: int, palette: Palette) -> None:
    """Features of one missing entry: rebuilt, as they are, and the mean."""
    view, given_back, samples = side.view, None, None
    if view.checkpoint.has("trace"):  # what an entry of ComP is depends on the others: give back it alone
        given = view.observed.copy()
        given[s, rebuilt.modalities.index(u)] = True
        given_back = view.inside(given).propagated[u][s]
    if view.checkpoint.has("samples"):
        of = cached_samples(view.query())[u]
        samples = of.drawn[:, of.utterances.tolist().index(s)]
    entry = missing_entry(rebuilt, u, s, given_back)
    figure = entry_chart(entry, rebuilt.modalities, palette, samples)
    chart_panel(figure, f"features_{u}{side.key}", ABOUT_ENTRY, partial(entry_table, entry))
