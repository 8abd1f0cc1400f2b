"""The frame of the dashboard: sidebar and navigation. Start it with `streamlit run app.py`."""

import streamlit as st

from comp_viz.ui.sidebar import frame

st.set_page_config(page_title="ComP Viz", page_icon="comp_viz/ui/icon.svg", layout="wide")
page = st.navigation(
    [
        st.Page("pages/live.py", title="Live", icon=":material/graphic_eq:", default=True),
        st.Page("pages/data.py", title="Data", icon=":material/dataset:"),
        st.Page("pages/lab.py", title="Lab", icon=":material/science:"),
    ]
)
frame()
page.run()
