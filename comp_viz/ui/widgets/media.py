"""Files that a visitor's browser plays, served by the dashboard itself."""

from pathlib import Path

import streamlit as st
from streamlit.runtime import get_instance


def media_url(path: Path, mimetype: str, place: str) -> str:
    """An address under which the browser of this session gets a file, as `st.video` makes one; it goes with the session.

    Each `place` on a page has one.
    """
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    served = get_instance().media_file_mgr.add(str(path), mimetype, place)
    return f"/{base}{served}" if base else served
