"""What a method is: one record with everything that the dashboard, training and evaluation ask of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from comp_viz.methods.learning import Learning, Stage
from comp_viz.methods.recipe import Recipe
from comp_viz.network.base import Network
from comp_viz.network.config import NetworkConfig

Capability = Literal[
    "heads", "weights", "reconstruction", "prototypes", "trace", "modulation", "samples", "routing", "graph"
]
# What a method can have, as it is called in a sentence that says it has none.
CAPABILITIES: dict[Capability, str] = {
    "heads": "heads, predictions from each modality by itself",
    "weights": "weights of the modalities",
    "reconstruction": "reconstruction of what is missing",
    "prototypes": "prototypes and prompts",
    "trace": "trace of prompts and attention",
    "modulation": "gradient modulator",
    "samples": "samples of what is missing",
    "routing": "router that mixes experts",
    "graph": "graph of utterances",
}

EVERY_MODALITY: Literal["every modality"] = (
    "every modality"  # owner of a tensor whose first axis is the modalities: row u is modality u's
)
SHARED: Literal["shared"] = "shared"  # owner of what serves all modalities together


@dataclass(frozen=True)
class Ownership:
    """Whose a parameter is, and the module it belongs to, in the words of the method."""

    module: str  # "attention"; gradients are summed up by it in the telemetry
    owner: int | Literal["every modality", "shared"]  # the number of a modality, or one of the two above


@dataclass(frozen=True)
class Preset:
    """A recipe, and the fields of the configuration in which a preset differs from the defaults."""

    recipe: Recipe = field(default_factory=Recipe)
    architecture: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    """A way to predict emotions from what is there. docs/own-method.md shows how to add one."""

    name: str  # in cards, on the command line, in sweeps: the name of its folder
    title: str  # on screen
    about: str  # a sentence without its subject: "predicts …", with the source
    config: type[NetworkConfig]
    build: Callable[[Any], Network]  # a configuration of that type -> a new network
    learning: type[Learning]  # its objective
    stages: Callable[[Recipe], tuple[Stage, ...]]  # in which it is trained; those without epochs are left out
    ownership: Callable[[str], Ownership]  # name of a parameter -> whose it is
    describe: Callable[[Any], str]  # a configuration in a phrase, for the model card
    capabilities: frozenset[Capability] = frozenset()
    weights_from: str = "modality"  # the part that gives the weights of the modalities, in a word
    rebuilds: str = "standardised features"  # what it rebuilds of a missing entry, in a phrase, where it rebuilds
    weights_about: str = ""  # what the weights are, in a sentence, where there are some
    # Whether a configuration repeats published code in which what shares a batch matters.
    reads_batch: Callable[[Any], bool] = lambda config: False
    no_graph: str = ""  # why it cannot be exported, in a sentence, where it cannot
    presets: Mapping[str, Preset] = field(default_factory=lambda: {"ours": Preset()})

    @property
    def subject(self) -> str:
        """The method as what a sentence begins with."""
        return f"A network {self.title}" if self.title.startswith("after ") else self.title

    def learns_fused(self, recipe: Recipe) -> bool:
        """Whether the fused prediction is ever trained: not where the heads are all that is."""
        return self.stages(recipe)[-1].chosen_by == "fused"


def absence(method: Method, need: Capability) -> str:
    """Why something cannot be shown, as a sentence; "" where the method has what it needs."""
    return "" if need in method.capabilities else f"{method.subject} has no {CAPABILITIES[need]}."
