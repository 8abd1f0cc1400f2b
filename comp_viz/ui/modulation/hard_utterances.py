"""The table of the hardest and the easiest training utterances; choosing a row opens it in Live."""

from typing import Any

import pandas as pd
import streamlit as st

from comp_viz.analysis.modulation.hard_utterances import LIST_LENGTH, with_utterance_words
from comp_viz.figures.modulation.hard_utterances import HARDNESS_HELP, easy_utterances, hardness_title
from comp_viz.figures.predictions import label_text
from comp_viz.figures.style import modality_marks
from comp_viz.ui.cache import training as cached_training
from comp_viz.ui.frame.navigation import open_in_live
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.modulation.charts import trained_on_open_data
from comp_viz.ui.widgets.choices import one_of
from comp_viz.ui.widgets.written import PERCENT, Form, draw_table
from comp_viz.wording import how_many

NO_HARDNESS = "The training of **{name}** recorded no utterances. Every `comp-viz train` does so for the training split, in `telemetry/` beside its checkpoint."
LIST = "list"  # widget key and address parameter
HARDEST, EASIEST = "hardest", "easiest"


def hard_utterances(view: PageView) -> None:
    """Hard and easy utterances by name; choosing a row opens it in Live."""
    hardness = cached_training.hardness(view.name)
    if hardness.rows.empty:
        st.info(NO_HARDNESS.format(name=escape_markdown(view.name)), icon=":material/info:")
        return
    st.markdown(f"**{escape_markdown(hardness_title(hardness))}**", help=HARDNESS_HELP)
    end = one_of("Utterances", (HARDEST, EASIEST), LIST, HARDNESS_HELP, buttons=True)
    rows = hardness.ends(easiest=end == EASIEST)
    known = trained_on_open_data(view)
    shown = with_utterance_words(rows, view.data) if known else rows

    def open_chosen() -> None:
        for chosen in st.session_state["hard"].selection.rows if known else ():
            open_row(view, rows.iloc[chosen])

    st.button(
        "Open the first in Live",
        icon=":material/graphic_eq:",
        on_click=open_row,
        args=(view, rows.iloc[0]),
        disabled=not known,
    )
    draw_table(
        readable_rows(shown, view), number_forms(view.data.modalities), height=380, key="hard",
        on_select=open_chosen if known else "ignore", selection_mode="single-row", column_config=number_columns(view.data.modalities),
    )  # fmt: skip
    where = "Choose a row to open it in Live." if known else "Open the data set it was trained on to see their words."
    count = how_many(len(hardness.rows), "training utterance")
    st.caption(
        f"{escape_markdown(easy_utterances(hardness))} The {LIST_LENGTH} {end} of {count} with a label that counts. {where}"
    )


def open_row(view: PageView, row: pd.Series) -> None:
    """Open the utterance of a row on the Live page; to be called in a callback."""
    open_in_live(None, view.data_name, str(row["conversation"]))
    select_utterance(int(row["utterance"]))


def number_columns(modalities: tuple[str, ...]) -> dict[str, Any]:
    """Short headers for the numbers of the table."""
    labels = {"all wrong": "all wrong", "wrong": "mean", "error": "error"}
    for u, mark in modality_marks(modalities).items():
        labels |= {f"wrong {u}": f"{mark} wrong", f"coefficient {u}": f"{mark} coefficient"}
    return {
        name: st.column_config.NumberColumn(label, help=name, width=110 if "coefficient" in label else "small")
        for name, label in labels.items()
    }


def number_forms(modalities: tuple[str, ...]) -> dict[str, Form]:
    """How the numbers of the table are written."""
    forms: dict[str, Form] = {"all wrong": PERCENT, "wrong": PERCENT, "error": 2}
    return forms | {f"wrong {u}": PERCENT for u in modalities} | {f"coefficient {u}": 3 for u in modalities}


def readable_rows(rows: pd.DataFrame, view: PageView) -> pd.DataFrame:
    """The table as people read it: utterances from 1, labels as text, words in front, no empty column."""
    frame = rows.assign(utterance=rows["utterance"] + 1).dropna(axis=1, how="all")
    front = ["conversation", "utterance"]
    if "label" in frame:
        frame["label"] = [label_text(view.data.task, label) for label in frame["label"]]
        front += ["words", "label"]
    return frame[[*front, *(name for name in frame if name not in front)]]
