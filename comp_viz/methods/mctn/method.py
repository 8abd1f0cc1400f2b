"""MCTN in the registry."""

from comp_viz.methods.gcnet.method import one_stage
from comp_viz.methods.mctn.config import MCTNConfig
from comp_viz.methods.mctn.learning import MCTNLearning
from comp_viz.methods.mctn.network import MCTN
from comp_viz.methods.method import SHARED, Method, Ownership, Preset
from comp_viz.methods.recipe import Recipe

MODULES = {"head": "fused head", "reader": "fused head"}


def mctn_ownership(name: str) -> Ownership:
    """All parameters serve all modalities: they are translated into each other by the same ones."""
    first = name.partition(".")[0]
    return Ownership(MODULES.get(first, first.replace("_", " ")), SHARED)


def mctn_words(config: MCTNConfig) -> str:
    """The architecture in a phrase."""
    return (
        f"width {config.hidden}, translating {' into '.join(config.translated)}, up to {config.max_length} utterances"
    )


METHOD = Method(
    name="mctn",
    title="MCTN (adapted)",
    about="reads one modality, whose code was taught by translating it into the others (Pham et al., AAAI 2019)",
    config=MCTNConfig,
    build=MCTN,
    learning=MCTNLearning,
    stages=one_stage,
    ownership=mctn_ownership,
    describe=mctn_words,
    presets={
        "ours": Preset(Recipe(reconstruction_weight=0.1)),
        "published": Preset(
            Recipe(
                missing="uniform(0)",  # it has no notion of missing entries
                first_epochs=0,
                second_epochs=200,
                batch=32,
                learning_rate=1e-4,
                weight_decay=0,
                cosine=False,
                gradient_norm=None,
                average=0,
                feature_noise=0,
                sign_weight=0,
                reconstruction_weight=0.1,
            )
        ),
    },
)
