"""What the points of a feature space can be coloured by: label, prediction, modality, speaker, availability, correctness."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.prediction import Prediction, true_decisions
from comp_viz.analysis.prototypes.feature_space import Cloud
from comp_viz.data.conversation import Bools, Floats
from comp_viz.data.dataset import Ints

COLOURINGS = ("label", "prediction", "modality", "speaker", "availability", "correctness")
UNKNOWN_KIND = "unknown"
AVAILABILITY = ("observed", "partly observed", "missing")
CORRECTNESS = ("right", "wrong", UNKNOWN_KIND)


@dataclass(frozen=True)
class Colouring:
    """Kinds of points by name, or scores from low to high: one of the two is there."""

    by: str
    names: tuple[str, ...] = ()  # kinds, in the order of the legend
    kinds: Ints | None = None  # [N], numbers of `names`
    scores: Floats | None = None  # [N] in label units, NaN unknown


def colouring(by: str, cloud: Cloud, here: Prediction, labels: Floats, speakers: Sequence[str]) -> Colouring:
    """Colour the utterances of a cloud `by` one of `COLOURINGS`; predictions and their correctness are the fused one's."""
    rows, task = cloud.numbers, here.task
    if by in ("label", "prediction"):
        values = labels[rows] if by == "label" else (here.decisions() if task.classes else here.fused[:, 0])[rows]
        if not task.classes:
            return Colouring(by, scores=values.astype(np.float32))
        kinds = np.where(np.isnan(values.astype(float)), len(task.classes), np.nan_to_num(values)).astype(np.int64)
        return Colouring(by, (*task.classes, UNKNOWN_KIND), kinds)
    if by == "modality":
        names = (*here.modalities, "fused")
        return Colouring(by, names, np.full(len(rows), names.index(cloud.modality or "fused")))
    if by == "speaker":
        names = tuple(sorted(set(speakers)))
        return Colouring(by, tuple(n or "unnamed" for n in names), np.array([names.index(speakers[s]) for s in rows]))
    if by == "availability":
        share = here.observed[rows].mean(1) if not cloud.modality else cloud_observed(here, cloud).astype(float)
        return Colouring(by, AVAILABILITY, np.where(share == 1, 0, np.where(share == 0, 2, 1)))
    truth = true_decisions(task, labels)[rows]
    return Colouring(by, CORRECTNESS, np.where(truth < 0, 2, (here.decisions()[rows] != truth).astype(int)))


def cloud_observed(here: Prediction, cloud: Cloud) -> Bools:
    """Which utterances of a cloud have its modality, `[N]`; for the fused features, which have any."""
    rows = here.observed[cloud.numbers]
    there: Bools = np.asarray(rows[:, here.modalities.index(cloud.modality)] if cloud.modality else rows.any(1))
    return there
