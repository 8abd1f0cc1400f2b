"""Sizes of the networks on graphs of utterances."""

from dataclasses import dataclass
from typing import ClassVar

from comp_viz.errors import CompVizError
from comp_viz.network.config import NetworkConfig

WIDEST_WINDOW, MOST_SPEAKERS = 100, 10


@dataclass(frozen=True)
class GraphConfig(NetworkConfig):
    """What GCNet and SDR-GNN have in common."""

    hidden: int = 64  # h, units of the first recurrence in each direction; published: 200
    graph: int = 32  # g, width of the graph's messages; published: h / 2
    past: int = 2  # an utterance is heard by as many later ones: as published the windows are swapped
    future: int = 2  # and by as many earlier ones
    speakers: int = 1  # published: 1 for monologues, 2 for IEMOCAP
    dropout: float = 0.5
    attention: bool = False  # over the conversation, after each graph; published: off in the documented commands
    run_padding: bool = False  # published: recurrence reads padding, and what shares the batch changes a prediction

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_whole("hidden", "graph", most=10_000)
        self.check_whole("speakers", most=MOST_SPEAKERS)
        for name in ("past", "future"):
            if not 0 <= getattr(self, name) <= WIDEST_WINDOW:
                raise CompVizError(f"{name}: expected 0 to {WIDEST_WINDOW}, got {getattr(self, name)}.")
        self.check_share("dropout")

    @property
    def width(self) -> int:
        """Width of what predictions are read from, `D_h = 2h + g`."""
        return 2 * self.hidden + self.graph


@dataclass(frozen=True)
class GCNetConfig(GraphConfig):
    """Architecture of a GCNet."""

    method: ClassVar[str] = "gcnet"
