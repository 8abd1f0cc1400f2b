"""Sizes of an SDR-GNN and the switches between paper and code."""

from dataclasses import dataclass
from typing import ClassVar

from comp_viz.errors import CompVizError
from comp_viz.methods.gcnet.config import GraphConfig


@dataclass(frozen=True)
class SDRGNNConfig(GraphConfig):
    """As GCNet's, with windows of three and attention in the reconstruction."""

    method: ClassVar[str] = "sdr_gnn"

    past: int = 3
    future: int = 3
    speaker_graph: bool = True  # as in the paper; published code: computed, never used
    heads: int = 1  # of the reconstruction's attention; published: 256 at a width of 2560
    across_batch: bool = False  # published: it attends over the conversations of the batch, not over the utterances

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.heads <= sum(self.dims) or sum(self.dims) % self.heads:
            raise CompVizError(f"heads: expected a divisor of all widths together, {sum(self.dims)}, got {self.heads}.")
