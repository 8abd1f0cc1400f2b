"""Sizes of a DiCMoR."""

from dataclasses import dataclass
from typing import ClassVar

from comp_viz.errors import CompVizError
from comp_viz.methods.dicmor.flow import FLOWS, FlowKind
from comp_viz.methods.imder.skeleton import CompletingConfig
from comp_viz.network.config import MOST_LAYERS


@dataclass(frozen=True)
class DiCMoRConfig(CompletingConfig):
    """Architecture of a DiCMoR, adapted to conversations of utterances."""

    method: ClassVar[str] = "dicmor"

    kernel: int = 5
    flow: FlowKind = "glow"  # as in the paper; "published": half of the channels are never changed
    flow_steps: int = 32
    flow_hidden: int = 64
    priors: int = 7  # classes in the shared space; scores are rounded to as many, published: -3 to 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.flow not in FLOWS:
            raise CompVizError(f"flow: expected one of {', '.join(FLOWS)}, got {self.flow!r}.")
        self.check_whole("flow_steps", most=MOST_LAYERS)
        self.check_whole("flow_hidden", "priors", most=10_000)
        if self.hidden % 2:
            raise CompVizError(
                f"hidden: expected an even number, half of the channels drive the others, got {self.hidden}."
            )
