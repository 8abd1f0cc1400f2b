"""The Live page's section of a report, by the library: the page itself shows what the browser made of the pattern."""

from comp_viz.analysis.live.change import change
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.figures.style import Palette
from comp_viz.report.live import timeline_section
from comp_viz.report.section import Section
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.frame.page_view import PageView


def view_section(view: PageView, selected: int, palette: Palette) -> Section:
    """The conversation under the pattern in force; predicted anew, as it is made outside of the session and its caches."""
    conversation = view.conversation
    with INFERENCE:
        complete, here = (
            predict_conversation(view.checkpoint, conversation, observed)
            for observed in (conversation.observed, view.observed)
        )
    return timeline_section(
        here, complete, change(here, complete, conversation.labels), conversation, selected, palette
    )
