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
    embeddings: tuple[int, ...] = ()  # of each modality where they differ
    encoder_layers: tuple[int, ...] = ()  # hidden widths of the encoders; (): two of `embedding`
    head_layers: tuple[int, ...] = ()  # and of the classifiers
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
        for name in ("embeddings", "encoder_layers", "head_layers"):
            widths = getattr(self, name)
            if len(widths) > 32 or not all(1 <= width <= 10_000 for width in widths):
                raise CompVizError(f"{name}: expected none or up to 32 widths of 1 to 10000, got {list(widths)}.")
        if self.embeddings and len(self.embeddings) != len(self.modalities):
            raise CompVizError(
                f"embeddings: expected none or one width for each of {list(self.modalities)}, got {list(self.embeddings)}."
            )
        self.check_share("dropout", "teacher_dropout")

    @property
    def embedded(self) -> tuple[int, ...]:
        """Width of each modality's embedding."""
        return self.embeddings or (self.embedding,) * len(self.modalities)

    @property
    def encoding(self) -> tuple[int, ...]:
        """Hidden widths of an encoder."""
        return self.encoder_layers or (self.embedding, self.embedding)

    @property
    def classifying(self) -> tuple[int, ...]:
        """Hidden widths of a classifier."""
        return self.head_layers or (self.embedding, self.embedding)
