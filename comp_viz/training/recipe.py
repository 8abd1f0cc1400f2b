"""How to train: every weight and switch by name, saved with the run."""

from dataclasses import dataclass

from comp_viz.errors import CompVizError
from comp_viz.network.model import SCOPES, Scope


@dataclass(frozen=True)
class Recipe:
    """Options of a training run. The comments name the published value where ours differs."""

    missing_rate: float = 0.3
    seed: int = 66
    first_epochs: int = 150
    second_epochs: int = 150
    batch: int = 32  # conversations
    learning_rate: float = 1e-4
    weight_decay: float = 1e-5
    decoupled_decay: bool = False
    cosine: bool = False  # let the learning rate fall to zero along each stage
    scope: Scope = "batch"  # whose prototypes prompts are made of during training
    fused_weight: float = 1.0
    head_weight: float = 2.0  # in stage 2; stage 1 is the heads alone
    reconstruction_weight: float = 1.0
    disentanglement_weight: float = 1.0
    modulate: bool = True  # the gradient modulator (GM)
    clip: tuple[float, float] | None = (0.0, 2.0)  # range the modulation coefficients are held to; published: None
    bank: int = 31  # conversations in the prototype bank: with the own one as many as a training batch
    precision: str = "float32"  # or "bfloat16", by autocast

    def __post_init__(self) -> None:
        if not 0 <= self.missing_rate <= 0.7:
            raise CompVizError(f"missing rate: expected 0 to 0.7, got {self.missing_rate:g}.")
        if self.scope not in SCOPES:
            raise CompVizError(f"scope: expected one of {', '.join(SCOPES)}, got {self.scope!r}.")
        if min(self.first_epochs, self.second_epochs) < 0 or self.first_epochs + self.second_epochs < 1:
            raise CompVizError("epochs: expected at least one epoch in all.")
        if self.batch < 1:
            raise CompVizError(f"batch: expected at least 1 conversation, got {self.batch}.")
        if self.precision not in ("float32", "bfloat16"):
            raise CompVizError(f"precision: expected float32 or bfloat16, got {self.precision!r}.")
