"""The frame of the dashboard: sidebar and navigation. Start it with `comp-viz run` or `streamlit run app.py`."""

import sys
from contextlib import nullcontext

import streamlit as st

from comp_viz.resources import PACKAGE
from comp_viz.ui.frame.address_state import address_value, keep_address
from comp_viz.ui.frame.arrival import load_pytorch, names_view, open_live, shows_example
from comp_viz.ui.frame.compact import compact_layout
from comp_viz.ui.frame.page_row import page_row
from comp_viz.ui.frame.theme import STORY
from comp_viz.ui.server_addresses import ask_nobody
from comp_viz.ui.server_life import while_serving
from comp_viz.ui.widgets.theme_change import follow_theme

# Group in the navigation -> its pages with their icons; those of the group without a name stand in the bar itself.
PAGES = {
    "": {
        "example": "play_circle",
        "live": "graphic_eq",
        "clips": "movie",
        "why": "psychology_alt",
        "lecture": "co_present",
    },
    "Mechanism": {
        "overview": "schema",
        "prototypes": "hub",
        "propagation": "conversion_path",
        "reconstruction": "healing",
        "coordinator": "balance",
    },
    "Training": {"modulation": "tune", "imbalance": "trending_up"},
    "Evaluation": {"claims": "fact_check", "robustness": "shield", "compare": "compare_arrows"},
    "Data": {"data": "dataset", "lab": "science"},
}


def draw_dashboard() -> None:
    """Draw the page that is open, and what stands around each."""
    keep_address()
    st.set_page_config(
        page_title="ComP Viz", page_icon=str(PACKAGE / "ui" / "icon.svg"), layout="wide",
        initial_sidebar_state="collapsed" if address_value(STORY, "") else "auto",
    )  # fmt: skip
    groups = {
        group: [
            st.Page(f"pages/{name}.py", title=name.capitalize(), icon=f":material/{icon}:", default=name == "example")
            for name, icon in pages.items()
        ]
        for group, pages in PAGES.items()
    }
    page = st.navigation(groups, position="top")
    if names_view() and page.title == "Example":
        open_live()
    everything = [one for pages in groups.values() for one in pages]
    follow_theme()
    compact_layout()
    if page.title == "Example" and shows_example():
        load_pytorch()
        page_row(everything, page)
        page.run()
        return
    with (
        nullcontext() if "torch" in sys.modules else st.spinner("Starting; only the first visitor waits for PyTorch …")
    ):
        from comp_viz.ui.frame.address_notes import draw_address_notes
        from comp_viz.ui.frame.analysis_state import analysis_notice
        from comp_viz.ui.frame.errors_in_words import errors_in_words
        from comp_viz.ui.frame.lasting_memory import spare_what_lasts
        from comp_viz.ui.frame.sidebar import draw_frame
        from comp_viz.ui.frame.warm_up import compiling
        from comp_viz.ui.lecture import bar as lecture

    compiling()
    lecture.open_addressed_step()
    draw_frame(page.title)
    lecture.story_bar()
    if page.title != "Clips":
        analysis_notice()
    for group, pages in groups.items():
        if group and page in pages:
            st.caption(f"{group} › **{page.title}**")
    page_row(everything, page)
    notes = st.container()
    with errors_in_words():
        page.run()
    draw_address_notes(notes)
    spare_what_lasts(page.title)


if __name__ == "__main__":  # a visitor looks at a page
    draw_dashboard()
else:  # Streamlit imports this module once, before anybody can reach the server
    from starlette.middleware import Middleware

    from comp_viz.ui.lecture.classroom import classroom
    from comp_viz.ui.upload_budget import UploadBudget

    ask_nobody()
    middleware, routes = [Middleware(UploadBudget)], []
    if room := classroom():
        from comp_viz.ui.lecture.class_routes import class_routes
        from comp_viz.ui.lecture.presenter_only import PresenterOnly

        middleware, routes = [Middleware(PresenterOnly, room=room), *middleware], class_routes(room)
    app = st.App(__file__, lifespan=while_serving, middleware=middleware, routes=routes)
