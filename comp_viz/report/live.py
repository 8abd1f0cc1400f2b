"""The section of one conversation under a missing pattern, as the Live page shows it."""

from functools import partial

from comp_viz.analysis.live.change import Change
from comp_viz.analysis.live.tables import timeline_table
from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Conversation
from comp_viz.figures.live.timeline import about_timeline, timeline, timeline_title
from comp_viz.figures.style import Palette
from comp_viz.report.section import Section


def timeline_section(
    here: Prediction, complete: Prediction, changed: Change, conversation: Conversation, selected: int, palette: Palette
) -> Section:
    """The conversation along its utterances, with everything drawn as a table."""
    figure = timeline(here, complete, changed, conversation.labels, conversation.words, selected, palette)
    numbers = partial(timeline_table, here, complete, changed, conversation)
    return Section("timeline", timeline_title(changed), about_timeline(here), numbers, figure)
