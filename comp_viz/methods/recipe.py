"""How to train: every weight and switch by name, saved with the run."""

import math
from dataclasses import dataclass
from typing import Any, Literal

from comp_viz.data.patterns.pattern import PROTOCOL, Pattern
from comp_viz.errors import CompVizError
from comp_viz.methods.modulator import CLASS_ERRORS, ClassError
from comp_viz.network.model import SCOPES, Scope

Select = Literal["validation", "test"]
SELECTS: tuple[Select, ...] = ("validation", "test")

Balance = Literal["none", "ogm-ge", "mmpareto", "loss"]
BALANCES: tuple[Balance, ...] = ("none", "ogm-ge", "mmpareto", "loss")

PRECISIONS = ("float32", "bfloat16")
NOT_NEGATIVE = (
    "seed", "weight_decay", "average", "feature_noise", "fused_weight", "head_weight", "sign_weight",
    "reconstruction_weight", "disentanglement_weight", "matching_weight", "coordinator_weight", "private_weight",
)  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """Options of a training run; the defaults are our own recipe, the comments name the published values.

    What is None by default is left to the amount of data and set by `resolve.py`.
    """

    missing: str = "uniform(0.3)"  # the missing pattern, sampled anew for every batch
    seed: int = 66
    first_epochs: int = 10  # 150
    second_epochs: int = 50  # 150
    batch: int | None = None  # conversations; 32
    learning_rate: float | None = None  # 1e-4
    weight_decay: float = 0.02  # 1e-5
    decoupled_decay: bool = True  # weight decay beside the gradient instead of inside it; published: inside
    cosine: bool = True  # let the learning rate fall to zero along each stage; published: constant
    gradient_norm: float | None = 5.0  # longer gradients are shortened to it; published: None
    average: float = 0.98  # predict with a running average of the weights, this much of it old; published: 0, none
    feature_noise: float | None = None  # deviation of the noise on standardised features in training; published: 0
    scope: Scope = "batch"  # whose prototypes prompts are made of during training
    fused_weight: float = 1.0
    head_weight: float = 2.0  # in stage 2; stage 1 is the heads alone
    sign_weight: float = 1.0  # logistic loss on the sign of a score, which is what ACC counts; published: 0
    reconstruction_weight: float = 0.05  # 1
    reconstruct_first: bool = True  # reconstruction in stage 1 as well; published: in stage 2 alone
    disentanglement_weight: float = 0.05  # 1
    matching_weight: float = (
        0.0  # of ComP: how far apart its modalities' features lie as distributions; published: 0, none
    )
    coordinator_weight: float = (
        0.0  # of ComP: how far its coordinator's weights are from its heads' inverse errors; published: 0, none
    )
    private_weight: float = 0.0  # in stage 1, task loss of private features against noise; published: 1
    modulate: bool = True  # the gradient modulator (GM) of ComP, eq. 11
    balance: Balance = "none"  # of modalities, in the stage that fuses, for any method with heads; published: "none"
    clip: tuple[float, float] | None = (0.0, 2.0)  # range the modulation coefficients are held to; published: None
    error: ClassError = "probability"  # what the modulator takes for the error of a class; published code: "reference"
    select: Select = "validation"  # split that chooses the epoch; "test" is the paper's protocol, and optimistic
    selection: tuple[str, ...] = tuple(map(str, PROTOCOL))  # missing patterns the selection split is evaluated under
    bank: int = 31  # conversations in the prototype bank: with the own one as many as a published batch
    precision: str = "float32"  # or "bfloat16", by autocast: slower where the processor only imitates it

    def __post_init__(self) -> None:
        for text in (self.missing, *self.selection):
            Pattern.parse(text)
        if not self.selection:
            raise CompVizError("selection: expected at least one missing pattern.")
        for name, known in (
            ("scope", SCOPES),
            ("error", CLASS_ERRORS),
            ("select", SELECTS),
            ("precision", PRECISIONS),
            ("balance", BALANCES),
        ):
            if getattr(self, name) not in known:
                raise CompVizError(f"{name}: expected one of {', '.join(known)}, got {getattr(self, name)!r}.")
        if min(self.first_epochs, self.second_epochs) < 0 or self.first_epochs + self.second_epochs < 1:
            raise CompVizError("epochs: expected at least one epoch in all.")
        for name in NOT_NEGATIVE:
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:
                raise CompVizError(f"{name}: expected a number from 0 on, got {value}.")
        for name in ("learning_rate", "gradient_norm"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise CompVizError(f"{name}: expected a number above 0, got {value}.")
        if self.clip is not None and not (len(self.clip) == 2 and self.clip[0] <= self.clip[1]):
            raise CompVizError(f"clip: expected a lower and an upper end, got {self.clip}.")
        for name in ("bank", "batch"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise CompVizError(f"{name}: expected at least 1 conversation, got {value}.")
        if not 0 <= self.average < 1:
            raise CompVizError(f"average: expected a value from 0 to below 1, got {self.average:g}.")


# Adam and the task loss without anything that our own recipe adds, as in most published code.
BARE: dict[str, Any] = {
    "decoupled_decay": False, "cosine": False, "gradient_norm": None, "average": 0, "feature_noise": 0, "sign_weight": 0,
}  # fmt: skip
# What the published code really minimises, and how.
PUBLISHED = Recipe(
    first_epochs=150,
    second_epochs=150,
    batch=32,
    learning_rate=1e-4,
    weight_decay=1e-5,
    reconstruction_weight=1,
    reconstruct_first=False,
    disentanglement_weight=1,
    private_weight=1,
    clip=None,
    error="reference",
    **BARE,
)
