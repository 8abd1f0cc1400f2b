"""Balance between modalities while a method with heads trains: by the length of updates, or by the direction of gradients.

- **OGM-GE** (Peng et al., CVPR 2022): a modality whose head is ahead of the others learns less, `k^u = 1 - tanh(α ρ^u)` where its
  discrepancy ratio `ρ^u > 1`, and its gradients are given noise of their own deviation. Adam divides by the length of past
  gradients, so that a factor on the gradient nearly cancels: `k^u` shortens the *update* instead.
- **MMPareto** (Wei, Hu, ICML 2024): of the gradients of the fused loss and of a modality's own, which may oppose each other,
  the combination that harms neither, as long as their sum.

Weights of the heads' losses by utterance are the third way; they are part of the objective (`methods/losses.py`).
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from comp_viz.data.conversation import Task
from comp_viz.methods.method import EVERY_MODALITY, SHARED, Ownership

STRENGTH = 0.3  # α of OGM-GE, published between 0.1 and 1


class OwnedParameters:
    """The parameters that belong to one modality, whole tensors and rows of those that have one for each."""

    def __init__(self, model: nn.Module, ownership: Callable[[str], Ownership]) -> None:
        owners = {name: ownership(name).owner for name, _ in model.named_parameters()}
        self.owned = [(p, owners[name]) for name, p in model.named_parameters() if owners[name] != SHARED]

    def of(self, u: int) -> list[tuple[nn.Parameter, slice | int]]:
        """Those of modality `u`: each with the part of it that is the modality's."""
        return [
            (p, u if owner == EVERY_MODALITY else slice(None))
            for p, owner in self.owned
            if owner in (EVERY_MODALITY, u)
        ]


def head_scores(task: Task, heads: Tensor, targets: Tensor, counted: Tensor) -> Tensor:
    """How well each head does on a batch, `[M]`, from `heads [M, B, S, C]` over the `counted [B, S]` utterances.

    Classes: the sum of the probabilities of the truth. Scores, for which the paper has none: of `exp(-|error| / mean error)`.
    """
    if task.classes:
        truth = targets.nan_to_num().long().expand(heads.shape[:-1])
        each = heads.softmax(-1).gather(-1, truth[..., None])[..., 0]
    else:
        error = (heads[..., 0] - targets.nan_to_num()).abs() * counted
        scale = error.sum() / (len(heads) * counted.sum().clamp(min=1))
        each = torch.exp(-error / scale.clamp(min=1e-12))
    return (each * counted).sum((1, 2))


def update_shares(scores: Tensor, strength: float = STRENGTH) -> Tensor:
    """`k^u [M]`: how much of its update each modality keeps, 1 but for those ahead of the mean of the others."""
    others = (scores.sum() - scores) / (len(scores) - 1)
    ratio = scores / others.clamp(min=1e-12)
    return torch.where(ratio > 1, 1 - torch.tanh(strength * ratio), 1.0)


def add_noise(owned: OwnedParameters, shares: Tensor) -> None:
    """The GE of OGM-GE: normal noise of the gradient's own deviation, where an update is shortened; not on biases."""
    for u, share in enumerate(shares):
        for parameter, part in owned.of(u):
            if parameter.grad is not None and parameter.grad[part].dim() > 1 and len(parameter.grad[part]) > 1:
                gradient = parameter.grad[part]
                gradient += (share < 1) * gradient.std() * torch.randn_like(gradient)


def shortened_update(owned: OwnedParameters, shares: Tensor, step: Callable[[], object]) -> None:
    """Take an optimiser step, and of each modality's own weights only its share of it."""
    before = {id(parameter): parameter.detach().clone() for parameter, _ in owned.owned}
    step()
    with torch.no_grad():
        for u, share in enumerate(shares):
            for parameter, part in owned.of(u):
                old = before[id(parameter)][part]
                parameter[part] = old + share * (parameter[part] - old)


def pareto(joint: Tensor, own: Tensor) -> Tensor:
    """The combination of two gradients `[P]` that harms neither, as long as their sum.

    Their sum where they agree; else that of least length between them, `α joint + (1 - α) own`, stretched.
    """
    total, apart = joint + own, joint - own
    share = (-(apart @ own) / (apart @ apart).clamp(min=1e-30)).clamp(0, 1)
    least = share * joint + (1 - share) * own
    stretched = least * (total.norm() / least.norm().clamp(min=1e-30))
    return torch.where(joint @ own >= 0, total, stretched)


def pareto_changes(owned: OwnedParameters, fused: Tensor, heads: Sequence[Tensor]) -> list[tuple[nn.Parameter, Tensor]]:
    """What to add to the gradients of the whole objective, from the weighted losses of the fused prediction and every head.

    To be called before the backward pass of the objective, whose graph it keeps.
    """
    parameters = [parameter for parameter, _ in owned.owned]
    changes = {id(parameter): torch.zeros_like(parameter) for parameter in parameters}
    joint = gradients_of(fused, parameters)
    for u, loss in enumerate(heads):
        mine, own = owned.of(u), gradients_of(loss, parameters)
        flat = [torch.cat([g[id(p)][part].flatten() for p, part in mine]) for g in (joint, own)]
        change = pareto(*flat) - flat[0] - flat[1]
        sizes = [changes[id(p)][part].numel() for p, part in mine]
        for (parameter, part), piece in zip(mine, change.split(sizes), strict=True):
            changes[id(parameter)][part] = piece.view_as(changes[id(parameter)][part])
    return [(parameter, changes[id(parameter)]) for parameter in parameters]


def gradients_of(loss: Tensor, parameters: Sequence[nn.Parameter]) -> Mapping[int, Tensor]:
    """The gradient of a loss by parameter, zeros where it has no part in it; the graph stays."""
    each = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    return {id(p): torch.zeros_like(p) if g is None else g for p, g in zip(parameters, each, strict=True)}
