"""The skeleton of GCNet and SDR-GNN: recurrence, two graphs over the same edges, recurrence again, two heads."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.methods.gcnet.attention import MatchingAttention
from comp_viz.methods.gcnet.config import GraphConfig
from comp_viz.methods.gcnet.convolutions import RelationalConvolution
from comp_viz.methods.gcnet.recurrence import Cell, Recurrence, mirror
from comp_viz.methods.gcnet.window import Window, speaker_relations, temporal_relations
from comp_viz.network.base import Network
from comp_viz.network.boundary import admit, tensor
from comp_viz.network.layers import Dropout
from comp_viz.network.trace import Messages, Output


class Branch(nn.Module):
    """One graph: convolution, recurrence over `[U, convolved]`, attention where wanted, a linear layer."""

    def __init__(self, config: GraphConfig, cell: Cell, convolution: nn.Module) -> None:
        super().__init__()
        width = config.width
        self.convolution = convolution
        self.recurrence = Recurrence(cell, width, width, config.dropout)
        self.attention = MatchingAttention(2 * width) if config.attention else None
        self.linear = nn.Linear(2 * width, width)

    @property
    def relational(self) -> RelationalConvolution:
        """The convolution by relation, which every graph begins with."""
        first = self.convolution.get_submodule("relational")
        assert isinstance(first, RelationalConvolution)
        return first

    def forward(self, u: Tensor, window: Window, relations: Tensor, mirrored: Tensor) -> Tensor:
        """`U [B, S, 2h] -> [B, S, 2h + g]`."""
        together = torch.cat([u, self.convolution(u, window, relations)], dim=-1) * window.valid[..., None]
        h = self.recurrence(together.transpose(0, 1), mirrored).transpose(0, 1)
        if self.attention is not None:
            h = self.attention(h, window.valid)
        return F.relu(self.linear(h))


class GraphNetwork(Network, ABC):
    """Reads what is observed of a conversation, side by side and zero where it is missing; predicts and rebuilds."""

    config: GraphConfig

    def __init__(self, config: GraphConfig, cell: Cell, speaker_graph: bool = True) -> None:
        super().__init__(config)
        self.recurrence = Recurrence(cell, sum(config.dims), config.hidden, config.dropout)
        self.temporal = Branch(config, cell, self.convolution(3))
        self.speaker = Branch(config, cell, self.convolution(config.speakers**2)) if speaker_graph else None
        self.head = nn.Linear(config.width, config.outputs)
        self.rebuild = nn.Linear(config.width, sum(config.dims))
        self.dropout = Dropout(config.dropout)

    @abstractmethod
    def convolution(self, relations: int) -> nn.Module:
        """The convolution of one graph, `(U, window, relations) -> [B, S, g]`."""

    def rebuilt(self, h: Tensor, valid: Tensor) -> Tensor:
        """What features are rebuilt as, `[B, S, D]`."""
        out: Tensor = self.rebuild(h)
        return out

    def forward(
        self,
        features: Mapping[str, Any],
        observed: Any,
        valid: Any,
        *,
        trace: bool = False,
        speakers: Tensor | None = None,
    ) -> Output:
        """As of every network; `speakers [B, S]` by number, all the same where not given."""
        admitted, rows = admit(self.config, features, observed, valid, like=self.head.weight)
        x = rows.pad(rows.utterances(torch.cat(admitted, dim=-1)))
        there = tensor(valid, x.device).bool()
        h = self.hidden(x, there, speakers)
        rebuilt = self.rebuilt(h, there)
        if not self.config.run_padding:
            rebuilt = rebuilt * there[..., None]
        return Output(
            self.head(h) * there[..., None],
            reconstruction=dict(zip(self.config.modalities, rebuilt.split(self.config.dims, dim=-1), strict=True)),
        )

    def messages(self, features: Mapping[str, Any], observed: Any, valid: Any) -> dict[str, Messages]:
        """As of every network: of the convolution by relation, in the graph of time and, where it is built, that of speakers.

        Of speakers the network is told nothing here, so that all edges of their graph are between the same one.
        """
        admitted, rows = admit(self.config, features, observed, valid, like=self.head.weight)
        x = rows.pad(rows.utterances(torch.cat(admitted, dim=-1)))
        there = tensor(valid, x.device).bool()
        u = self.recurrence(x.transpose(0, 1), mirror(there, self.config.run_padding)).transpose(0, 1)
        window = Window(there, self.config.future, self.config.past)
        same = speaker_relations(window, torch.zeros_like(there, dtype=torch.long), self.config.speakers)
        graphs: dict[str, tuple[Branch, Tensor, tuple[str, ...]]] = {}
        graphs["time"] = self.temporal, temporal_relations(window), ("earlier", "itself", "later")
        if self.speaker is not None:
            pairs = [f"{i + 1} hears {j + 1}" for i in range(self.config.speakers) for j in range(self.config.speakers)]
            graphs["speakers"] = (self.speaker, same, ("the same speaker", *pairs[1:]))
        return {
            name: Messages(
                names,
                torch.where(relations.any(0), relations.int().argmax(0), -1),
                branch.relational.strengths(u, window, relations),
                window.offsets,
            )
            for name, (branch, relations, names) in graphs.items()
        }

    def hidden(self, x: Tensor, valid: Tensor, speakers: Tensor | None = None) -> Tensor:
        """What both heads read, `H [B, S, 2h + g]`, of features `[B, S, D]` side by side."""
        config = self.config
        mirrored = mirror(valid, config.run_padding)
        window = Window(valid, config.future, config.past)
        u = self.recurrence(x.transpose(0, 1), mirrored).transpose(0, 1)
        h = self.temporal(u, window, temporal_relations(window), mirrored)
        if self.speaker is not None:
            known = torch.zeros_like(valid, dtype=torch.long) if speakers is None else speakers
            h = h + self.speaker(u, window, speaker_relations(window, known, config.speakers), mirrored)
        out: Tensor = self.dropout(h)
        return out
