"""Which expert serves which modality: the weights of a router that mixes experts, utterance by utterance."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from comp_viz.analysis.inside import to_array
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Bools, Conversation, Floats


@dataclass(frozen=True)
class Routing:
    """Weights `[S, M, M]` of the modalities' experts: for each modality, in its row, one an expert, sum 1."""

    modalities: tuple[str, ...]
    observed: Bools  # [S, M]
    weights: Floats

    @property
    def mean(self) -> Floats:
        """`[M, M]`, over the utterances in which the modality of a row is observed; NaN where it never is."""
        among = self.observed[..., None].astype(np.float64)
        count = among.sum(0)
        mean: Floats = np.where(count > 0, (self.weights * among).sum(0) / np.maximum(count, 1), np.nan).astype(
            np.float32
        )
        return mean

    @property
    def own(self) -> Floats:
        """`[M]`, the mean weight of each modality's own expert."""
        return np.diagonal(self.mean)


def route_conversation(checkpoint: Checkpoint, conversation: Conversation, observed: Bools) -> Routing:
    """The router's weights under a missing pattern `[S, M]`; of a method that has one."""
    batch = Batch.of([conversation], checkpoint.standardise).to(checkpoint.model.device)
    visible = observed & conversation.observed
    with torch.inference_mode():
        weights = checkpoint.model.routing(batch.features, visible[None], batch.valid)
    return Routing(checkpoint.config.modalities, visible, to_array(weights))


def routing_table(routing: Routing) -> pd.DataFrame:
    """One row an utterance, modality and expert."""
    s, u, e = (x.ravel() for x in np.indices(routing.weights.shape))
    names = np.array(routing.modalities)
    return pd.DataFrame(
        {"utterance": s + 1, "modality": names[u], "observed": routing.observed[s, u], "expert": names[e], "weight": routing.weights.ravel()}
    )  # fmt: skip
