"""The modulation coefficients of one conversation as a batch of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from comp_viz.analysis.prediction import run_model
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Bools, Conversation, Floats
from comp_viz.methods.modulator import modality_errors, modulation
from comp_viz.methods.recipe import Recipe


@dataclass(frozen=True)
class ConversationCoefficients:
    """Coefficients of `S` utterances and `M` modalities (eq. 10); 1 leaves a gradient as it is. NaN where not counted."""

    modalities: tuple[str, ...]
    error: Floats  # [S, M], in label units, or one minus the true class's probability
    raw: Floats  # [S, M], before clipping
    clipped: Floats  # [S, M], after
    counted: Bools  # [S], labelled, and for scores not exactly neutral
    clip: tuple[float, float] | None  # the range they are clipped to

    @property
    def count(self) -> int:
        """N, how many utterances count."""
        return int(self.counted.sum())

    @property
    def clipped_count(self) -> int:
        """How many coefficients lie outside the clip range."""
        return int((self.raw != self.clipped)[self.counted].sum())

    @property
    def mean(self) -> float:
        """Mean coefficient before clipping: `1 - 1/N` whatever the errors, unless two heads have the same sum of errors."""
        return float(self.raw[self.counted].mean())

    @property
    def expected_mean(self) -> float:
        """`1 - 1/N`, the mean that the coefficients of any batch have."""
        return 1 - 1 / self.count

    def table(self) -> pd.DataFrame:
        """Everything by utterance (from 1) and modality."""
        S, M = self.raw.shape
        columns = {"error": self.error, "coefficient": self.clipped, "before clipping": self.raw}
        at = {"utterance": np.repeat(np.arange(1, S + 1), M), "modality": np.tile(self.modalities, S)}
        return pd.DataFrame(at | {name: values.ravel() for name, values in columns.items()})

    @property
    def mean_error(self) -> dict[str, float]:
        """Modality -> mean error of its head over the utterances that count."""
        return dict(zip(self.modalities, self.error[self.counted].mean(0).tolist(), strict=True))


def conversation_coefficients(
    checkpoint: Checkpoint, conversation: Conversation, observed: Bools
) -> ConversationCoefficients | None:
    """Those of a training step with this conversation as its only batch, under `observed [S, M]`; None without a counted label.

    Counted as in training, with the clip range and error of the checkpoint's recipe, our own where it states none. Unlike
    training it has no dropout, no noise, and prompts from the bank instead of the batch.
    """
    task = checkpoint.card.task
    labels = torch.from_numpy(conversation.labels.copy())[None]  # (1, S)
    targets = labels if task.classes else labels - task.neutral
    counted = ~targets.isnan() if task.classes else ~targets.isnan() & (targets != 0)
    if not counted.any():
        return None
    clip, kind = clip_and_error(checkpoint)
    out = run_model(checkpoint, conversation, observed)
    heads = torch.stack(list(out.heads.values())).double().cpu()  # sums of small differences: (M, 1, S, C)
    error = modality_errors(task, heads, targets.nan_to_num().double(), kind)
    raw, clipped = (modulation(error, counted, limits).coefficients for limits in (None, clip))

    def of_counted(values: torch.Tensor) -> Floats:
        entries: Floats = values[:, 0].masked_fill(~counted[0], torch.nan).T.float().numpy()
        return entries

    known: Bools = counted[0].numpy()
    return ConversationCoefficients(
        tuple(out.heads), of_counted(error), of_counted(raw), of_counted(clipped), known, clip
    )


def clip_and_error(checkpoint: Checkpoint) -> tuple[tuple[float, float] | None, Any]:
    """Clip range and kind of error of the recipe that a checkpoint was trained by, our own where it states none."""
    recipe: Mapping[str, Any] = checkpoint.card.training.recipe if checkpoint.card.training else {}
    clip = recipe.get("clip", Recipe.clip)
    return clip and (float(clip[0]), float(clip[1])), recipe.get("error", Recipe.error)
