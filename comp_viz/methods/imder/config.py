"""Sizes of an IMDer."""

from dataclasses import dataclass
from typing import ClassVar

from comp_viz.errors import CompVizError
from comp_viz.methods.imder.skeleton import CompletingConfig


@dataclass(frozen=True)
class IMDerConfig(CompletingConfig):
    """Architecture of an IMDer, adapted to conversations of utterances."""

    method: ClassVar[str] = "imder"

    channels: tuple[int, ...] = (32, 64, 128, 256)  # of the score network's four levels
    time_width: int = 256  # of the embedding of time
    sampler_steps: int = 10  # of the sampler; published: 100
    shared_noise: bool = False  # published: training blurs the condition with the target's own noise, sampling cannot
    sampler_seed: int = 0  # of the noise that predictions start from, the same for every conversation

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.channels) != 4 or not 1 <= min(self.channels) <= max(self.channels) <= 10_000:
            raise CompVizError(f"channels: expected four widths of 1 to 10000, got {list(self.channels)}.")
        if any(width % self.heads for width in self.channels):
            raise CompVizError(
                f"channels: expected multiples of heads = {self.heads}, got {list(self.channels)}. Choose fewer heads."
            )
        self.check_whole("time_width", "sampler_steps", most=10_000)
        if self.time_width % 2:
            raise CompVizError(f"time_width: expected an even number, got {self.time_width}.")
        if not 0 <= self.sampler_seed < 2**32:
            raise CompVizError(f"sampler_seed: expected 0 to {2**32 - 1}, got {self.sampler_seed}.")
