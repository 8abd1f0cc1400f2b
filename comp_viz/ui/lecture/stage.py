"""What a lecture needs of the browser: the chart of a step in view, keys, and the presenter's window."""

import re

from comp_viz.stories import Story
from comp_viz.ui.lecture.class_controls import tally_address
from comp_viz.ui.widgets.component import component


def set_stage(step: str, show: str, story: Story, here: int) -> None:
    """Scroll once for every `step` to what has the key `show`, or to the top where that is empty; with the presenter's window.

    That has the notes of step `here`, counted from 0, a clock and the next step; its keys go on, back, and black the screen out.
    """
    name = re.sub(r"[^a-zA-Z0-9_-]", "-", f"st-key-{show}") if show else ""  # as Streamlit names its parts
    steps = [{"say": one.say, "ask": one.ask, "notes": one.notes} for one in story.steps]
    script = {"title": story.title, "minutes": story.minutes, "here": here, "steps": steps}
    data = {"step": step, "show": name, "script": script, "tally": tally_address()}
    component(__file__, isolated=False)(key="stage", data=data)
