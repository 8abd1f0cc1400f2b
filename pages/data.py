"""Data: browse the data sets of this machine and open a conversation in Live."""

import streamlit as st

from comp_viz.data.source import data_root
from comp_viz.errors import CompVizError
from comp_viz.figures.data.heading import data_title
from comp_viz.ui.cache.data_sets import data_names, data_summary, open_data_set
from comp_viz.ui.data.conversations import chosen_conversation, read_conversation
from comp_viz.ui.data.findings import findings_table
from comp_viz.ui.data.import_dialog import import_dialog, take_saved
from comp_viz.ui.data.overview import data_set_charts, data_set_facts, data_set_numbers
from comp_viz.ui.data.unreadable import unreadable_panel
from comp_viz.ui.frame.heading import page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.frame.theme import palette


def browse(view: PageView | None) -> None:
    """Choose a data set and show what it holds."""
    view = view and view.now()
    names = data_names()
    current = names.index(view.data_name) if view and view.data_name in names else 0
    take_saved(names)
    root = str(data_root())
    menu, button = st.columns([4, 1], vertical_alignment="bottom")
    current = 0 if "browse" in st.session_state else current  # what was chosen or saved comes first
    name = menu.selectbox("Data set to browse", names, index=current, key="browse", persist_state="session")
    if button.button("Import …", icon=":material/upload_file:", width="stretch", key="import"):
        import_dialog()
    unreadable_panel(root)
    try:
        data = open_data_set(name, root)
        summary = data_summary(name, root, data.digest)
    except CompVizError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    page_heading(data_title(data.name, summary))
    data_set_numbers(summary, data)
    data_set_charts(summary, data, name, root, palette())
    data_set_facts(data)
    findings_table(data.findings)
    st.subheader("Conversations", anchor=False)
    if picked := chosen_conversation(data):
        read_conversation(data, name, picked, palette())


browse(current_view("pages/data.py"))
