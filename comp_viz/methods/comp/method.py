"""ComP in the registry: the network of the paper, its two stages, who owns which parameter."""

from comp_viz.methods.comp.learning import ComPLearning
from comp_viz.methods.learning import Stage
from comp_viz.methods.method import EVERY_MODALITY, SHARED, Method, Ownership, Preset
from comp_viz.methods.recipe import PUBLISHED, Recipe
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP

MODULES = {  # first part of a parameter's name -> its module
    "input": "projection",
    "compressor": "prototypes",
    "modality_heads": "modality heads",
    "fusion": "fused head",
    "fused_head": "fused head",
}


def comp_stages(recipe: Recipe) -> tuple[Stage, ...]:
    """Each modality on its own, then the full model."""
    both = Stage(1, recipe.first_epochs, chosen_by="heads"), Stage(2, recipe.second_epochs)
    return tuple(stage for stage in both if stage.epochs)


def comp_ownership(name: str) -> Ownership:
    """Inputs are a modality's, the coordinator and the fused head are shared, all else is stacked by modality."""
    first, *rest = name.split(".")
    if first == "blocks":
        return Ownership("propagation" if rest[1] == "layers" else "prompts", EVERY_MODALITY)
    module = MODULES.get(first, first)
    if first == "input":
        return Ownership(module, int(rest[0]))
    return Ownership(module, SHARED if module in ("coordinator", "fused head") else EVERY_MODALITY)


def comp_words(config: ComPConfig) -> str:
    """The architecture in a phrase."""
    return (
        f"hidden {config.hidden}, {config.depth} attention layers in {config.blocks} blocks, {config.heads} heads, "
        f"{config.prototypes} prototypes, prompt width {config.prompt}, λ {config.momentum:g}, "
        f"up to {config.max_length} utterances"
    )


METHOD = Method(
    name="comp",
    title="ComP",
    about="prompts every modality by the others (*Cross-modal Prompting*, AAAI 2026)",
    config=ComPConfig,
    build=ComP,
    learning=ComPLearning,
    stages=comp_stages,
    ownership=comp_ownership,
    describe=comp_words,
    capabilities=frozenset({"heads", "weights", "reconstruction", "prototypes", "trace", "modulation"}),
    rebuilds="propagated features Z̄",
    weights_from="coordinator",
    weights_about="The coordinator multiplies the features of each modality by its weight before they are fused.",
    presets={"ours": Preset(), "published": Preset(PUBLISHED, {"hidden": 256})},
)
