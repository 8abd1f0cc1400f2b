"""The utterances on which the compared differ most, each to be opened in Live."""

import pandas as pd
import streamlit as st

from comp_viz.analysis.compare.predictions import observed_under
from comp_viz.analysis.robustness.drawings import Drawing
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.matrices import to_hex
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.figures.predictions import label_text
from comp_viz.report.section import Section
from comp_viz.ui.compare.controls import CompareChoice
from comp_viz.ui.frame.navigation import open_in_live
from comp_viz.ui.frame.pattern_state import PatternChoice, set_pattern
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.widgets.chart_panel import table_panel


def differing_utterances(choice: CompareChoice, section: Section, drawing: Drawing) -> None:
    """The utterances on which they differ most; choosing a row opens it in Live."""
    rows, view = section.numbers(), choice.view
    task, known = view.data.task, {name: view.data.find(name) for name in rows["conversation"].unique()}
    first = next(iter(choice.predictors))
    marks = {True: " ✓", False: " ✗", None: ""}
    shown = pd.DataFrame(
        {
            "conversation": rows["conversation"],
            "utterance": rows["utterance"],
            "words": [
                known[name].words[s - 1] for name, s in zip(rows["conversation"], rows["utterance"], strict=True)
            ],
            "truth": [label_text(task, label) for label in rows["truth"]],
            first: [
                label_text(task, x) + marks[right] for x, right in zip(rows["prediction"], rows["right"], strict=True)
            ],
            "other": [
                label_text(task, x) + marks[right]
                for x, right in zip(rows["other prediction"], rows["other right"], strict=True)
            ],
            "other name": rows["other"],
            "difference": rows["difference"],
        }
    )

    def picked() -> None:
        for row in st.session_state["differences"].selection.rows:
            open_row_in_live(choice, rows.iloc[row], drawing)

    table_panel(section, shown, picked)
    st.caption("Choose a row to open it in Live, with exactly what is missing there. ✓ correct decision, ✗ wrong.")
    st.button(
        "Open the first in Live",
        icon=":material/graphic_eq:",
        on_click=open_row_in_live,
        args=(choice, rows.iloc[0], drawing),
    )


def open_row_in_live(choice: CompareChoice, row: pd.Series, drawing: Drawing) -> None:
    """Open the utterance of a row on the Live page under that drawing; to be called in a callback."""
    view, name = choice.view, str(row["conversation"])
    open_in_live(view.name, view.data_name, name)
    if Pattern.parse(drawing.pattern).random:
        known = Utterances.of(view.data.split(choice.split))
        v = known.ids.index(name)
        matrix = observed_under(known, view.data.task, drawing)[known.starts[v] : known.starts[v + 1]]
        set_pattern(PatternChoice(f"cells({to_hex(matrix)})", drawing.seed))
    select_utterance(int(row["utterance"]) - 1)
