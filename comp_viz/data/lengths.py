"""How long a conversation a model reads, and the check that none is longer; nothing is ever cut silently."""

import numpy as np

from comp_viz.data.dataset import Utterances
from comp_viz.errors import CompVizError
from comp_viz.wording import how_many, shortened

MOST_CONVERSATIONS = 250_000  # of a file


def usual_max_length(utterances: Utterances) -> int:
    """The `max_length` of a model for these conversations where none is asked for: the longest, rounded up to 5."""
    return -(-int(utterances.lengths.max()) // 5) * 5


def check_lengths(utterances: Utterances, max_length: int) -> None:
    """Raise `CompVizError` when a conversation has more than `max_length` utterances, saying which and how to mend it."""
    longer = np.flatnonzero(utterances.lengths > max_length)
    if not len(longer):
        return
    first = longer[0]
    raise CompVizError(
        f"Conversation {shortened(utterances.ids[first], 80)!r} has {how_many(utterances.lengths[first], 'utterance')}, but max_length of the model "
        f"is {max_length} ({len(longer):,} of {how_many(len(utterances.ids), 'conversation')} are longer). "
        f"Train a model with --max-length {utterances.lengths.max()} or more, "
        f"or cut the data: comp-viz data import SOURCE OUT --window {max_length}."
    )


def check_count(file: str, conversations: int) -> None:
    """Raise `CompVizError` for more conversations than can be opened in a bearable time: each takes some 50 µs."""
    if conversations > MOST_CONVERSATIONS:
        raise CompVizError(
            f"{file} has {conversations:,} conversations, expected at most {MOST_CONVERSATIONS:,}. Give all utterances of a dialogue "
            "the same conversation id, or split the file."
        )
