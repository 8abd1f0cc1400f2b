"""MMIN in the registry."""

from comp_viz.methods.learning import Stage
from comp_viz.methods.method import SHARED, Method, Ownership, Preset
from comp_viz.methods.mmin.config import MMINConfig
from comp_viz.methods.mmin.learning import MMINLearning
from comp_viz.methods.mmin.network import MMIN
from comp_viz.methods.recipe import Recipe

PUBLISHED_TRAINING = Recipe(
    first_epochs=100,
    second_epochs=100,
    batch=3,  # conversations; published: 256 utterances
    learning_rate=1e-3,
    weight_decay=0,
    cosine=False,
    average=0,
    feature_noise=0,
    sign_weight=0,
    reconstruction_weight=4,
)


def mmin_stages(recipe: Recipe) -> tuple[Stage, ...]:
    """The teacher on what was recorded, then the network."""
    both = Stage(1, recipe.first_epochs, complete=True), Stage(2, recipe.second_epochs)
    return tuple(stage for stage in both if stage.epochs)


def mmin_ownership(name: str) -> Ownership:
    """Encoders are a modality's, all else is shared."""
    first, *rest = name.split(".")
    if first == "encoders":
        return Ownership("encoders", int(rest[1]))
    return Ownership("fused head" if first == "head" else first, SHARED)


def mmin_words(config: MMINConfig) -> str:
    """The architecture in a phrase."""
    return (
        f"embeddings of width {'-'.join(map(str, dict.fromkeys(config.embedded)))}, imagination by {config.blocks} autoencoders "
        f"({'-'.join(map(str, config.layers))}), no context"
    )


METHOD = Method(
    name="mmin",
    title="MMIN",
    about="imagines the embedding of what is missing, utterance by utterance (Zhao et al., ACL 2021)",
    config=MMINConfig,
    build=MMIN,
    learning=MMINLearning,
    stages=mmin_stages,
    ownership=mmin_ownership,
    describe=mmin_words,
    capabilities=frozenset({"reconstruction"}),
    rebuilds="embeddings of its teacher",
    presets={
        "ours": Preset(Recipe(reconstruction_weight=1)),
        "published": Preset(PUBLISHED_TRAINING, {"imagine_all": True}),
    },
)
