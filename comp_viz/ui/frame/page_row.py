"""All pages as a row of links, shown where the navigation above has no room for all of them: on a phone, in a narrow window."""

from collections.abc import Iterable
from pathlib import Path

import streamlit as st


def page_row(pages: Iterable[st.Page]) -> None:
    """Draw the row, which takes room only where it is needed; and have the navigation take as little as it can."""
    st.html(Path(__file__).with_suffix(".css"))
    with st.container(horizontal=True, wrap=False, gap="small", key="page row"):
        for page in pages:
            st.page_link(page, width="content")
