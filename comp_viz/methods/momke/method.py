"""MoMKE in the registry: first every expert on its own modality, then the mixture."""

from typing import Any

from torch import Tensor

from comp_viz.data.batch import Batch
from comp_viz.methods.learning import Learning, Objective, Stage, StagePredictions
from comp_viz.methods.method import EVERY_MODALITY, SHARED, Method, Ownership, Preset
from comp_viz.methods.momke.network import MoMKE, MoMKEConfig
from comp_viz.methods.recipe import BARE, Recipe

MODULES = {
    "input": "projection",
    "modality_heads": "modality heads",
    "fusion": "fused head",
    "fused_head": "fused head",
}
NOT_OF_COMP: dict[str, Any] = {"reconstruction_weight": 0.0, "disentanglement_weight": 0.0, "modulate": False}


class MoMKELearning(Learning):
    """Stage 1: the task losses of the heads, each on its own expert. Stage 2: the fused one, and the heads' if they weigh."""

    network: MoMKE

    def objective(self, stage: Stage, batch: Batch, targets: Tensor, counted: Tensor) -> Objective:
        """The terms of either stage."""
        predictions = self.predictions(self.network, stage, batch)
        losses = self.task_losses(predictions, targets, counted)
        alone = dict.fromkeys(self.network.config.modalities, 1.0) if stage.chosen_by == "heads" else {}
        return Objective(losses | {"loss": self.weighted_sum(losses, **alone)}, predictions)

    def predictions(self, network: MoMKE, stage: Stage, batch: Batch) -> StagePredictions:
        """Of the first stage those of the heads alone."""
        if stage.chosen_by == "fused":
            return super().predictions(network, stage, batch)
        return StagePredictions(network.first_stage(*network.begin(batch.features, batch.observed, batch.valid)))


def momke_stages(recipe: Recipe) -> tuple[Stage, ...]:
    """The experts on complete conversations, then the mixture under the recipe's pattern."""
    experts = Stage(1, recipe.first_epochs, chosen_by="heads", complete=True)
    return tuple(stage for stage in (experts, Stage(2, recipe.second_epochs)) if stage.epochs)


def momke_ownership(name: str) -> Ownership:
    """Inputs are a modality's, fusion is shared; an expert, a router and a head are of the modality of their row."""
    first, *rest = name.split(".")
    module = MODULES.get(first, first)
    if first == "input":
        return Ownership(module, int(rest[0]))
    return Ownership(module, SHARED if module == "fused head" else EVERY_MODALITY)


METHOD = Method(
    name="momke",
    title="MoMKE",
    about="mixes an expert for each modality by a router (Xu, Jiang, Liang, ACM MM 2024)",
    config=MoMKEConfig,
    build=MoMKE,
    learning=MoMKELearning,
    stages=momke_stages,
    ownership=momke_ownership,
    describe=lambda config: (
        f"hidden {config.hidden}, experts of {config.depth} attention layers with {config.heads} heads, "
        f"up to {config.max_length} utterances"
    ),
    capabilities=frozenset({"heads", "weights", "routing"}),
    weights_from="router",
    weights_about="The weight of a modality is that of its expert: the mean over the routers of the modalities observed.",
    presets={
        "ours": Preset(Recipe(**NOT_OF_COMP)),
        "published": Preset(
            Recipe(
                first_epochs=150,
                second_epochs=150,
                batch=32,
                learning_rate=1e-4,
                weight_decay=1e-5,
                head_weight=0,
                **BARE,
                **NOT_OF_COMP,
            ),
            {"hidden": 256},
        ),
    },
)
