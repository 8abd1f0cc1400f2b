"""What one optimiser step leaves behind, kept on the device until the epoch is over: nothing waits for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from comp_viz.methods.method import EVERY_MODALITY, SHARED, Ownership
from comp_viz.methods.modulator import Modulation


@dataclass(frozen=True)
class Descent:
    """What became of the gradients of a step, and what they were made from."""

    error: Tensor | None  # [M, B, S], E of every modality; None without heads
    modulation: Modulation | None  # where gradients are modulated
    gradients: Tensor  # [G, M + 1], see `GradientNorms`
    shares: Tensor | None  # [M], of its update that each modality kept, where balance shortens updates


@dataclass(frozen=True)
class TrainingStep(Descent):
    """One step on `B` conversations of at most `S` utterances."""

    conversations: Sequence[int]  # [B], by number in the training stream
    losses: dict[str, Tensor]  # terms of the objective, with their weighted sum under "loss"
    predictions: dict[str, Tensor]  # "fused" where it is trained, and every head -> [B, S, C], with dropout and noise
    observed: Tensor  # [B, S, M] bool, as the missing pattern left it
    valid: Tensor  # [B, S] bool, False in padding; in memory
    coordinator: Tensor | None  # [B, S, M], weights of the modalities, where the stage has some


class GradientNorms:
    """L2 norms of the gradient by module and modality, after modulation and before shortening.

    `names [G]` are the modules. Called after `backward()`, gives `[G, M + 1]`: a norm for every modality's own weights and,
    last, one for the weights that serve all modalities together; NaN where a module has none or took no part.
    """

    def __init__(self, model: nn.Module, modalities: int, ownership: Callable[[str], Ownership]) -> None:
        self.M = modalities
        self.groups: dict[str, dict[int, list[nn.Parameter]]] = {}  # module -> modality, M for all or -1 for stacked
        for name, parameter in model.named_parameters():
            its = ownership(name)
            owner = -1 if its.owner == EVERY_MODALITY else self.M if its.owner == SHARED else int(its.owner)
            self.groups.setdefault(its.module, {}).setdefault(owner, []).append(parameter)
        self.names = tuple(self.groups)

    def __call__(self) -> Tensor:
        """The norms `[G, M + 1]` of the gradients as they are now."""
        return torch.stack([self.row(group) for group in self.groups.values()])

    def row(self, group: dict[int, list[nn.Parameter]]) -> Tensor:
        """Norms `[M + 1]` of one module."""
        some = next(iter(group.values()))[0]
        row = torch.full((self.M + 1,), torch.nan, device=some.device)
        for owner, parameters in group.items():
            gradients = [p.grad for p in parameters if p.grad is not None]
            if gradients and owner < 0:
                squares = torch.stack([torch.linalg.vector_norm(g, dim=tuple(range(1, g.dim()))) for g in gradients])
                row[: self.M] = torch.linalg.vector_norm(squares, dim=0)
            elif gradients:
                row[owner] = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        return row
