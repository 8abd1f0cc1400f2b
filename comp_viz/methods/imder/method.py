"""IMDer in the registry."""

from comp_viz.methods.imder.config import IMDerConfig
from comp_viz.methods.imder.learning import IMDerLearning, two_stages
from comp_viz.methods.imder.network import IMDer
from comp_viz.methods.method import SHARED, Method, Ownership, Preset
from comp_viz.methods.recipe import Recipe

PER_MODALITY = {"projections": "projection", "refinements": "refinement", "scores": "score networks"}
PUBLISHED_TRAINING = Recipe(
    first_epochs=50,
    second_epochs=50,
    batch=32,
    learning_rate=2e-3,
    weight_decay=0,
    cosine=False,
    average=0,
    feature_noise=0,
    sign_weight=0,
    reconstruction_weight=0.1,
)


def completing_ownership(name: str) -> Ownership:
    """Projections, refinements and score networks are a modality's, the fusion serves all."""
    first, *rest = name.split(".")
    if first in PER_MODALITY:
        return Ownership(PER_MODALITY[first], int(rest[0]))
    return Ownership({"flows": "flows", "merge": "flows", "priors": "priors"}.get(first, "fusion"), SHARED)


def imder_words(config: IMDerConfig) -> str:
    """The architecture in a phrase."""
    return (
        f"width {config.hidden}, {config.depth} layers a transformer, score networks of {', '.join(map(str, config.channels))} "
        f"channels, {config.sampler_steps} sampler steps, up to {config.max_length} utterances"
    )


METHOD = Method(
    name="imder",
    title="IMDer (adapted)",
    about="generates what is missing by diffusion, here along the conversation (Wang et al., NeurIPS 2023)",
    config=IMDerConfig,
    build=IMDer,
    learning=IMDerLearning,
    stages=two_stages,
    ownership=completing_ownership,
    describe=imder_words,
    no_graph="whether and how long it samples depends on what is missing, which a graph cannot ask.",
    capabilities=frozenset({"reconstruction", "samples"}),
    rebuilds="projected features",
    presets={
        "ours": Preset(Recipe(reconstruction_weight=0.1), {"depth": 2, "blocks": 5, "channels": (32, 32, 64, 64)}),
        "published": Preset(
            PUBLISHED_TRAINING,
            {"dropout": 0.1, "causal": True, "frozen_projection": True, "shared_noise": True, "sampler_steps": 100},
        ),
    },
)
