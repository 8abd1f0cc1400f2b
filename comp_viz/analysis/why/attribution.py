"""Which cells and which features made a prediction: Captum's Integrated Gradients, Gradient × Input, Occlusion, Shapley sampling.

Cells are (utterance, modality) entries. Gradients explain the standardised features and start from their training mean, which
is zero, with the missing pattern left as it is: half a mask means nothing to the model. Occlusion and Shapley sampling explain
the mask itself: a cell that is taken away is masked, as a missing one is.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import numpy as np
import pandas as pd
import torch
from scipy.stats import sem
from torch import Tensor

from comp_viz.analysis.why.leave_one_out import Losses, losses
from comp_viz.analysis.why.masking import Masked
from comp_viz.analysis.why.target import decided, explained_number
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Bools, Conversation, Floats, Task

INTEGRATED, GRADIENT, OCCLUSION, SAMPLING = "Integrated Gradients", "Gradient × Input", "Occlusion", "Shapley sampling"
ATTRIBUTION_METHODS = (INTEGRATED, GRADIENT, OCCLUSION, SAMPLING)
INTEGRAL_STEPS = (16, 32, 64, 128)  # of the integral, until it is complete
COMPLETE_WITHIN = 0.01  # of the change explained: what the attributions may lack to it
NOISE_FLOOR = 1e-3  # of a probability, or of a point: a change that is smaller is not worth a relative error
EVALUATIONS = 400  # of the model, for Shapley sampling
NEAR_UTTERANCES = 4  # utterances on each side whose cells are players of their own in Shapley sampling
BLOCKS = 4  # into which all further utterances are joined, on each side


@dataclass(frozen=True)
class Attribution:
    """The attribution of one utterance's prediction to cells, and by methods that explain features to those."""

    task: Task
    method: str
    target: int  # the utterance explained
    column: int  # of the prediction, the class explained
    modalities: tuple[str, ...]
    observed: Bools  # [S, M]
    cells: Floats  # [S, M]
    features: Mapping[str, Floats] | None  # modality -> [S, D_u], summing to `cells`; None for methods of masks
    whole: float  # the prediction explained, a score or a probability
    start: float  # the prediction with features at their mean, or with everything missing; for Occlusion the same as `whole`
    steps: int  # of the integral, or random orders; 0 where there are none
    error: Floats | None  # [S, M], standard error of Shapley sampling

    @property
    def missing_sum(self) -> float:
        """How far the attributions' sum is from the change they explain, as a share of it; NaN where it need not be the same."""
        if self.method not in (INTEGRATED, SAMPLING):
            return float("nan")
        change = self.whole - self.start
        return abs(float(self.cells.sum()) - change) / max(abs(change), NOISE_FLOOR)


def attribute(
    checkpoint: Checkpoint, conversation: Conversation, observed: Bools, target: int, method: str, seed: int = 0
) -> Attribution:
    """Explain the prediction for utterance `target` by one of `METHODS`, under the pattern `observed [S, M]`."""
    masked = Masked.of(checkpoint, conversation, observed)
    whole = masked.fused(masked.observed[None])[0]
    column = int(decided(masked.task, whole)[target])
    if method in (INTEGRATED, GRADIENT):
        return by_gradient(checkpoint, conversation, masked, target, column, method)
    if method == OCCLUSION:
        return by_occlusion(losses(masked), target)
    return by_sampling(masked, target, column, seed)


def captum() -> ModuleType:
    """Captum's methods, imported when first used: that takes a second, and in a notebook brings advice on progress bars."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module("captum.attr")


def by_gradient(
    checkpoint: Checkpoint, conversation: Conversation, masked: Masked, target: int, column: int, method: str
) -> Attribution:
    """Attributions of standardised features, by one gradient or by the integral of many."""
    model, task, names = checkpoint.model, masked.task, checkpoint.config.modalities
    batch = Batch.of([conversation], checkpoint.standardise).to(model.device)
    shown = torch.from_numpy(masked.observed).to(model.device)

    def predicted(*features: Tensor) -> Tensor:
        K = len(features[0])
        given = dict(zip(names, features, strict=True))
        out = model(given, shown.expand(K, -1, -1), batch.valid.expand(K, -1)).fused[:, target]
        number: Tensor = out.softmax(-1)[:, column] if task.classes else out[:, 0] + task.neutral
        return number

    inputs = tuple((batch.features[u] * shown[None, :, i, None]).requires_grad_() for i, u in enumerate(names))
    with torch.no_grad():
        start, whole = (float(predicted(*at)) for at in (tuple(map(torch.zeros_like, inputs)), inputs))
    steps = 0
    if method == GRADIENT:
        parts = captum().InputXGradient(predicted).attribute(inputs)
    else:
        together = max(1, 1024 // len(conversation))
        for steps in INTEGRAL_STEPS:
            parts = (
                captum()
                .IntegratedGradients(predicted)
                .attribute(inputs, n_steps=steps, method="gausslegendre", internal_batch_size=together)
            )
            lacking = abs(sum(float(x.detach().sum()) for x in parts) - (whole - start))
            if lacking <= COMPLETE_WITHIN / 2 * max(abs(whole - start), NOISE_FLOOR):
                break
    features = {u: x[0].detach().float().cpu().numpy() for u, x in zip(names, parts, strict=True)}
    cells = np.stack([x.sum(1) for x in features.values()], axis=1)
    return Attribution(
        task, method, target, column, names, masked.observed, cells, features, whole, start, steps, None
    )  # fmt: skip


def by_occlusion(single: Losses, target: int) -> Attribution:
    """What the prediction loses when one cell after the other goes missing: Captum's `Occlusion`, for any target at once."""
    column = int(decided(single.task, single.whole)[target])
    whole = float(single.whole[target, column])
    cells = (whole - single.after[single.players, target, column]) * single.observed
    return Attribution(
        single.task, OCCLUSION, target, column, single.modalities, single.observed, cells.astype(np.float32), None, whole, whole, 0, None
    )  # fmt: skip


def by_sampling(masked: Masked, target: int, column: int, seed: int) -> Attribution:
    """Shapley values of cells from random orders in which they come, with a standard error.

    Cells further than `NEAR` utterances from the target come in blocks, and the cells of a block share its value.
    """
    columns, shown = np.full(len(masked.observed), column), torch.from_numpy(masked.observed).float()[None]

    def predicted(masks: Tensor) -> Tensor:
        return torch.from_numpy(explained_number(masked.fused(masks.numpy() > 0.5), columns)[:, target].copy())

    groups = blocks(masked.observed, target)
    players = int(groups.max()) + 1
    orders = max(4, EVALUATIONS // players)
    rng, mask = np.random.default_rng(seed), torch.from_numpy(groups)[None]
    sampling = captum().ShapleyValueSampling(predicted)
    # By itself it draws from PyTorch's global generator, which other threads draw from as well.
    sampling.permutation_generator = lambda P, count: (rng.permutation(P).tolist() for _ in range(count))
    sampled = [
        sampling.attribute(shown, n_samples=1, feature_mask=mask, perturbations_per_eval=32)[0].numpy()
        for _ in range(orders)
    ]
    sizes = np.zeros(players)
    np.add.at(sizes, groups[masked.observed], 1)
    shared = np.stack(sampled) * masked.observed / np.maximum(sizes, 1)[groups]
    error = np.asarray(sem(shared), np.float32)
    whole, start = (float(predicted(x)) for x in (shown, torch.zeros_like(shown)))
    return Attribution(
        masked.task, SAMPLING, target, column, masked.checkpoint.config.modalities, masked.observed,
        shared.mean(0).astype(np.float32), None, whole, start, orders, error,
    )  # fmt: skip


def blocks(observed: Bools, target: int) -> np.ndarray:
    """Numbers of players for Shapley sampling, `[S, M]`: single cells near the target, further on the cells of a block."""
    S, M = observed.shape
    place = np.arange(S) - target
    part = np.where(np.abs(place) <= NEAR_UTTERANCES, place, 0)
    for sign in (-1, 1):
        far = np.flatnonzero(sign * place > NEAR_UTTERANCES)
        for i, members in enumerate(np.array_split(far, min(BLOCKS, len(far))) if len(far) else ()):
            part[members] = sign * (NEAR_UTTERANCES + 1 + i)
    _, number = np.unique(part, return_inverse=True)
    players: np.ndarray = number[:, None] * M + np.arange(M)
    return players


def attribution_table(attribution: Attribution) -> pd.DataFrame:
    """One row for every cell of the conversation: its attribution for the prediction explained."""
    s, u = (x.ravel() for x in np.indices(attribution.cells.shape))
    table = {
        "method": attribution.method, "prediction of": attribution.target + 1, "utterance": s + 1, "modality": np.array(attribution.modalities)[u],
        "observed": attribution.observed[s, u], "attribution": attribution.cells.ravel(),
    }  # fmt: skip
    return pd.DataFrame(table | ({} if attribution.error is None else {"standard error": attribution.error.ravel()}))
