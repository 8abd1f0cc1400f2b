"""The part of the Why page about counterfactuals: smallest sets of cells, fragile decisions, other sentences."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from comp_viz.analysis.why.counterfactual import Counterfactual, counterfactual_table
from comp_viz.analysis.why.fragile import Fragility, fragile_table, fragility
from comp_viz.figures.chart import About
from comp_viz.figures.predictions import likeliest_text
from comp_viz.figures.style import Palette
from comp_viz.figures.why.counterfactual import (
    ABOUT_LOSS,
    ABOUT_RETURN,
    counterfactual_chart,
    counterfactual_facts,
    counterfactual_title,
    reservation,
)
from comp_viz.figures.why.fragility import ABOUT_FRAGILITY, fragility_chart, fragility_span
from comp_viz.figures.why.heading import counterfactuals_heading
from comp_viz.ui.frame.compare_mode import Side
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.why import cached as cached_why
from comp_viz.ui.why.words import rewriting
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.written import PERCENT, draw_table


def counterfactuals_part(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the heading of the page."""
    fragilities = [fragility(cached_why.single_losses(side.view.query())) for side in sides]
    span = fragility_span(fragilities)
    for side, each in zip(sides, fragilities, strict=True):
        with side.place:
            draw_fragile(side, each, span, selected, palette)
            draw_set(
                side,
                cached_why.flipping(side.view.query(), selected),
                ABOUT_LOSS,
                "flip",
                selected,
                palette,
                float(each.uncertainty[selected]),
            )
            if (side.view.conversation.observed & ~side.view.observed).any():
                restored = cached_why.restoring(side.view.query(), selected)
                draw_set(side, restored, ABOUT_RETURN, "restore", selected, palette)
            rewriting(side, selected)
    return counterfactuals_heading(fragilities[0])


def draw_fragile(side: Side, fragile: Fragility, span: tuple[float, float], selected: int, palette: Palette) -> None:
    """Every decision's distance from another one, and the most fragile to choose from."""
    words, key = side.view.conversation.words, f"fragility{side.key}"
    table = fragile_table(fragile, words)
    chart_panel(
        fragility_chart(fragile, words, span, selected, palette), key, ABOUT_FRAGILITY, lambda: table, selects=True
    )

    def picked() -> None:
        if rows := st.session_state[f"{key} table"].selection.rows:
            select_utterance(int(table["utterance"].iloc[rows[0]]) - 1)

    with st.expander("The most fragile utterances; choose one to select it"):
        form = PERCENT if fragile.task.classes else 2
        draw_table(
            table, dict.fromkeys(("margin", "margin left", "uncertainty"), form), key=f"{key} table", on_select=picked, selection_mode="single-row",
            column_config={
                "hangs on": st.column_config.NumberColumn(help="Single losses that flip the decision beyond its uncertainty and leave something of the utterance."),
                "changed by": st.column_config.NumberColumn(help="Single losses that change the decision at all."),
            },
        )  # fmt: skip


def draw_set(
    side: Side,
    counterfactual: Counterfactual,
    about: About,
    name: str,
    selected: int,
    palette: Palette,
    uncertainty: float | None = None,
) -> None:
    """One smallest set with the predictions before and after; with the `uncertainty`, whether they differ by more."""
    if not counterfactual.needed:
        st.caption(f"{escape_markdown(counterfactual_title(counterfactual))}.")
        return
    words = side.view.conversation.words
    chart_panel(
        counterfactual_chart(counterfactual, words, selected, palette),
        f"{name}_set{side.key}",
        about,
        partial(set_numbers, counterfactual),
        selects=True,
    )
    ends = [
        escape_markdown(likeliest_text(counterfactual.task, np.asarray(x)))
        for x in (counterfactual.before, counterfactual.after)
    ]
    what = "with this change" if counterfactual.cells else "with all searched cells changed"
    st.caption(
        f"{escape_markdown(f'{counterfactual_facts(counterfactual)} As observed: {ends[0]}; {what}: {ends[1]}')}, both by running the model. "
        + ("" if uncertainty is None else escape_markdown(reservation(counterfactual, uncertainty)))
    )


def set_numbers(counterfactual: Counterfactual) -> pd.DataFrame:
    """The cells of a set with the predictions before and after."""
    table = counterfactual_table(counterfactual)
    names = counterfactual.task.classes or (counterfactual.task.name,)
    before = {f"before, {name}": float(x) for name, x in zip(names, counterfactual.before, strict=True)}
    after = {f"after, {name}": float(x) for name, x in zip(names, counterfactual.after, strict=True)}
    return table.assign(**before, **after)
