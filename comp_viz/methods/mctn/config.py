"""Sizes of an MCTN and the order of its translations."""

from dataclasses import dataclass
from typing import ClassVar

from comp_viz.errors import CompVizError
from comp_viz.network.config import NetworkConfig

FIRST = "text"  # published: the source is text, translated into video, and both into audio


@dataclass(frozen=True)
class MCTNConfig(NetworkConfig):
    """Architecture of an MCTN."""

    method: ClassVar[str] = "mctn"

    hidden: int = 32
    dropout: float = 0.1
    order: tuple[str, ...] = ()  # source, first and second target; empty: text first, the others from the last on

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_whole("hidden", most=10_000)
        self.check_share("dropout")
        if len(self.modalities) > 3:
            raise CompVizError(f"modalities: MCTN translates between two or three, got {list(self.modalities)}.")
        if self.order and sorted(self.order) != sorted(self.modalities):
            raise CompVizError(f"order: expected {list(self.modalities)} in some order, got {list(self.order)}.")

    @property
    def translated(self) -> tuple[str, ...]:
        """The modalities from the source to the last target."""
        backwards = self.modalities[::-1]
        return self.order or tuple(sorted(backwards, key=lambda name: name != FIRST))
