"""The network after MMQ-Net in the registry."""

from comp_viz.methods.gcnet.method import one_stage
from comp_viz.methods.method import EVERY_MODALITY, SHARED, Method, Ownership, Preset
from comp_viz.methods.mmqnet.config import MMQNetConfig
from comp_viz.methods.mmqnet.learning import MMQNetLearning
from comp_viz.methods.mmqnet.network import MMQNet
from comp_viz.methods.recipe import Recipe

PER_MODALITY = {"input": "projection", "rebuild": "reconstruction"}
QUERIES = {
    "modality_queries": "modality queries",
    "category_queries": "category queries",
    "interference_queries": "interference queries",
}


def mmqnet_ownership(name: str) -> Ownership:
    """Projections are a modality's, attention along the conversation is stacked by modality, queries are shared."""
    first, *rest = name.split(".")
    if first in PER_MODALITY:
        return Ownership(PER_MODALITY[first], int(rest[0]))
    if first == "context":
        return Ownership("attention", EVERY_MODALITY)
    return Ownership(QUERIES.get(first, "fused head"), SHARED)


def mmqnet_words(config: MMQNetConfig) -> str:
    """The architecture in a phrase."""
    return (
        f"hidden {config.hidden}, {config.heads} heads, {config.queries} queries a modality, {config.interference} for interference, "
        f"up to {config.max_length} utterances"
    )


METHOD = Method(
    name="mmqnet",
    title="after MMQ-Net",
    about="reads modalities by learned queries that rebuild, classify and take up interference (after Xu, Zuo and Li, 2025)",
    config=MMQNetConfig,
    build=MMQNet,
    learning=MMQNetLearning,
    stages=one_stage,
    ownership=mmqnet_ownership,
    describe=mmqnet_words,
    capabilities=frozenset({"reconstruction"}),
    presets={"ours": Preset(Recipe(reconstruction_weight=0.2))},
)
