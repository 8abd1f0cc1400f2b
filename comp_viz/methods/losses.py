"""The loss of a prediction, alike for all methods (eq. 16, 17)."""

import torch
from torch import Tensor
from torch.nn import functional as F

from comp_viz.data.conversation import Task


def task_loss(
    task: Task,
    predictions: Tensor,
    targets: Tensor,
    counted: Tensor,
    sign_weight: float = 0,
    emphasis: Tensor | None = None,
) -> Tensor:
    """Cross-entropy (eq. 16) or mean squared error (eq. 17) over the `counted [B, S]` utterances of `[B, S, C]`.

    For scores, `sign_weight` adds that much logistic loss on the sign relative to neutral, which ACC and F1 count.
    `emphasis [B, S]` weighs the utterances, 1 on average.
    """
    predictions = predictions.to(torch.promote_types(predictions.dtype, torch.float32))  # at least single precision
    # Weights instead of a selection, whose size would have to be read from the device.
    share = counted.to(predictions.dtype) / counted.sum().clamp(min=1)
    if task.classes:
        truth = targets.nan_to_num().long()
        losses = F.cross_entropy(predictions.movedim(-1, 1), truth, reduction="none")
    else:
        scores, truth = predictions[..., 0], targets.nan_to_num()
        losses = (scores - truth).square()
        if sign_weight:
            losses = losses + sign_weight * F.softplus(-2 * scores * truth.sign()) * (truth != 0)
    if emphasis is not None:
        losses = losses * emphasis
    return (losses * share).sum()


def utterance_emphasis(error: Tensor, counted: Tensor, strength: float = 1.0) -> Tensor:
    """Weights `[M, B, S]` of the heads' losses: more where a modality errs more than the others, 0 to 2, without a gradient.

    `clip(1 + κ (E_i^u - mean_v E_i^v) / mean E, 0, 2)`, from errors `[M, B, S]` over the `counted [B, S]` utterances.
    """
    error = error.detach()
    mean = (error * counted).sum() / (len(error) * counted.sum().clamp(min=1))
    return (1 + strength * (error - error.mean(0)) / mean.clamp(min=1e-12)).clamp(0, 2)
