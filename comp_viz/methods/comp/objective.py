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


def private_loss(task: Task, heads: Sequence[Tensor], targets: Tensor, counted: Tensor) -> Tensor:
    """Published, stage 1: what the heads `[B, S, C]` make of private features should say nothing of the emotion.

    Scores are pulled towards noise of deviation 1.5, held to ±3, the same for all modalities; classes towards the truth by
    `1 - logits`. Summed over modalities.
    """
    if task.classes:
        return torch.stack([task_loss(task, 1 - y, targets, counted) for y in heads]).sum()
    noise = (1.5 * torch.randn_like(targets)).clamp(-3, 3)
    return torch.stack([task_loss(task, y, noise, counted) for y in heads]).sum()
