"""Stand for, on the Prototypes page: which utterances lie nearest to a prototype, and what that does not mean."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.prototypes.nearest import Library, Neighbours, neighbours, own_library
from comp_viz.data.conversation import Floats
from comp_viz.figures.chart import About
from comp_viz.figures.prototypes.nearest import neighbours_chart, neighbours_title
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.prototypes.shared import NO_PROMPTS, bank_names, library, modality_choice
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of
from comp_viz.ui.widgets.text import escape_markdown, label_text

OWN = "the open conversation"
STANDS = About(
    "The encoded utterances nearest to every prototype, by cosine, the measure by which utterances choose prototypes. Sought among the "
    "training conversations the bank was made from; entries a modality lacks are left out. The line is the median of all utterances.",
    "What a prototype consists of. It is a nonlinear compression along the sequence, not a mean of some utterances: it need not lie "
    "close to any, and where the highest cosine is far below 1, it does not. The words are neighbours, not its meaning.",
    r"A^u = \mathrm{MLP}_{S \to c \to c}(Z^{u\top}) \quad (6)",
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """What is looked at in this section."""

    modality: str
    whose: int  # 0 for the open conversation's own prototypes, then the bank's conversations
    number: int  # of a prototype, counted from 0


def stands_controls(view: PageView) -> Choice:
    """Modality, conversation and number of a prototype."""
    names = [OWN, *bank_names(view)] if view.checkpoint.config.prompting else [OWN]
    numbers = [str(n + 1) for n in range(view.checkpoint.config.prototypes)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        modality = modality_choice(view)
        whose = one_of(
            "Prototypes of", names, "prototypes_of", "The open conversation's own, or those of one in the bank."
        )
        number = one_of("Prototype", numbers, "prototype", "Its neighbours are listed below the chart.")
    return Choice(modality, names.index(whose), int(number) - 1)


def stands_section(sides: list[Side], choice: Choice) -> None:
    """Draw which utterances the prototypes of a conversation lie nearest to, for every side."""
    charts = all(side.view.checkpoint.config.prompting for side in sides)
    for side, chart, listed in zip(sides, row_of_sides(sides, charts), row_of_sides(sides, charts=False), strict=True):
        if side.view.checkpoint.config.prompting:
            neighbours_of(side, choice, chart, listed)
        else:
            chart.info(NO_PROMPTS, icon=":material/info:")


def neighbours_of(side: Side, choice: Choice, chart: DeltaGenerator, listed: DeltaGenerator) -> None:
    """One side: the chart of all prototypes, the list of one's neighbours, each at its place."""
    view, found = side.view, library(side.view)
    if isinstance(found, str):
        side.place.info(f"{found} Neighbours are sought in the open conversation instead.", icon=":material/info:")
        found = own_library(view.inside(), view.conversation)
    prototypes = prototypes_of(view, choice)
    near, number = neighbours(prototypes, found, choice.modality), min(choice.number, len(prototypes) - 1)
    if not near.rows.size:
        side.place.info(f"No utterance there has {choice.modality}.", icon=":material/info:")
        return
    table = neighbour_table(near, found, view)
    mine = table[table["prototype"] == number + 1]
    title = neighbours_title(choice.modality, number, mine["conversation"].iloc[0], mine["utterance"].iloc[0], near)
    figure = neighbours_chart(
        near,
        view.data.task,
        table["value"].to_numpy(np.float32).reshape(near.rows.shape),
        hovers(table),
        number,
        title,
        palette(),
    )
    with chart:
        chart_panel(figure, f"stands_for{side.key}", STANDS, partial(table.drop, columns="value"))
    with listed, st.container(key=f"nearest{side.key}"):
        st.markdown(f"**Nearest to prototype {number + 1} of {escape_markdown(choice.modality)}**")
        st.dataframe(
            mine.drop(columns=["value", "prototype", *([] if table["speaker"].nunique() > 1 else ["speaker"])]), hide_index=True, key=f"neighbours{side.key}",
            column_config={"cosine": st.column_config.NumberColumn(format="%.2f", help="With the prototype, from -1 to 1.")},
        )  # fmt: skip


def prototypes_of(view: PageView, choice: Choice) -> Floats:
    """The prototypes chosen, `[c, d]`; the open conversation's own where another checkpoint's bank is smaller."""
    bank = view.checkpoint.bank[view.checkpoint.config.modalities.index(choice.modality)]
    if choice.whose == 0 or choice.whose > len(bank):
        return view.inside().prototypes[choice.modality]
    chosen: Floats = bank[choice.whose - 1].float().cpu().numpy()
    return chosen


def hovers(table: pd.DataFrame) -> list[str]:
    """What each neighbour is, in order of the table."""
    where = table["conversation"] + ", utterance " + table["utterance"].astype(str)
    return list(where + ": " + table["words"])


def neighbour_table(near: Neighbours, found: Library, view: PageView) -> pd.DataFrame:
    """The neighbours of every prototype as a table, from the nearest on."""
    places, k = found.places[near.rows.ravel()], near.rows.shape[1]
    said = [(found.conversations[v], int(s)) for v, s in places]
    return pd.DataFrame(
        {
            "prototype": np.repeat(np.arange(1, len(near.rows) + 1), k),
            "cosine": near.cosines.ravel(),
            "conversation": [c.id for c, _ in said],
            "utterance": [s + 1 for _, s in said],
            "speaker": [c.speakers[s] for c, s in said],
            "words": [c.words[s] or "(no words)" for c, s in said],
            "label": [label_text(view.data.task, float(c.labels[s])) for c, s in said],
            "value": [float(c.labels[s]) for c, s in said],
        }
    )
