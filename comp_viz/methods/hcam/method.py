"""The network after HCAM in the registry."""

from comp_viz.methods.hcam.config import HCAMConfig
from comp_viz.methods.hcam.learning import HCAMLearning
from comp_viz.methods.hcam.network import HCAM
from comp_viz.methods.learning import Stage
from comp_viz.methods.method import EVERY_MODALITY, SHARED, Method, Ownership
from comp_viz.methods.recipe import Recipe

PER_MODALITY = {"input": "projection", "recurrence": "recurrence"}
STACKED = {"attention": "attention", "modality_heads": "modality heads"}
FUSED = {"across": "cross attention"}


def hcam_stages(recipe: Recipe) -> tuple[Stage, ...]:
    """Each modality on its own, then what they are together."""
    both = Stage(1, recipe.first_epochs, chosen_by="heads"), Stage(2, recipe.second_epochs)
    return tuple(stage for stage in both if stage.epochs)


def hcam_ownership(name: str) -> Ownership:
    """Projection and recurrence are a modality's, attention and heads are stacked by modality, the rest is shared."""
    first, *rest = name.split(".")
    if first in PER_MODALITY:
        return Ownership(PER_MODALITY[first], int(rest[0]))
    if first in STACKED:
        return Ownership(STACKED[first], EVERY_MODALITY)
    return Ownership(FUSED.get(first, "fused head"), SHARED)


def hcam_words(config: HCAMConfig) -> str:
    """The architecture in a phrase."""
    return f"hidden {config.hidden}, {config.heads} heads, up to {config.max_length} utterances"


METHOD = Method(
    name="hcam",
    title="after HCAM",
    about="lets every modality attend to every other one at full width (after Dutta and Ganapathy, 2023)",
    config=HCAMConfig,
    build=HCAM,
    learning=HCAMLearning,
    stages=hcam_stages,
    ownership=hcam_ownership,
    describe=hcam_words,
    capabilities=frozenset({"heads"}),
)
