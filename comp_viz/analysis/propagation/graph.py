"""The graphs of a method that has some, drawn on a conversation: who hears whom, by which kind of edge, and how much."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from comp_viz.analysis.inside import to_array
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Bools, Conversation, Floats
from comp_viz.data.dataset import Ints


@dataclass(frozen=True)
class UtteranceGraph:
    """One graph over the utterances of a conversation. `K` neighbours of each lie side by side."""

    name: str  # "time" or "speakers"
    relations: tuple[str, ...]  # kinds of edges
    relation: Ints  # [S, K], which kind an edge is; -1 where there is none
    shares: Floats  # [S, K], share of a neighbour in the length of all messages that an utterance hears, sum 1; 0 without edge
    offsets: Ints  # [K], by how many utterances the neighbour comes later

    def neighbours(self, s: int) -> list[tuple[int, str, float]]:
        """Of utterance `s`, counted from 0: each neighbour, the kind of its edge, and its share."""
        return [
            (s + int(self.offsets[k]), self.relations[self.relation[s, k]], float(self.shares[s, k]))
            for k in range(len(self.offsets))
            if self.relation[s, k] >= 0
        ]

    @property
    def own(self) -> Floats:
        """`[S]`, the share of the utterance itself."""
        own: Floats = self.shares[:, int(np.flatnonzero(self.offsets == 0)[0])]
        return own


def utterance_graphs(checkpoint: Checkpoint, conversation: Conversation, observed: Bools) -> dict[str, UtteranceGraph]:
    """The graphs of a conversation of which `observed [S, M]` is left, by name; of a method that has some."""
    batch = Batch.of([conversation], checkpoint.standardise).to(checkpoint.model.device)
    visible = (observed & conversation.observed)[None]
    with torch.inference_mode():
        messages = checkpoint.model.messages(batch.features, visible, batch.valid)
    graphs = {}
    for name, one in messages.items():
        strength = to_array(one.strength)
        shares = strength / np.maximum(strength.sum(-1, keepdims=True), np.finfo(np.float32).tiny)
        relation, offsets = one.relation[0].cpu().numpy(), one.offsets.cpu().numpy()
        graphs[name] = UtteranceGraph(name, one.relations, relation, shares, offsets)
    return graphs


def graph_table(graph: UtteranceGraph) -> pd.DataFrame:
    """One row an edge: who hears, who is heard, by which kind, and its share."""
    s, k = np.nonzero(graph.relation >= 0)
    kinds = np.array(graph.relations)[graph.relation[s, k]]
    return pd.DataFrame({"hears": s + 1, "heard": s + graph.offsets[k] + 1, "edge": kinds, "share": graph.shares[s, k]})
