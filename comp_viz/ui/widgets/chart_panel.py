"""A chart as every page shows it: its finding as the title, what it shows and what it does not, its numbers to take away."""

from collections.abc import Callable
from functools import partial
from io import BytesIO

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from comp_viz.figures.chart import About, wrap_axis_titles
from comp_viz.report.section import Section
from comp_viz.ui.frame.address_state import set_widget
from comp_viz.ui.frame.report_collector import add_section
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.frame.theme import for_projector
from comp_viz.ui.widgets.chart import CONFIG
from comp_viz.ui.widgets.written import draw_table

FORMATS = ("SVG", "PNG")
FORMAT = "picture format"  # what the session keeps


def chart_panel(
    figure: go.Figure, key: str, about: About, numbers: Callable[[], pd.DataFrame], selects: bool = False
) -> None:
    """Show a figure made with `base_layout` or `along` under its title, which `layout.meta` holds.

    `key` names the chart and the files it is saved to. `numbers` gives everything drawn as a table. With `selects`, a
    click selects an utterance: of traces whose `customdata` begins with its number, counted from 0. Cells of a heat-map
    are none: Streamlit hears of selected points only, and an invisible point on each of 15,000 cells would cost more than the
    map does, so a heat-map has clickable bars or points on the same axis above or below it.
    """
    title = str(figure.layout.meta)
    wrap_axis_titles(figure)
    chart_heading(title, key, about, numbers)
    add_section(Section(key, title, about, numbers, figure))

    def clicked() -> None:
        points = st.session_state[key].selection.points
        if points and (data := points[0].get("customdata")) is not None:
            select_utterance(int(data[0] if isinstance(data, list | tuple) else data))

    picture = {"format": st.session_state.get(FORMAT, FORMATS[0]).lower(), "filename": key, "scale": 3}
    st.plotly_chart(
        for_projector(figure), theme=None, key=key, config=CONFIG | {"toImageButtonOptions": picture}, alt=f"{title}. {about.shows}",
        on_select=clicked if selects else "ignore", selection_mode="points",
    )  # fmt: skip


def table_panel(section: Section, rows: pd.DataFrame, picked: Callable[[], None] | None = None) -> None:
    """Show a table under its title, as people read it; its numbers in full can be saved. `picked` hears of a chosen row."""
    chart_heading(section.title, section.key, section.about, section.numbers)
    add_section(section)
    draw_table(
        rows, key=section.key, on_select=picked or "ignore", selection_mode="single-row",
        height="content" if len(rows) < 20 else 380,
    )  # fmt: skip


def chart_heading(title: str, key: str, about: About, numbers: Callable[[], pd.DataFrame]) -> None:
    """A title with what is below it explained, and its numbers to take away."""
    with st.container(horizontal=True, vertical_alignment="top", wrap=False, key=f"{key} title"):
        st.markdown(f"**{escape_markdown(title)}**", width="stretch")
        with st.popover("About", icon=":material/info:", type="tertiary"):
            draw_about(about)
        with st.popover("Save", icon=":material/download:", type="tertiary"):
            save_controls(key, numbers)


def draw_about(about: About) -> None:
    """What a chart shows, with its equation, and what it does not show."""
    st.markdown(f"**What it shows.** {about.shows}")
    if about.equation:
        st.latex(about.equation)
    st.markdown(f"**What it does not show.** {about.not_shows}")


def save_controls(key: str, numbers: Callable[[], pd.DataFrame]) -> None:
    """The numbers of a chart as files, made when they are asked for, and the format of its picture."""
    for name, write in FILES.items():
        st.download_button(
            f"Numbers as {name}", partial(write, numbers), f"{key}.{name.lower()}", key=f"{key} {name}",
            on_click="ignore", width="stretch",
        )  # fmt: skip

    def choose() -> None:
        st.session_state[FORMAT] = st.session_state[f"{key} format"] or FORMATS[0]

    st.segmented_control(
        "Picture", FORMATS, key=set_widget(f"{key} format", st.session_state.get(FORMAT, FORMATS[0])), on_change=choose,
        help="Format of the picture that the camera above the chart saves.",
    )  # fmt: skip


def csv_bytes(numbers: Callable[[], pd.DataFrame]) -> bytes:
    """A table as a CSV file."""
    return numbers().to_csv(index=False).encode()


def parquet_bytes(numbers: Callable[[], pd.DataFrame]) -> bytes:
    """A table as a Parquet file."""
    out = BytesIO()
    numbers().to_parquet(out, index=False)
    return out.getvalue()


FILES = {"CSV": csv_bytes, "Parquet": parquet_bytes}
