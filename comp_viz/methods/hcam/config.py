"""Sizes of a network after HCAM."""

from dataclasses import dataclass
from typing import ClassVar

from comp_viz.errors import CompVizError
from comp_viz.network.config import NetworkConfig


@dataclass(frozen=True)
class HCAMConfig(NetworkConfig):
    """Architecture of a network after HCAM, for any number of modalities and with keys that can be missing."""

    method: ClassVar[str] = "hcam"

    hidden: int = 128  # d
    heads: int = 2
    dropout: float = 0.5
    frozen: bool = True  # published: what was learned of each modality by itself is kept as it is afterwards

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_whole("hidden", "heads", most=10_000)
        self.check_divides("heads", "hidden")
        self.check_share("dropout")
        if self.hidden % 2:
            raise CompVizError(f"hidden: expected an even number, a half for each direction, got {self.hidden}.")
