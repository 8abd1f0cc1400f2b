"""The warning beside numbers of a results table whose epochs were chosen on the test split."""

import streamlit as st

from comp_viz.analysis.shipped_results import ResultsTable

ON_TEST_SPLIT = "EPOCHS SELECTED ON THE TEST SPLIT, the paper's protocol: every number is optimistic."


def selection_warning(table: ResultsTable) -> None:
    """Warn where epochs were chosen on the test split."""
    if table.on_test:
        st.warning(ON_TEST_SPLIT, icon=":material/warning:")
