"""One conversation as a method rebuilds it under a missing pattern, beside what it is as recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from comp_viz.analysis.inside import Inner, Inside, look_inside, to_array
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Bools, Conversation, Floats
from comp_viz.data.dataset import Ints
from comp_viz.errors import CompVizError
from comp_viz.methods.method import absence


@dataclass(frozen=True)
class Rebuilt:
    """What a method makes of every entry, against what it is in the conversation as recorded, modality -> `[S, k]`.

    The space is the method's own: features as standardised, embeddings, projections, propagated features (`Method.rebuilds`).
    """

    observed: Bools  # [S, M], the missing pattern
    recorded: Bools  # [S, M]
    made: Inner
    true: Inner
    # Of a network with a trace what stood there before propagation: encodings under the pattern, and as recorded.
    before: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modality names in order."""
        return tuple(self.made)

    def missing(self, modality: str) -> Ints:
        """Utterances whose modality is in the recording and was taken away, counted from 0."""
        i = self.modalities.index(modality)
        return np.flatnonzero(self.recorded[:, i] & ~self.observed[:, i])


def rebuild_conversation(checkpoint: Checkpoint, conversation: Conversation, observed: Bools) -> Rebuilt:
    """Rebuild a conversation of which `observed [S, M]` is left. Raises `CompVizError` for a method that rebuilds nothing."""
    check_rebuilds(checkpoint)
    if not absence(checkpoint.method, "trace"):
        here, complete = (look_inside(checkpoint, conversation, o) for o in (observed, conversation.observed))
        return rebuilt_inside(here, complete)
    batch = Batch.of([conversation], checkpoint.standardise).to(checkpoint.model.device)
    visible = observed & conversation.observed
    with torch.inference_mode():
        made = checkpoint.model.reconstruct(batch.features, visible[None], batch.valid)
        true = checkpoint.model.rebuilt_from(batch.features, batch.recorded, batch.valid)
    ours, own = ({u: to_array(x) for u, x in part.items()} for part in (made, true))
    return Rebuilt(visible, conversation.observed, ours, own)


def rebuilt_inside(here: Inside, complete: Inside) -> Rebuilt:
    """From a pass of ComP under a missing pattern and one of the conversation as recorded."""
    before = {u: (x, complete.encoded[u]) for u, x in here.encoded.items()}
    return Rebuilt(here.observed, complete.observed, here.propagated, complete.propagated, before)


def check_rebuilds(checkpoint: Checkpoint) -> None:
    """Raise `CompVizError` when a checkpoint's method rebuilds nothing."""
    if reason := absence(checkpoint.method, "reconstruction"):
        raise CompVizError(f"{reason} Choose a checkpoint of a method that rebuilds what is missing.")
