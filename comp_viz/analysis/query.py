"""What is asked of a model: one frozen object, whose digest is the key of everything that is kept of the answer."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property

import numpy as np

from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Bools, Conversation
from comp_viz.data.dataset import DataSet
from comp_viz.network.intervention import AS_TRAINED, Intervention


@dataclass(frozen=True, kw_only=True)
class Query:
    """One conversation of one data set, read by one checkpoint under one missing pattern: in names, digests and bytes alone.

    Digests tell files apart that were replaced under the same name. A query of a whole data set names no conversation.
    """

    checkpoint: str  # name of its folder
    checkpoint_digest: str
    device: str
    data: str  # name of the data set
    data_digest: str
    root: str  # folder of the data sets
    conversation: str = ""  # its id; "" when a whole data set is meant
    observed: bytes = b""  # the missing pattern [S, M], one byte an entry
    changed: Intervention = AS_TRAINED
    seed: int = 0  # of everything that is drawn at random to answer it

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all fields: two queries that differ in any of them have different digests."""
        return hashlib.sha256(repr(_comparable(self)).encode()).hexdigest()

    def of_data_set(self) -> "Query":
        """The same checkpoint asked of the whole data set, as trained."""
        return replace(self, conversation="", observed=b"", changed=AS_TRAINED)

    def open(
        self, checkpoint: Callable[[str, str], Checkpoint], data_set: Callable[[str, str], DataSet]
    ) -> tuple[Checkpoint, Conversation, Bools]:
        """The checkpoint, the conversation and the missing pattern `[S, M]`, which most analyses begin with.

        `checkpoint` loads by name and device, `data_set` by name and folder. Raises `CompVizError` as they do, and when there
        is no such conversation.
        """
        conversation = data_set(self.data, self.root).find(self.conversation)
        observed = np.frombuffer(self.observed, dtype=bool).reshape(conversation.observed.shape)
        return checkpoint(self.checkpoint, self.device), conversation, observed


def _comparable(value: object) -> object:
    """A value whose text is the same for equal values and for no others, field names included."""
    if is_dataclass(value):
        return [(each.name, _comparable(getattr(value, each.name))) for each in fields(value)]
    return sorted(value) if isinstance(value, frozenset) else value
