"""All pages as a row of links, shown where the navigation above has no room for all of them: on a phone, in a narrow window."""

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

import streamlit as st


def page_row(pages: Iterable[st.Page], here: st.Page) -> None:
    """Draw the row, which takes room only where it is needed and begins at the page that is open; the navigation takes little."""
    st.html(Path(__file__).with_suffix(".css"))
    with st.container(horizontal=True, wrap=False, gap="small", key="page row"):
        for page in pages:
            with st.container(width="content", key="page here") if page is here else nullcontext():
                st.page_link(page, width="content")
