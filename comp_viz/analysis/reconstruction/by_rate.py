"""How well a method rebuilds what missing patterns take away over a split, by modality and missing rate."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from comp_viz.analysis.reconstruction.entries import compare_entries, rank_share
from comp_viz.analysis.reconstruction.rebuilt import check_rebuilds
from comp_viz.analysis.robustness.drawings import JACKKNIFE_GROUPS, RATES, Drawing, prepare_drawings
from comp_viz.analysis.stats.intervals import half_width_by_jackknife
from comp_viz.analysis.stats.sums import Values
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Batch, Stream
from comp_viz.data.conversation import Bools, Floats, Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.patterns.entries import Uniform
from comp_viz.data.patterns.pattern import PROTOCOL, Pattern
from comp_viz.data.patterns.realised import realised_rates
from comp_viz.evaluation.evaluate import NO_TURN

RANK, COSINE, ERROR = "rank", "cosine", "error"
REBUILDING_MEASURES = (RANK, COSINE, ERROR)
CHANCE = {RANK: 0.5, COSINE: 0.0, ERROR: 1.0}  # of an utterance at random, of any direction, of the mean feature
DRAWN = 3  # drawings of each missing rate
# What is summed over entries: how many, place, cosine, squared error, that of the mean.
SUMS = ENTRIES, PLACE, COSINES, SQUARED, OF_MEAN = range(5)
SUMMED = {RANK: (PLACE, ENTRIES), COSINE: (COSINES, ENTRIES), ERROR: (SQUARED, OF_MEAN)}


@dataclass(frozen=True)
class RebuildingScores:
    """Sums over the missing entries of a split under one drawing, in groups of conversations."""

    missing_rate: float
    sums: Mapping[str, Values]  # modality -> [G, 5], in the order above

    def entries(self, modality: str) -> int:
        """How many were taken away."""
        return int(self.sums[modality][:, ENTRIES].sum())

    def measured(self, modality: str, measure: str) -> Values:
        """One of `REBUILDING_MEASURES`, `[1 + G]`: of all, and with each group left out; NaN without entries."""
        sums, (above, below) = self.sums[modality], SUMMED[measure]
        left = np.concatenate([sums.sum(0, keepdims=True), sums.sum(0) - sums])
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio: Values = np.where(left[:, ENTRIES] > 0, left[:, above] / left[:, below], np.nan)
        return ratio


def rebuilding_drawings() -> list[Drawing]:
    """All drawings of the page in the order of measuring: every rate once, then again."""
    patterns = [str(Pattern((Uniform(rate),))) for rate in RATES if rate]
    return [Drawing(pattern, seed) for seed in range(DRAWN) for pattern in patterns]


def score_rebuilding(
    checkpoint: Checkpoint,
    task: Task,
    stream: Stream,
    drawing: Drawing,
    means: Mapping[str, Floats],
    turn: AbstractContextManager[object] = NO_TURN,
) -> RebuildingScores:
    """Rebuild a split under one drawing; `means` come from `mean_features`, `turn` is held during each forward pass."""
    utterances = stream.utterances
    shown = Pattern.parse(drawing.pattern)(utterances, task, np.random.default_rng(drawing.seed))
    groups = min(JACKKNIFE_GROUPS, len(stream))
    sums = {name: np.zeros((groups, len(SUMS))) for name in checkpoint.config.modalities}
    first = 0
    for batch in stream.under(shown):
        with turn, torch.inference_mode():
            made = checkpoint.model.reconstruct(batch.features, batch.observed, batch.valid)
            true = checkpoint.model.rebuilt_from(batch.features, batch.recorded, batch.valid)
        for b, n in enumerate(batch.valid.sum(1).tolist()):
            recorded, observed = batch.recorded[b, :n].cpu().numpy(), batch.observed[b, :n].cpu().numpy()
            for i, name in enumerate(sums):
                ours, own = (x[name][b, :n].float().cpu().numpy() for x in (made, true))
                group = (first + b) % groups
                sums[name][group] += entry_sums(ours, own, recorded[:, i], observed[:, i], means[name])
        first += len(batch.valid)
    return RebuildingScores(realised_rates(utterances.observed, shown, utterances.modalities).rate, sums)


def entry_sums(made: Floats, true: Floats, recorded: Bools, observed: Bools, mean: Floats) -> Values:
    """Sums `[5]` over the missing entries of one conversation, of features `[S, k]` made and true; `mean [k]`."""
    gone = np.flatnonzero(recorded & ~observed)
    place = rank_share(compare_entries(made, true, gone, recorded)[1], int(recorded.sum()))
    ours, own = made[gone] - mean, true[gone] - mean
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(own, axis=1)
    cosines = (ours * own).sum(1) / np.maximum(lengths, np.finfo(np.float32).tiny)
    squares = np.square(ours - own).sum(), np.square(own).sum()
    return np.array([len(gone), place.sum(), cosines.sum(), *squares], np.float64)


def mean_features(
    checkpoint: Checkpoint, stream: Stream, turn: AbstractContextManager[object] = NO_TURN
) -> dict[str, Floats]:
    """The mean `[k]` of all that a split has recorded, by modality, in the space of the method: what a guess would be."""
    sums = {name: np.zeros(1) for name in checkpoint.config.modalities}
    counts = dict.fromkeys(sums, 0)
    for batch in stream.under(stream.utterances.observed):
        with turn, torch.inference_mode():
            true = checkpoint.model.rebuilt_from(batch.features, batch.recorded, batch.valid)
        for name, there in recorded_by_modality(batch, checkpoint.config.modalities).items():
            rows = true[name][there].double().cpu().numpy()
            sums[name], counts[name] = sums[name] + rows.sum(0), counts[name] + len(rows)
    return {name: (total / max(counts[name], 1)).astype(np.float32) for name, total in sums.items()}


def recorded_by_modality(batch: Batch, modalities: Sequence[str]) -> dict[str, torch.Tensor]:
    """Which entries `[B, S]` the recordings have of each modality."""
    return dict(zip(modalities, batch.recorded.unbind(-1), strict=True))


def rebuilding_by_rate(done: Mapping[Drawing, RebuildingScores], patterns: Sequence[str], measure: str) -> pd.DataFrame:
    """One row a measured pattern and modality, in order: mean over its drawings with half its 95 % interval.

    Columns: pattern, modality, missing_rate (as realised), measure, value, half, entries (of one drawing), seeds.
    """
    rows = []
    for pattern in patterns:
        drawn = [scores for one, scores in done.items() if one.pattern == pattern]
        for name in drawn[0].sums if drawn else ():
            some = [
                one for one in drawn if one.entries(name)
            ] or drawn  # a drawing that takes nothing away says nothing
            values = np.stack([one.measured(name, measure) for one in some])
            rows.append({
                "pattern": pattern, "modality": name, "missing_rate": np.mean([one.missing_rate for one in drawn]),
                "measure": measure, "value": values[:, 0].mean(), "half": half_width_by_jackknife(values[:, 1:].mean(0)),
                "entries": int(np.mean([one.entries(name) for one in drawn])), "seeds": len(some),
            })  # fmt: skip
    columns = ["pattern", "modality", "missing_rate", "measure", "value", "half", "entries", "seeds"]
    return pd.DataFrame(rows, columns=columns)


def rebuilding_table(
    checkpoint: Checkpoint,
    data: DataSet,
    patterns: Sequence[str] = tuple(map(str, PROTOCOL)),
    split: str = "test",
    seeds: int = 1,
) -> pd.DataFrame:
    """Everything in one call, for scripts: `rebuilding_by_rate` of every measure, one below the other.

    Raises `CompVizError` when the checkpoint's method rebuilds nothing, it does not fit the data, or a pattern does not.
    """
    check_rebuilds(checkpoint)
    stream, drawings = prepare_drawings(checkpoint, data, split, patterns, seeds)
    means = mean_features(checkpoint, stream)
    done = {one: score_rebuilding(checkpoint, data.task, stream, one, means) for one in drawings}
    names = list(dict.fromkeys(one.pattern for one in drawings))
    return pd.concat([rebuilding_by_rate(done, names, one) for one in REBUILDING_MEASURES], ignore_index=True)
