"""Nearest utterances on the Prototypes page: those whose encoding is nearest to a prototype, and their words."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.prototypes.nearest import Library, NearestUtterances, nearest_utterances, own_library
from comp_viz.data.conversation import Floats
from comp_viz.figures.predictions import label_text
from comp_viz.figures.prototypes.nearest import ABOUT_NEAREST, nearest_chart, nearest_title
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.prototypes.bank import bank_names, cached_library
from comp_viz.ui.prototypes.controls import NO_PROTOTYPES, modality_choice
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of
from comp_viz.ui.widgets.written import draw_table

OPEN_CONVERSATION = "the open conversation"


@dataclass(frozen=True)
class PrototypeChoice:
    """What is looked at in this section."""

    modality: str
    whose: int  # 0 for the open conversation's own prototypes, then the bank's conversations
    number: int  # of a prototype, counted from 0


def nearest_controls(view: PageView) -> PrototypeChoice:
    """Modality, conversation and number of a prototype."""
    names = [OPEN_CONVERSATION, *bank_names(view)] if view.checkpoint.prompting else [OPEN_CONVERSATION]
    numbers = [str(n + 1) for n in range(view.checkpoint.comp.config.prototypes)]
    modality = modality_choice(view)
    whose = one_of("Prototypes of", names, "prototypes_of", "The open conversation's own, or those of one in the bank.")
    number = one_of("Prototype", numbers, "prototype", "Its nearest utterances are listed below the chart.", width=110)
    return PrototypeChoice(modality, names.index(whose), int(number) - 1)


def nearest_section(sides: list[Side], choice: PrototypeChoice) -> None:
    """Draw which utterances the prototypes of a conversation lie nearest to, for every side."""
    charts = all(side.view.checkpoint.prompting for side in sides)
    for side, chart, listed in zip(sides, row_of_sides(sides, charts), row_of_sides(sides, charts=False), strict=True):
        if side.view.checkpoint.prompting:
            draw_nearest(side, choice, chart, listed)
        else:
            chart.info(NO_PROTOTYPES, icon=":material/info:")


def draw_nearest(side: Side, choice: PrototypeChoice, chart: DeltaGenerator, listed: DeltaGenerator) -> None:
    """One side: the chart of all prototypes, the list of one's neighbours, each at its place."""
    view, known = side.view, cached_library(side.view)
    if isinstance(known, str):
        side.place.info(
            f"{escape_markdown(known)} The nearest utterances of the open conversation are shown instead.",
            icon=":material/info:",
        )
        known = own_library(view.inside(), view.conversation)
    prototypes = prototypes_of(view, choice)
    nearest, number = nearest_utterances(prototypes, known, choice.modality), min(choice.number, len(prototypes) - 1)
    if not nearest.rows.size:
        side.place.info(f"No utterance there has {escape_markdown(choice.modality)}.", icon=":material/info:")
        return
    table = nearest_table(nearest, known, view)
    mine = table[table["prototype"] == number + 1]
    title = nearest_title(choice.modality, number, mine["conversation"].iloc[0], mine["utterance"].iloc[0], nearest)
    figure = nearest_chart(
        nearest,
        view.data.task,
        table["value"].to_numpy(np.float32).reshape(nearest.rows.shape),
        neighbour_texts(table),
        number,
        title,
        palette(),
    )
    with chart:
        chart_panel(figure, f"stands_for{side.key}", ABOUT_NEAREST, partial(table.drop, columns="value"))
    with listed, st.container(key=f"nearest{side.key}"):
        st.markdown(f"**Nearest to prototype {number + 1} of {escape_markdown(choice.modality)}**")
        shown = mine.drop(columns=["value", "prototype", *([] if table["speaker"].nunique() > 1 else ["speaker"])])
        draw_table(
            shown, {"cosine": 2}, key=f"neighbours{side.key}",
            column_config={"cosine": st.column_config.NumberColumn(help="With the prototype, from −1 to 1.")},
        )  # fmt: skip


def prototypes_of(view: PageView, choice: PrototypeChoice) -> Floats:
    """The prototypes chosen, `[c, d]`; the open conversation's own where another checkpoint's bank is smaller."""
    bank = view.checkpoint.bank[view.checkpoint.config.modalities.index(choice.modality)]
    if choice.whose == 0 or choice.whose > len(bank):
        return view.inside().prototypes[choice.modality]
    chosen: Floats = bank[choice.whose - 1].float().cpu().numpy()
    return chosen


def neighbour_texts(table: pd.DataFrame) -> list[str]:
    """What each neighbour is, in order of the table."""
    where = table["conversation"] + ", utterance " + table["utterance"].astype(str)
    return list(where + ": " + table["words"])


def nearest_table(nearest: NearestUtterances, library: Library, view: PageView) -> pd.DataFrame:
    """The utterances nearest to every prototype as a table, from the nearest on."""
    places, k = library.places[nearest.rows.ravel()], nearest.rows.shape[1]
    utterances = [(library.conversations[v], int(s)) for v, s in places]
    return pd.DataFrame(
        {
            "prototype": np.repeat(np.arange(1, len(nearest.rows) + 1), k),
            "cosine": nearest.cosines.ravel(),
            "conversation": [c.id for c, _ in utterances],
            "utterance": [s + 1 for _, s in utterances],
            "speaker": [c.speakers[s] for c, s in utterances],
            "words": [c.words[s] or "(no words)" for c, s in utterances],
            "label": [label_text(view.data.task, float(c.labels[s])) for c, s in utterances],
            "value": [float(c.labels[s]) for c, s in utterances],
        }
    )
