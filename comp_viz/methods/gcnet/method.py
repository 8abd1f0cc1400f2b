"""GCNet in the registry."""

from comp_viz.methods.gcnet.config import GCNetConfig, GraphConfig
from comp_viz.methods.gcnet.network import GCNet
from comp_viz.methods.gcnet.objective import RebuildingLearning
from comp_viz.methods.learning import Stage
from comp_viz.methods.method import SHARED, Method, Ownership, Preset
from comp_viz.methods.recipe import BARE, Recipe

MODULES = {
    "temporal": "temporal graph",
    "speaker": "speaker graph",
    "head": "fused head",
    "rebuild": "reconstruction",
    "attention": "reconstruction",
}
# Adam at a constant rate, one stage; the paper names the mean of ten runs, the code chooses the best test epoch on IEMOCAP.
PUBLISHED_TRAINING = Recipe(
    first_epochs=0,
    second_epochs=100,
    batch=32,
    learning_rate=1e-3,
    weight_decay=1e-5,
    reconstruction_weight=1,
    **BARE,
)


def one_stage(recipe: Recipe) -> tuple[Stage, ...]:
    """Everything together for as long as both stages of others."""
    return (Stage(2, recipe.first_epochs + recipe.second_epochs),)


def graph_ownership(name: str) -> Ownership:
    """All parameters serve all modalities: they lie side by side from the first layer on."""
    first = name.partition(".")[0]
    return Ownership(MODULES.get(first, first), SHARED)


def graph_words(config: GraphConfig) -> str:
    """The architecture in a phrase."""
    return (
        f"{config.hidden} units in each direction, graph messages of width {config.graph}, windows of {config.past} and "
        f"{config.future} utterances, up to {config.max_length} utterances"
    )


METHOD = Method(
    name="gcnet",
    title="GCNet",
    about="completes what is missing by graphs of neighbouring utterances (Lian et al., TPAMI 2023)",
    config=GCNetConfig,
    build=GCNet,
    learning=RebuildingLearning,
    stages=one_stage,
    ownership=graph_ownership,
    describe=graph_words,
    capabilities=frozenset({"reconstruction", "graph"}),
    reads_batch=lambda config: config.run_padding,
    presets={
        "ours": Preset(Recipe(reconstruction_weight=0.2)),
        "published": Preset(PUBLISHED_TRAINING, {"hidden": 200, "graph": 100, "run_padding": True}),
    },
)
