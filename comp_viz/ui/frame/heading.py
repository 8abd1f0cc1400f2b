"""What all pages begin with: their finding, or what to do when there is nothing to show."""

import streamlit as st

from comp_viz.ui.frame.report_collector import page_report, report_button
from comp_viz.ui.frame.text import escape_markdown


def page_heading(finding: str, help: str | None = None) -> None:
    """What the current picture says, in a sentence or two; the name of the page is marked in the navigation."""
    page_report().finding = finding
    with st.container(horizontal=True, vertical_alignment="top", wrap=False, key="page heading"):
        st.subheader(escape_markdown(finding), anchor=False, help=help, width="stretch")
        report_button()


def empty_state() -> None:
    """What to do when nothing can be shown."""
    st.header("Nothing to show yet", anchor=False)
    st.markdown(
        "The sidebar says what is missing or does not fit, and how to mend it. The `lab` checkpoint on the data set `lab` "
        "always works."
    )
