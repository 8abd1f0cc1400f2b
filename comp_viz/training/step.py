"""What one optimiser step leaves behind, kept on the device until the epoch is over: nothing waits for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from comp_viz.network.config import ComPConfig
from comp_viz.training.modulator import Modulation


@dataclass(frozen=True)
class TrainingStep:
    """One step on `B` conversations of at most `S` utterances."""

    conversations: Sequence[int]  # [B], by number in the training stream
    losses: dict[str, Tensor]  # terms of the objective, with their weighted sum under "loss"
    predictions: dict[str, Tensor]  # "fused" (in stage 2) and every modality -> [B, S, C], with dropout and noise
    observed: Tensor  # [B, S, M] bool, as the missing pattern left it
    valid: Tensor  # [B, S] bool, False in padding; in memory
    error: Tensor  # [M, B, S], E of every modality
    coordinator: Tensor | None  # [B, S, M], in stage 2
    modulation: Modulation | None  # in stage 2
    gradients: Tensor  # [G, M + 1], see `GradientNorms`


class GradientNorms:
    """L2 norms of the gradient by module and modality, after modulation and before shortening.

    `names [G]` are the modules. Called after `backward()`, gives `[G, M + 1]`: a norm for every modality's own weights and,
    last, one for the weights that serve all modalities together; NaN where a module has none or took no part.
    """

    def __init__(self, model: nn.Module, config: ComPConfig) -> None:
        self.M = len(config.modalities)
        self.groups: dict[str, dict[int, list[nn.Parameter]]] = {}  # module -> modality, M for all or -1 for stacked
        for name, parameter in model.named_parameters():
            self.groups.setdefault(module_of(name), {}).setdefault(self.owner(name), []).append(parameter)
        self.names = tuple(self.groups)

    def owner(self, name: str) -> int:
        """Whose weights these are: a modality's number, M for weights that serve all, -1 for `[M, …]` stacked ones."""
        if name.startswith("input."):
            return int(name.split(".")[1])
        return self.M if module_of(name) in ("coordinator", "fused head") else -1

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


def module_of(name: str) -> str:
    """The module a parameter belongs to, in the words of the method."""
    first, *rest = name.split(".")
    if first == "blocks":
        return "propagation" if rest[1] == "layers" else "prompts"
    return {
        "input": "projection",
        "compressor": "prototypes",
        "modality_heads": "modality heads",
        "fusion": "fused head",
        "fused_head": "fused head",
    }.get(first, first)
