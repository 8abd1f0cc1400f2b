"""The missing pattern chosen in the sidebar or painted by hand, with undo; part of the view's address."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import streamlit as st

from comp_viz.data.conversation import Bools, Conversation
from comp_viz.data.missing import from_hex, only, to_hex, uniform
from comp_viz.errors import CompVizError

COMPLETE, RANDOM, EDITED = "complete", "random", "edited by hand"
UNDO_STEPS = 100


@dataclass(frozen=True)
class Choice:
    """What was chosen: a preset, with a rate and seed when random, or a matrix edited by hand."""

    pattern: str = COMPLETE
    rate: float = 0.3
    seed: int = 1
    cells: str = ""  # the edited matrix, hexadecimal


def presets(modalities: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Name on screen and in the address of every fixed pattern, with the modalities it keeps."""
    subsets = [subset for size in range(1, len(modalities)) for subset in combinations(modalities, size)]
    return {COMPLETE: modalities} | {"only " + " and ".join(subset): subset for subset in subsets}


def chosen() -> Choice:
    """The choice in force. A session takes edited cells from the address once; from then on it keeps them itself."""
    state = st.session_state
    default = Choice()
    return Choice(
        state.get("pattern", default.pattern),
        state.get("rate", default.rate),
        state.get("mask_seed", default.seed),
        state.setdefault("cells", st.query_params.get("cells", "")),
    )


def open_address() -> None:
    """Read an address that has edited cells but no pattern as an edited one; to be called before the widgets are drawn."""
    if "pattern" not in st.session_state and "pattern" not in st.query_params and "cells" in st.query_params:
        st.session_state["pattern"] = EDITED


def choose(choice: Choice) -> None:
    """Put a choice in force; to be called before the widgets are drawn, or in a callback."""
    for key, value in {"pattern": choice.pattern, "rate": choice.rate, "mask_seed": choice.seed}.items():
        if st.session_state.get(key) != value:
            st.session_state[key] = value
    st.session_state["cells"] = choice.cells
    if choice.cells:
        st.query_params["cells"] = choice.cells
    else:
        st.query_params.pop("cells", None)


def observed(choice: Choice, conversation: Conversation) -> Bools:
    """The matrix `[S, M]` a choice means for a conversation. Raises `CompVizError` when an edited one does not fit."""
    there, modalities = conversation.observed, tuple(conversation.features)
    if choice.pattern == EDITED:
        return from_hex(choice.cells, *there.shape) & there if choice.cells else there
    if choice.pattern == RANDOM:
        return uniform(there, choice.rate, np.random.default_rng(choice.seed))
    return only(there, modalities, presets(modalities)[choice.pattern])


def in_force(conversation: Conversation) -> tuple[Bools, str]:
    """The matrix to show, and why it is the complete one when what the address asks for does not fit."""
    try:
        return observed(chosen(), conversation), ""
    except CompVizError as error:
        return (
            conversation.observed,
            f"The address asks for a pattern that does not fit; the conversation is shown complete. {error}",
        )


def before_editing(conversation: Conversation) -> Bools:
    """The matrix that editing by hand began from: where nothing was edited, the one in force."""
    if chosen().pattern != EDITED:
        return in_force(conversation)[0]
    base: Bools | None = st.session_state.get("edited_from")
    return conversation.observed if base is None else base


def leave_edited() -> None:
    """A matrix edited for one conversation means nothing for another."""
    current = chosen()
    choose(Choice(COMPLETE if current.pattern == EDITED else current.pattern, current.rate, current.seed))
    st.session_state.pop("edited_from", None)


def remember(place: tuple[str, ...]) -> None:
    """Note the choice now in force, and for undo the one before it, if it was for the same `place`, a conversation."""
    state, choice = st.session_state, chosen()
    before: tuple[Choice, tuple[str, ...]] | None = state.get("settled")
    history: list[Choice] = state.setdefault("history", [])
    undoing = state.pop("undoing", False)
    if before is not None and before[1] != place:
        history.clear()
    elif before is not None and before[0] != choice and not undoing:
        history.append(before[0])
        del history[:-UNDO_STEPS]
    state["settled"] = (choice, place)


def edit(conversation: Conversation, matrix: Bools) -> None:
    """Put a matrix edited by hand in force, `[S, M]`."""
    current = chosen()
    if current.pattern != EDITED:
        st.session_state["edited_from"] = in_force(conversation)[0].copy()
    matrix = matrix & conversation.observed
    if np.array_equal(matrix, conversation.observed):
        choose(Choice(COMPLETE, current.rate, current.seed))
    else:
        choose(Choice(EDITED, current.rate, current.seed, to_hex(matrix)))


def can_undo() -> bool:
    """Whether there is a change to take back."""
    return bool(st.session_state.get("history"))


def undo() -> None:
    """Take back the last change of the pattern."""
    if can_undo():
        st.session_state["undoing"] = True
        choose(st.session_state["history"].pop())
