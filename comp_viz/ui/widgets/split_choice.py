"""What pages that measure over a split share: its key, its pattern, what each split means for the numbers, what to do without."""

import streamlit as st

from comp_viz.data.patterns.pattern import AS_RECORDED, Pattern
from comp_viz.errors import CompVizError
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.pattern_state import pattern_choice

SPLIT = "split"  # widget key and address parameter
SPLIT_HELP = {
    "test": "",
    "validation": "The epoch was chosen by conversations like these: read the numbers as optimistic.",
    "train": "The model learned from these conversations: read the numbers as optimistic.",
}
NO_SPLITS = (
    "This data set names no splits, so it is not known which conversations the model was trained on. Name them in a column "
    "`split` (train, validation, test) and import it again: `comp-viz data import`."
)
NO_LABELS = (
    "No utterance of this split has a label that counts, so accuracy is not defined. Choose another split, or add labels "
    "to the data set and import it again: `comp-viz data import`."
)


CELLS = "The pattern at the left was painted for one conversation and means nothing for a split, so here everything is as recorded."


def not_measurable(advice: str) -> None:
    """Show what to do where nothing can be measured."""
    st.subheader("Nothing can be measured here", anchor=False)
    st.info(advice, icon=":material/rule:")


def pattern_of_split(view: PageView) -> tuple[str, str]:
    """The pattern in force as one of a whole split, and what to mind where it is another."""
    current = pattern_choice()
    if current.edited:
        return AS_RECORDED, CELLS
    try:
        pattern = Pattern.parse(current.text)
        pattern.check(view.data.modalities, view.data.task)
    except CompVizError as error:
        return AS_RECORDED, f"The pattern at the left does not fit, so here everything is as recorded. {error}"
    return str(pattern), ""
