"""The router between experts, of methods that have one, on the Coordinator page."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from comp_viz.analysis.coordinator.routing import Routing, route_conversation, routing_table
from comp_viz.analysis.query import Query
from comp_viz.figures.coordinator.routing import ABOUT_ROUTING, routing_chart
from comp_viz.figures.style import Palette
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_data
from comp_viz.ui.cache.predictions import open_query
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.widgets.chart_panel import chart_panel


@keep_data(max_entries=64, show_spinner=False)
def cached_routing(query: Query) -> Routing:
    """The router's weights of one conversation."""
    with INFERENCE:
        return route_conversation(*open_query(query))


def routing_charts(sides: Sequence[Side], selected: int, palette: Palette) -> None:
    """Which expert serves which modality, of every side whose method has a router."""
    if not any(side.view.checkpoint.has("routing") for side in sides):
        return
    places = row_of_sides(sides) if len(sides) > 1 else [st.container()]  # below the weights
    for side, place in zip(sides, places, strict=True):
        with place:
            if side.view.checkpoint.has("routing"):
                routing = cached_routing(side.view.query())
                figure = routing_chart(routing, selected, palette)
                chart_panel(figure, f"routing{side.key}", ABOUT_ROUTING, partial(routing_table, routing))
