"""What training ComP minimises beside the task losses: reconstruction and disentanglement (eq. 2)."""

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.data.conversation import Task
from comp_viz.methods.losses import task_loss
from comp_viz.network.config import ComPConfig
from comp_viz.network.layers import ModalityMLP
from comp_viz.network.rows import Rows


class Companion(nn.Module):
    """Private encoders and decoders: needed to train the shared encoder, never to predict."""

    def __init__(self, config: ComPConfig) -> None:
        super().__init__()
        M, d = len(config.modalities), config.hidden
        self.private = ModalityMLP(M, d, d, d, config.dropout)
        self.decoder = ModalityMLP(M, 2 * d, d, d, config.dropout)

    def reconstruction(self, projected: Tensor, shared: Tensor, private: Tensor, rows: Rows) -> Tensor:
        """Mean squared error of what is rebuilt from shared and private features, all `[M, N + B, d]`, blanks included."""
        rebuilt = self.decoder(torch.cat([shared, private], dim=-1))
        return rows.average((rebuilt - projected).square().mean((0, 2)))


def disentanglement(shared: Tensor, private: Tensor, rows: Rows) -> Tensor:
    """Push private features of different modalities apart, private from shared, and pull shared together.

    Over the pairs of modalities, the mean absolute cosine between their private features and between private and shared
    of each (utterances), plus the Jensen-Shannon term of the sigmoids of their shared features (blanks included), of
    features `[M, N + B, d]`.
    """
    M, N = len(shared), len(rows)
    unit = F.normalize(private[:, :N], dim=-1)
    own = (unit * F.normalize(shared[:, :N], dim=-1)).sum(-1).abs().sum()
    total = (M - 1) * own / max(N, 1)  # every modality is in M - 1 pairs
    likelihood = shared.sigmoid()
    for u, v in combinations(range(M), 2):
        total = total + (unit[u] * unit[v]).sum(-1).abs().sum() / max(N, 1)
        total = total + rows.average(jensen_shannon(likelihood[u], likelihood[v]))
    return total


def jensen_shannon(p: Tensor, q: Tensor) -> Tensor:
    """Element by element, summed over features: `½ Σ [p ln(p/m) + q ln(q/m)]`, `m = (p+q)/2`, `[…, d] -> […]`."""
    p, q = p.clamp(min=1e-30), q.clamp(min=1e-30)  # a sigmoid can reach 0, whose logarithm is infinite
    log_m = ((p + q) / 2).log()
    return (p * (p.log() - log_m) + q * (q.log() - log_m)).sum(-1) / 2


KERNEL_WIDTHS = (0.5, 1.0, 2.0)  # in mean squared distances


def matching(shared: Tensor, rows: Rows) -> Tensor:
    """How far apart the distributions of the modalities' shared features `[M, N + B, d]` are, over what is observed of each.

    The squared maximum mean discrepancy (Gretton et al., 2012) with Gaussian kernels, summed over pairs of modalities. It asks
    for no label: utterances without one teach it as well (the idea of Liang, Li and Jin, MM 2020).
    """
    M, N = len(shared), len(rows)
    x = shared[:, :N].flatten(0, 1)  # (M·N, d)
    share = (rows.keys / rows.keys.sum(1, keepdim=True).clamp(min=1)).to(x)  # [M, N]
    lengths = x.square().sum(-1)
    distances = (lengths[:, None] + lengths - 2 * x @ x.T).clamp(min=0)
    every = share.flatten() / share.sum().clamp(min=1)
    scale = (every @ distances.detach() @ every).clamp(min=1e-12)  # the mean between all that is observed
    kernel = torch.stack([torch.exp(-distances / (width * scale)) for width in KERNEL_WIDTHS]).mean(0)
    inner = torch.einsum("um,umvn,vn->uv", share, kernel.view(M, N, M, N), share)
    apart = inner.diagonal()[:, None] + inner.diagonal() - 2 * inner
    some = rows.keys.any(1)
    return (apart * (some[:, None] & some)).triu(1).sum()


def divergence(weights: Tensor, error: Tensor, counted: Tensor) -> Tensor:
    """How far the coordinator's weights `[B, S, M]` are from what its heads deserve: `KL(τ ‖ ω̄)`, mean of the `counted [B, S]`.

    `τ^u` is proportional to `1 / (E^u + Ē)`, with the heads' errors `E [M, B, S]` on the utterance and their mean `Ē`, without
    which a head that happens to be right would get all the weight. A loss of ours, not of the paper.
    """
    share = counted / counted.sum().clamp(min=1)
    mean = (error * share).sum() / len(error)
    deserved = 1 / (error + mean.clamp(min=1e-12)).movedim(0, -1)
    deserved = deserved / deserved.sum(-1, keepdim=True)
    apart = (deserved * (deserved.log() - weights.float().clamp(min=1e-12).log())).sum(-1)
    return (apart * share).sum()


def private_loss(task: Task, heads: Sequence[Tensor], targets: Tensor, counted: Tensor) -> Tensor:
    """Published, stage 1: what the heads `[B, S, C]` make of private features should say nothing of the emotion.

    Scores are pulled towards noise of deviation 1.5, held to ±3, the same for all modalities; classes towards the truth by
    `1 - logits`. Summed over modalities.
    """
    if task.classes:
        return torch.stack([task_loss(task, 1 - y, targets, counted) for y in heads]).sum()
    noise = (1.5 * torch.randn_like(targets)).clamp(-3, 3)
    return torch.stack([task_loss(task, y, noise, counted) for y in heads]).sum()
