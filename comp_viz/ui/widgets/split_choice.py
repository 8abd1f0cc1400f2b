"""What pages that measure over a split share: its key, what each split means for the numbers, and what to do without one."""

import streamlit as st

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


def not_measurable(advice: str) -> None:
    """Show what to do where nothing can be measured."""
    st.subheader("Nothing can be measured here", anchor=False)
    st.info(advice, icon=":material/rule:")
