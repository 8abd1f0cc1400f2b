"""The part of the Propagation page on graphs of utterances, of methods that have some."""

from functools import partial

from comp_viz.analysis.propagation.graph import UtteranceGraph, graph_table, utterance_graphs
from comp_viz.analysis.query import Query
from comp_viz.figures.propagation.graph import (
    ABOUT_DISTANCES,
    ABOUT_NEIGHBOURS,
    distances_chart,
    graph_heading,
    neighbours_chart,
)
from comp_viz.figures.style import Palette
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_data
from comp_viz.ui.cache.predictions import open_query
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.widgets.chart_panel import chart_panel


@keep_data(max_entries=64, show_spinner=False)
def cached_graphs(query: Query) -> dict[str, UtteranceGraph]:
    """The graphs of one conversation."""
    with INFERENCE:
        return utterance_graphs(*open_query(query))


def graph_tab(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the finding for the head of the page."""
    graphs = [cached_graphs(side.view.query()) for side in sides]
    for name in dict.fromkeys(name for one in graphs for name in one):
        near, far = row_of_sides(sides), row_of_sides(sides)
        for i, side in enumerate(sides):
            if graph := graphs[i].get(name):
                conversation, numbers = side.view.conversation, partial(graph_table, graph)
                with near[i]:
                    figure = neighbours_chart(graph, conversation.words, conversation.speakers, selected, palette)
                    chart_panel(figure, f"graph_{name}{side.key}", ABOUT_NEIGHBOURS, numbers, selects=True)
                with far[i]:
                    figure = distances_chart(graph, selected, palette)
                    chart_panel(figure, f"graph_{name}_distances{side.key}", ABOUT_DISTANCES, numbers)
    return graph_heading(graphs[0])
