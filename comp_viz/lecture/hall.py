"""A class of phones that follows a presenter: where it is, what it guesses, what was shown. It knows no names."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from comp_viz.analysis.lecture.answers import ClassAnswers
from comp_viz.errors import CompVizError
from comp_viz.lecture.class_pages import ClassPages

MOST_PHONES = 1000  # that are counted, and whose choices are kept, for each step
GONE = 45.0  # seconds after which a phone that asks nothing is not counted any more; each asks every 20


class NotAsked(CompVizError):
    """A choice came for something that the class is not asked, or not any more."""


class ClassFull(CompVizError):
    """More phones choose than are counted."""


@dataclass(frozen=True)
class ClassState:
    """Where the class is, as phones are told."""

    version: str = ""  # another one whenever anything else here changes
    round: str = ""  # another one whenever a story begins; empty where none is open
    story: str = ""  # its key
    step: int = 0  # counted from 0
    ready: bool = False  # whether the story's pages are there
    problem: str = ""  # why they cannot be
    shown: dict[int, ClassAnswers] = field(default_factory=dict)  # of each step whose answer was shown


class Hall:
    """The class of one server. Any thread may call any method; who may move the class is for the server to see to."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.on_change: list[Callable[[], None]] = []  # called after every change that phones are told of
        self.state = ClassState(version=secrets.token_hex(8))
        self.ended = False  # whether the server is about to end, so that nobody is to wait for a change
        self._lock = threading.Lock()
        self._pages: dict[str, ClassPages] = {}
        self._problems: dict[str, str] = {}
        self._choices: dict[int, dict[str, int]] = {}  # step -> phone -> number of the modality
        self._phones: dict[str, float] = {}  # when each last asked

    # The presenter

    def begin(self, story: str) -> None:
        """Open a story at its first step: nothing is chosen or shown yet, and pages that could not be made may be by now."""
        self._problems.pop(story, None)
        self._change(lambda state: self._opened(state, story))

    def go(self, story: str, step: int) -> None:
        """Take the class to a step, counted from 0; a story that is not the open one begins there."""
        self._change(lambda state: replace(state if state.story == story else self._opened(state, story), step=step))

    def show(self) -> None:
        """Show the answer of the step where the class is, with what was chosen; from now on nobody changes it."""
        self._change(
            lambda state: replace(state, shown=state.shown | {state.step: self._answers()}) if state.ready else state
        )

    def leave(self) -> None:
        """Close the story: phones keep the page they have, and all choices are forgotten."""
        self._change(lambda state: self._opened(state, ""))

    def provide(self, story: str, pages: ClassPages) -> None:
        """Say what phones are served of a story."""
        self._pages[story] = pages
        self._change(lambda state: state)

    def give_up(self, story: str, problem: str) -> None:
        """Say why a story has no pages for phones."""
        self._problems[story] = problem
        self._change(lambda state: state)

    def pages(self, story: str) -> ClassPages | None:
        """What phones are served of a story, once it is there."""
        return self._pages.get(story)

    def answers(self) -> ClassAnswers | None:
        """What the class chose so far at the step where it is; None before the pages are there."""
        with self._lock:
            return self._answers() if self.state.ready else None

    def phones(self) -> int:
        """How many phones are there."""
        with self._lock:
            self._forget_gone()
            return len(self._phones)

    # The phones

    def hear(self, phone: str) -> None:
        """Note that a phone is there."""
        with self._lock:
            if len(self._phones) >= MOST_PHONES:
                self._forget_gone()
            if phone in self._phones or len(self._phones) < MOST_PHONES:
                self._phones[phone] = self.clock()

    def choose(self, round_: str, step: int, phone: str, modality: int) -> None:
        """Count a phone's choice, in place of the one it made before.

        Raises `NotAsked` for another round, a step or modality there is not, and a step whose answer was shown;
        `ClassFull` where too many phones chose already.
        """
        with self._lock:
            if not self.state.ready or round_ != self.state.round:
                raise NotAsked("This was asked before the story began anew.")
            questions = self._pages[self.state.story].questions
            if not (0 <= step < len(questions) and 0 <= modality < len(questions[step].modalities)):
                raise NotAsked("This step has no such choice.")
            if step in self.state.shown:
                raise NotAsked("The answer was shown already.")
            choices = self._choices.setdefault(step, {})
            if phone not in choices and len(choices) >= MOST_PHONES:
                raise ClassFull(f"{MOST_PHONES:,} phones chose already; more are not counted.")
            choices[phone] = modality

    def end(self) -> None:
        """Have nobody wait any more, as the server ends. Takes no lock: a signal may come while this thread has it."""
        self.ended = True
        self._tell()

    # Within the lock

    def _change(self, change: Callable[[ClassState], ClassState]) -> None:
        """Change the state, and tell whoever waits where it became another one."""
        with self._lock:
            state = change(self.state)
            ready = state.story in self._pages
            state = replace(state, ready=ready, problem="" if ready else self._problems.get(state.story, ""))
            changed = state != self.state
            if changed:
                self.state = replace(state, version=secrets.token_hex(8))
        if changed:
            self._tell()

    def _tell(self) -> None:
        for tell in self.on_change:
            tell()

    def _opened(self, state: ClassState, story: str) -> ClassState:
        self._choices.clear()
        return ClassState(state.version, secrets.token_hex(8) if story else "", story)

    def _answers(self) -> ClassAnswers:
        question = self._pages[self.state.story].questions[self.state.step]
        chosen = list(self._choices.get(self.state.step, {}).values())
        return ClassAnswers(question, tuple(chosen.count(m) for m in range(len(question.modalities))))

    def _forget_gone(self) -> None:
        oldest = self.clock() - GONE
        self._phones = {phone: heard for phone, heard in self._phones.items() if heard >= oldest}
