"""Lecture mode: a bar above every page with the step's sentence and question, and the keys that go on and back."""

from functools import lru_cache
from pathlib import Path

import streamlit as st

from comp_viz.data.patterns.pattern import AS_RECORDED
from comp_viz.errors import CompVizError
from comp_viz.last_change import last_change
from comp_viz.resources import places
from comp_viz.stories import Story, read_story
from comp_viz.story_settings import LISTS, StepSettings
from comp_viz.ui.cache.checkpoints import checkpoint_names
from comp_viz.ui.frame.address_notes import note_unknown
from comp_viz.ui.frame.address_state import OPENED, address_value, first_address, set_address_value, whole_number
from comp_viz.ui.frame.arrival import go_to
from comp_viz.ui.frame.compare_mode import COMPARE, NOTHING, OTHER
from comp_viz.ui.frame.navigation import open_here
from comp_viz.ui.frame.pattern_state import PATTERN, SEED, PatternChoice, set_pattern
from comp_viz.ui.frame.selected_utterance import UTTERANCE
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.frame.theme import STORY
from comp_viz.ui.lecture.class_controls import begin_class, class_answers, class_buttons, leave_class, take_class
from comp_viz.ui.lecture.stage import set_stage
from comp_viz.wording import how_many

STORIES = places("stories")
STEP = "step"  # in the address, counted from 1
OPENINGS = "openings"  # where the session counts the steps it opened
KEPT = {UTTERANCE: "", COMPARE: NOTHING, OTHER: "uniform(0.5)"}  # what goes from page to page, and its usual values


def shipped_stories() -> tuple[dict[str, Story], list[str]]:
    """All stories by the name of their file, in their places, and what is wrong with files that hold none."""
    stories, problems = {}, []
    for path in sorted(path for folder in STORIES for path in folder.glob("*.yaml")):
        story = cached_story(path, last_change(path))
        if isinstance(story, Story):
            stories[path.stem] = story
        else:
            problems.append(story)
    return dict(sorted(stories.items(), key=lambda each: each[1].place)), problems


@lru_cache(maxsize=64)
def cached_story(path: Path, stamp: int) -> Story | str:
    """The story in a file, or what is wrong with it; read again when the file changed."""
    try:
        return read_story(path)
    except CompVizError as error:
        return str(error)


def open_step(name: str, story: Story, number: int) -> None:
    """Prepare the view of a step, counted from 0, and open its page; to be called before the sidebar is drawn."""
    set_address_value(STORY, name)
    set_address_value(STEP, str(number + 1))
    st.session_state[OPENINGS] += 1
    prepare_view(story.settings(number))
    take_class(name, story, number)
    go_to(f"pages/{story.steps[number].page}.py")


def begin_story(name: str, story: Story) -> None:
    """Open a story at its first step, with nothing guessed or shown yet; to be called in a callback."""
    begin_class(name, story)
    open_step(name, story, 0)


def prepare_view(settings: StepSettings) -> None:
    """Set everything a step names; what goes from page to page and is not named gets its usual value."""
    open_here(*(str(settings[key]) if key in settings else None for key in OPENED))
    set_pattern(PatternChoice(str(settings.get(PATTERN, AS_RECORDED)), int(settings.get(SEED, 1))))
    for key, usual in KEPT.items():
        set_address_value(key, str(settings.get(key, usual)))
    for key in settings.keys() - {*OPENED, PATTERN, SEED, *KEPT}:
        st.session_state[key] = [settings[key]] if key in LISTS else settings[key]


def leave_story() -> None:
    """End the story and stay where it led to; to be called in a callback."""
    set_address_value(STORY, "")
    set_address_value(STEP, "1")
    leave_class()


def current_story() -> Story | None:
    """The story that is open, where there is one."""
    return shipped_stories()[0].get(address_value(STORY, ""))


def current_step(story: Story) -> int:
    """Where a story stands: the number of its step, counted from 0."""
    return max((whole_number(address_value(STEP, "1"), most=len(story.steps)) or 1) - 1, 0)


def open_addressed_step() -> None:
    """Prepare the step that a visitor's address names; one that names parts of a view, too, opens exactly that."""
    if st.session_state.setdefault(OPENINGS, 0) == 0 and (story := current_story()):
        st.session_state[OPENINGS] = 1
        if first_address().keys() <= {STORY, STEP}:
            open_step(address_value(STORY, ""), story, current_step(story))
        else:
            take_class(address_value(STORY, ""), story, current_step(story))


def story_bar() -> None:
    """The step's sentence, its question, and the way on; nothing where no story is open."""
    name, story = address_value(STORY, ""), current_story()
    if story is None:
        note_unknown(STORY, name, "no story", shipped_stories()[0])
        return
    here = current_step(story)
    step = story.steps[here]
    with st.container(border=True, key="lecture"):
        sentence, keys = st.columns([2.1, 1], vertical_alignment="center")
        with sentence:
            st.subheader(escape_markdown(step.say), anchor=False)
            st.markdown(f"#### :material/forum: {escape_markdown(step.ask)}", anchors=False)
            class_buttons(story, here)
        with keys:
            step_buttons(name, story, here)
            set_stage(f"{name} {here} {st.session_state[OPENINGS]}", step.show, story, here)
        class_answers(story, here)


def step_buttons(name: str, story: Story, here: int) -> None:
    """On and back, the notes, and the way out; `here` counts steps from 0."""
    last = len(story.steps) - 1
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Back", icon=":material/arrow_back:", shortcut="PageUp", key="lecture back", disabled=here == 0, width="stretch",
            on_click=open_step, args=(name, story, here - 1),
        )  # fmt: skip
        st.button(
            "Next", icon=":material/arrow_forward:", shortcut="PageDown", key="lecture on", type="primary",
            disabled=here == last, width="stretch", on_click=open_step, args=(name, story, here + 1),
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"{here + 1} of {last + 1}", width="stretch")
        with st.popover("Notes", icon=":material/speaker_notes:", type="tertiary"):
            st.markdown(escape_markdown(story.steps[here].notes))
        st.button(
            "Restore view", icon=":material/restart_alt:", type="tertiary", on_click=open_step, args=(name, story, here),
            help="Prepares the view of this step again, after something was tried out.",
        )  # fmt: skip
        st.button(
            "Leave",
            icon=":material/close:",
            type="tertiary",
            on_click=leave_story,
            help=f"Ends “{escape_markdown(story.title)}” here.",
        )


def story_outline(name: str, story: Story) -> None:
    """A story with its script and the way to begin it."""
    needed = {str(story.settings(i)["checkpoint"]) for i in range(len(story.steps))}
    lacking = sorted(needed - set(checkpoint_names()))
    with st.container(border=True):
        words, begin = st.columns([4, 1], vertical_alignment="center")
        words.markdown(
            f"#### {escape_markdown(story.title)}\n{escape_markdown(story.about)} {how_many(len(story.steps), 'step')}, about {how_many(story.minutes, 'minute')}."
        )
        begin.button(
            "Begin", icon=":material/play_arrow:", type="primary", key=f"begin {name}", disabled=bool(lacking), width="stretch",
            on_click=begin_story, args=(name, story),
        )  # fmt: skip
        if lacking:
            st.caption(f"Needs {escape_markdown(', '.join(lacking))} in the folder `checkpoints`.")
        with st.expander("Script and presenter's notes"):
            for i, step in enumerate(story.steps):
                say, ask, notes = map(escape_markdown, (step.say, step.ask, step.notes))
                st.markdown(f"{i + 1}. **{say}** *{ask}*  \n   {notes}")
