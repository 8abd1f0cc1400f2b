"""Sizes of a network after MMQ-Net."""

from dataclasses import dataclass
from typing import ClassVar

from comp_viz.network.config import NetworkConfig


@dataclass(frozen=True)
class MMQNetConfig(NetworkConfig):
    """Architecture of a network after MMQ-Net, for the utterances of a conversation; all sizes are ours: none were published."""

    method: ClassVar[str] = "mmqnet"

    hidden: int = 128  # d
    heads: int = 2  # of every attention
    queries: int = 4  # for each modality; their mean stands in for it where it is missing
    interference: int = 4  # queries that take up what says nothing of the emotion
    apart: float = 0.1  # weight of what keeps these away from the queries of the emotion
    dropout: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_whole("hidden", "heads", "queries", "interference", most=10_000)
        self.check_divides("heads", "hidden")
        self.check_share("dropout")
        self.check_weight("apart")
