"""Sizes of an MMIN."""

from dataclasses import dataclass
from typing import ClassVar

from comp_viz.errors import CompVizError
from comp_viz.network.config import MOST_LAYERS, NetworkConfig


@dataclass(frozen=True)
class MMINConfig(NetworkConfig):
    """Architecture of an MMIN: the variant for one vector an utterance that later papers compare with."""

    method: ClassVar[str] = "mmin"

    embedding: int = 128  # of each modality
    blocks: int = 5  # of the imagination, a residual autoencoder each
    layers: tuple[int, ...] = (256, 128, 64)  # widths of a block down to its latent
    dropout: float = 0.5
    teacher_dropout: float = 0.3
    imagine_all: bool = False  # published: what is there has a target too, the teacher's embedding of zeros

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_whole("embedding", most=10_000)
        self.check_whole("blocks", most=MOST_LAYERS)
        if not 1 <= len(self.layers) <= 32 or not 1 <= min(self.layers) <= max(self.layers) <= 10_000:
            raise CompVizError(f"layers: expected 1 to 32 widths of 1 to 10000, got {list(self.layers)}.")
        self.check_share("dropout", "teacher_dropout")
