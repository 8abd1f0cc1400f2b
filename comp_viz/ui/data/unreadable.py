"""What lies in the data root and cannot be read as it is, with the reason and the way into the import dialog."""

from pathlib import Path

import streamlit as st

from comp_viz.data.intake.preview import MOST_UNREADABLE, Unreadable, unreadable_files
from comp_viz.last_change import last_change
from comp_viz.ui.data.import_dialog import import_dialog
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.wording import how_many


def unreadable_panel(root: str) -> None:
    """List them; nothing where all can be read."""
    there = _unreadable(root, last_change(Path(root)))
    if not there:
        return
    least = "At least " if len(there) == MOST_UNREADABLE else ""
    with st.expander(
        f"{least}{how_many(len(there), 'file')} in the data folder cannot be read as found", icon=":material/help:"
    ):
        for one in there:
            text, button = st.columns([6, 1], vertical_alignment="center")
            text.markdown(f"**{escape_markdown(one.name)}**: {escape_markdown(one.reason)}")
            if button.button("Correct", key=f"correct {one.name}", width="stretch"):
                import_dialog(one.name)


@st.cache_data(max_entries=8, show_spinner=False)
def _unreadable(root: str, changed: int) -> list[Unreadable]:
    return unreadable_files(Path(root))
