"""The frame of the dashboard: sidebar and navigation. Start it with `streamlit run app.py`."""

import streamlit as st

from comp_viz.ui.sidebar import frame
from comp_viz.ui.warm_up import compiling

PAGES = {
    "live": "graphic_eq",
    "clips": "movie",
    "overview": "schema",
    "prototypes": "hub",
    "propagation": "conversion_path",
    "coordinator": "balance",
    "modulation": "tune",
    "imbalance": "trending_up",
    "robustness": "shield",
    "data": "dataset",
    "lab": "science",
}

st.set_page_config(page_title="ComP Viz", page_icon="comp_viz/ui/icon.svg", layout="wide")
pages = [
    st.Page(f"pages/{name}.py", title=name.capitalize(), icon=f":material/{icon}:", default=name == "live")
    for name, icon in PAGES.items()
]
page = st.navigation(pages, position="top")
compiling()
frame()
page.run()
