"""The missing pattern in force: its text and seed, kept in the session and in the address, with undo."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from comp_viz.data.conversation import Bools, Conversation, Task
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.entries import Cells
from comp_viz.data.patterns.matrices import to_hex
from comp_viz.data.patterns.pattern import AS_RECORDED, Pattern
from comp_viz.errors import CompVizError
from comp_viz.ui.frame.address_notes import note_unknown
from comp_viz.ui.frame.address_state import address_parameter

UNDO_STEPS = 100
PATTERN, SEED = "pattern", "seed"  # parameters of the address
TEXT, DRAW = "pattern text", "pattern seed"  # what the session keeps; the widgets only show it


@dataclass(frozen=True)
class PatternChoice:
    """What was chosen: a pattern as text, and the seed it is drawn with."""

    text: str = AS_RECORDED
    seed: int = 1

    @property
    def edited(self) -> bool:
        """Whether cells were edited by hand, which means something for one conversation only."""
        try:
            return any(isinstance(part, Cells) for part in Pattern.parse(self.text).parts)
        except CompVizError:
            return False

    @property
    def outline(self) -> "PatternChoice":
        """The choice without its cells: as long as this stays the same, the sidebar's controls do."""
        return PatternChoice("cells()", self.seed) if self.edited else self


def pattern_choice() -> PatternChoice:
    """The choice in force. A session takes it from the address once; from then on it keeps it itself."""
    state = st.session_state
    if TEXT not in state:
        seed = address_parameter(SEED, "1")
        state[TEXT] = address_parameter(PATTERN, AS_RECORDED)
        usable = seed.isdecimal() and len(seed) < 5
        state[DRAW] = int(seed) if usable else 1
        if not usable:
            note_unknown(SEED, seed, "1")
    return PatternChoice(state[TEXT], state[DRAW])


def set_pattern(choice: PatternChoice) -> None:
    """Put a choice in force, in the session and the address."""
    st.session_state[TEXT], st.session_state[DRAW] = choice.text, choice.seed
    for key, value, default in ((PATTERN, choice.text, AS_RECORDED), (SEED, str(choice.seed), "1")):
        if value == default:
            st.query_params.pop(key, None)
        elif st.query_params.get(key) != value:
            st.query_params[key] = value


def pattern_matrix(conversation: Conversation, task: Task) -> tuple[Bools, str]:
    """The matrix `[S, M]` to show, and what to mind: why it is the recording's own, or that a part has no effect."""
    choice, utterances = pattern_choice(), Utterances.of([conversation])
    try:
        pattern = Pattern.parse(choice.text)
        observed = pattern(utterances, task, np.random.default_rng(choice.seed))
    except CompVizError as error:
        note_unknown(PATTERN, choice.text, "as recorded")
        return (
            conversation.observed,
            f"This missing pattern does not fit; the conversation is shown as recorded. {error}",
        )
    try:
        pattern.check_data(utterances, task)
    except CompVizError as error:
        return observed, f"A part of this missing pattern has no effect here. {error}"
    return observed, ""


def matrix_before_editing(conversation: Conversation, task: Task) -> Bools:
    """The matrix that editing by hand began from: where nothing was edited, the one in force."""
    if not pattern_choice().edited:
        return pattern_matrix(conversation, task)[0]
    base: Bools | None = st.session_state.get("edited_from")
    return conversation.observed if base is None or base.shape != conversation.observed.shape else base


def drop_edited_cells() -> None:
    """A matrix edited for one conversation means nothing for another."""
    if pattern_choice().edited:
        set_pattern(PatternChoice(seed=pattern_choice().seed))
    st.session_state.pop("edited_from", None)


def remember_for_undo(place: tuple[str, ...]) -> None:
    """Note the choice now in force, and for undo the one before it, if it was for the same `place`, a conversation."""
    state, choice = st.session_state, pattern_choice()
    before: tuple[PatternChoice, tuple[str, ...]] | None = state.get("settled")
    history: list[PatternChoice] = state.setdefault("history", [])
    undoing = state.pop("undoing", False)
    if before is not None and before[1] != place:
        history.clear()
    elif before is not None and before[0] != choice and not undoing:
        history.append(before[0])
        del history[:-UNDO_STEPS]
    state["settled"] = (choice, place)


def set_edited_matrix(conversation: Conversation, task: Task, matrix: Bools) -> None:
    """Put a matrix edited by hand in force, `[S, M]`."""
    current = pattern_choice()
    if not current.edited:
        st.session_state["edited_from"] = pattern_matrix(conversation, task)[0].copy()
    matrix = matrix & conversation.observed
    whole = np.array_equal(matrix, conversation.observed)
    set_pattern(PatternChoice(AS_RECORDED if whole else f"cells({to_hex(matrix)})", current.seed))


def can_undo() -> bool:
    """Whether there is a change to take back."""
    return bool(st.session_state.get("history"))


def undo() -> None:
    """Take back the last change of the pattern."""
    if can_undo():
        st.session_state["undoing"] = True
        set_pattern(st.session_state["history"].pop())
