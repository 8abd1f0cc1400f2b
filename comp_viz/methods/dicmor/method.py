"""DiCMoR in the registry."""

from dataclasses import replace

from comp_viz.methods.dicmor.config import DiCMoRConfig
from comp_viz.methods.dicmor.learning import DiCMoRLearning
from comp_viz.methods.dicmor.network import DiCMoR
from comp_viz.methods.imder.learning import two_stages
from comp_viz.methods.imder.method import PUBLISHED_TRAINING, completing_ownership
from comp_viz.methods.method import Method, Preset
from comp_viz.methods.recipe import Recipe


def dicmor_words(config: DiCMoRConfig) -> str:
    """The architecture in a phrase."""
    return (
        f"width {config.hidden}, {config.depth} layers a transformer, {config.flow} flows of {config.flow_steps} steps, "
        f"up to {config.max_length} utterances"
    )


METHOD = Method(
    name="dicmor",
    title="DiCMoR (adapted)",
    about="carries one modality over into another by flows, here along the conversation (Wang et al., ICCV 2023)",
    config=DiCMoRConfig,
    build=DiCMoR,
    learning=DiCMoRLearning,
    stages=two_stages,
    ownership=completing_ownership,
    describe=dicmor_words,
    no_graph="its flows are inverted by solving systems of equations, which ONNX has no operator for.",
    capabilities=frozenset({"reconstruction"}),
    rebuilds="projected features",
    presets={
        "ours": Preset(Recipe(reconstruction_weight=0.1), {"depth": 2, "blocks": 5, "flow_steps": 8}),
        "published": Preset(
            replace(PUBLISHED_TRAINING, learning_rate=1e-4),
            {"dropout": 0.3, "causal": True, "frozen_projection": True, "flow": "published"},
        ),
    },
)
