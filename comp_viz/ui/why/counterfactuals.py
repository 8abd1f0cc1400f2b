"""The part of the Why page about what would have to be otherwise: smallest sets of cells, fragile decisions, other sentences."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from comp_viz.analysis.why.counterfactual import Counterfactual, counterfactual_table, describe
from comp_viz.analysis.why.fragile import Fragility, describe_fragility, fragile_table, fragility
from comp_viz.figures.chart import About
from comp_viz.figures.style import Palette
from comp_viz.figures.why.counterfactual import fragility_chart, fragility_span, set_chart
from comp_viz.ui.frame.compare_mode import Side
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.why import cached as cached_why
from comp_viz.ui.why.words import rewriting
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.text import escape_markdown, likeliest_text
from comp_viz.wording import how_many

SEARCH = (
    "Every single cell is tried, then pairs of those that help most (all pairs where there are few), then cells are added one by one, the "
    "most helpful first, and at last every cell that can be spared is taken out again. In a long conversation only the cells nearest to the "
    "utterance are searched, and the title says how many. It also says whether every smaller set of them was tried."
)
LOSS = About(
    "The smallest set found of observed cells whose loss makes the model decide otherwise for the utterance in hand: marked with a cross. "
    f"{SEARCH}",
    "That the decision was right before, or that these cells cause it alone: other sets may do the same.",
    r"\min |L| \quad\text{with}\quad \text{decision}(o \setminus L) \ne \text{decision}(o)",
)
RETURN = About(
    "Where the missing pattern changed the decision: the smallest set found of missing cells whose return brings back the decision that the "
    f"model makes of the complete recording, marked with a plus. {SEARCH}",
    "That the restored decision is right.",
    r"\min |R| \quad\text{with}\quad \text{decision}(o \cup R) = \text{decision}(\text{complete})",
)
FRAGILE = About(
    "For every utterance: how far its decision is from another one as observed (open), and after the worst single loss (filled, joined by a "
    "line). Below zero, crossed, that loss flips it. The distance is that of the score from neutral, or of the probability from the next "
    "likely class.",
    "How likely such a loss is, or what several losses do.",
)


def counterfactuals_part(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the finding for the head of the page."""
    found = [fragility(cached_why.single_losses(side.view.query())) for side in sides]
    span = fragility_span(found)
    for side, one in zip(sides, found, strict=True):
        with side.place:
            draw_fragile(side, one, span, selected, palette)
            draw_set(
                side,
                cached_why.flipping(side.view.query(), selected),
                LOSS,
                "flip",
                selected,
                palette,
            )
            if (side.view.conversation.observed & ~side.view.observed).any():
                restored = cached_why.restoring(side.view.query(), selected)
                draw_set(side, restored, RETURN, "restore", selected, palette)
            rewriting(side, selected)
    return describe_fragility(found[0])


def draw_fragile(side: Side, found: Fragility, span: tuple[float, float], selected: int, palette: Palette) -> None:
    """Every decision's distance from another one, and the most fragile to choose from."""
    words, key = side.view.conversation.words, f"fragility{side.key}"
    table = fragile_table(found, words)
    chart_panel(fragility_chart(found, words, span, selected, palette), key, FRAGILE, lambda: table, selects=True)

    def picked() -> None:
        if rows := st.session_state[f"{key} table"].selection.rows:
            select_utterance(int(table["utterance"].iloc[rows[0]]) - 1)

    with st.expander("The most fragile utterances; choose one to take it in hand"):
        form = st.column_config.NumberColumn(format="percent" if found.task.classes else "%.2f")
        st.dataframe(
            table, hide_index=True, key=f"{key} table", on_select=picked, selection_mode="single-row",
            column_config={"margin": form, "margin left": form, "flipped by": st.column_config.NumberColumn(help="Single losses that flip the decision.")},
        )  # fmt: skip


def draw_set(side: Side, found: Counterfactual, about: About, name: str, selected: int, palette: Palette) -> None:
    """One smallest set with the predictions before and after."""
    if not found.needed:
        st.caption(f"{describe(found)}.")
        return
    words = side.view.conversation.words
    chart_panel(
        set_chart(found, words, selected, palette),
        f"{name}_set{side.key}",
        about,
        partial(set_numbers, found),
        selects=True,
    )
    ends = [escape_markdown(likeliest_text(found.task, np.asarray(x))) for x in (found.before, found.after)]
    what = (
        "with this change"
        if found.cells
        else f"with {how_many(found.searched, 'cell')}, all that were searched, changed"
    )
    st.caption(f"As observed: {ends[0]}; {what}: {ends[1]}. Computed by running the model under both patterns.")


def set_numbers(found: Counterfactual) -> pd.DataFrame:
    """The cells of a set with the predictions before and after."""
    table = counterfactual_table(found)
    names = found.task.classes or (found.task.name,)
    before = {f"before, {name}": float(x) for name, x in zip(names, found.before, strict=True)}
    after = {f"after, {name}": float(x) for name, x in zip(names, found.after, strict=True)}
    return table.assign(**before, **after)
