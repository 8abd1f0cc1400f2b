"""The dynamic gradient modulator (eq. 10, 11): learn less from what a modality already finds easier than the others."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from comp_viz.data.conversation import Task

ClassError = Literal["probability", "reference"]
CLASS_ERRORS: tuple[ClassError, ...] = ("probability", "reference")


@dataclass(frozen=True)
class Modulation:
    """Modulation coefficients of one batch. 1 leaves a gradient as it is, below 1 weakens it, above 1 strengthens it."""

    coefficients: Tensor  # [M, B, S], by utterance; 1 where not counted
    by_position: Tensor  # [M, S], mean over the batch's counted utterances; 1 where none
    clipped: Tensor  # [M], share of counted coefficients that were clipped to the range


def modality_errors(task: Task, predictions: Tensor, targets: Tensor, kind: ClassError = "probability") -> Tensor:
    """Each modality's error `E_i^u`, `[M, B, S]`, from predictions `[M, B, S, C]` and targets `[B, S]`.

    Scores: the absolute difference. Classes: one minus the true class's probability, or with `"reference"` what the
    published code takes, the distance between the true class's logit and its number, which says little of an error.
    """
    if not task.classes:
        return (predictions[..., 0] - targets).abs()
    truth = targets.nan_to_num().long().expand(predictions.shape[:-1])
    values = predictions if kind == "reference" else predictions.softmax(-1)
    true = values.gather(-1, truth[..., None])[..., 0]
    return (truth - true).abs() if kind == "reference" else 1 - true


def modulation(error: Tensor, counted: Tensor, clip: tuple[float, float] | None) -> Modulation:
    """Coefficients from errors `[M, B, S]` over `counted [B, S]` utterances.

    `R_i = E_i^u - E_i^v`, `W_i^u = mean over v≠u of (Σ_j R_j - R_i) / Σ_j R_j`. The sum of signed differences can come
    close to zero or change sign, so that coefficients explode or turn negative: `clip` limits them to a range (`None` as
    published). Where the sum is exactly zero no modality is ahead, and the coefficient is 1.
    """
    M = len(error)
    relative = (error[:, None] - error[None]) * counted  # R, (M, M, B, S)
    total = relative.sum((2, 3), keepdim=True)
    ratio = torch.where(total != 0, (total - relative) / torch.where(total != 0, total, 1), 1)
    diagonal = torch.eye(M, dtype=torch.bool, device=error.device)[..., None, None]
    raw = ratio.masked_fill(diagonal, 0).sum(1) / (M - 1)
    limited = raw if clip is None else raw.clamp(*clip)
    clipped = ((limited != raw) & counted).sum((1, 2)) / counted.sum().clamp(min=1)
    sums, counts = (limited * counted).sum(1), counted.sum(0)  # over the batch, (M, S) and (S,)
    by_position = torch.where(counts > 0, sums / counts.clamp(min=1), 1)
    return Modulation(torch.where(counted, limited, 1), by_position, clipped)
