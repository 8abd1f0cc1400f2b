"""Samples of what is missing, of a method that generates them: do they spread as widely as they err?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from comp_viz.analysis.inside import to_array
from comp_viz.analysis.reconstruction.rebuilt import Rebuilt
from comp_viz.analysis.stats.ranks import rank_correlation
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Bools, Conversation, Floats
from comp_viz.data.dataset import Ints
from comp_viz.errors import CompVizError
from comp_viz.methods.method import absence

SAMPLES = 8  # of every missing entry


@dataclass(frozen=True)
class EntrySamples:
    """`n` samples of each of the `E` missing entries of one modality, beside what was recorded."""

    modality: str
    utterances: Ints  # [E], counted from 0
    drawn: Floats  # [n, E, k]
    true: Floats  # [E, k]

    @property
    def spread(self) -> Floats:
        """`[E]`, standard deviation of the samples, as a root mean square over features."""
        return root_mean_square(self.drawn.std(0, ddof=1))

    @property
    def error(self) -> Floats:
        """`[E]`, distance of the samples' mean from what was recorded, as a root mean square over features."""
        return root_mean_square(self.drawn.mean(0) - self.true)

    @property
    def correlation(self) -> float:
        """Spearman's correlation of spread and error over entries: whether the samples know where they err."""
        return rank_correlation(self.spread, self.error)

    @property
    def overconfidence(self) -> float:
        """How many times further the truth lies from the mean than the samples' spread lets expect; 1 where calibrated.

        Of samples and truth from one distribution, the squared distance of the truth from the mean of `n` samples is
        1 + 1/n variances. NaN without entries or spread.
        """
        expected = np.square(self.spread).sum() * (1 + 1 / len(self.drawn))
        return float(np.sqrt(np.square(self.error).sum() / expected)) if expected else float("nan")

    @property
    def outside(self) -> float:
        """Share of all single features whose recorded value lies beyond all samples; NaN without entries."""
        beyond = (self.true < self.drawn.min(0)) | (self.true > self.drawn.max(0))
        return float(beyond.mean()) if beyond.size else float("nan")

    @property
    def outside_expected(self) -> float:
        """The share that calibrated samples leave outside: two of `n + 1` places."""
        return 2 / (len(self.drawn) + 1)


@torch.inference_mode()
def draw_samples(
    checkpoint: Checkpoint,
    conversation: Conversation,
    observed: Bools,
    rebuilt: Rebuilt,
    seeds: Sequence[int] = range(SAMPLES),
) -> dict[str, EntrySamples]:
    """Samples of all missing entries of a conversation under `observed [S, M]`, one a seed; `rebuilt` has what is true.

    Raises `CompVizError` for a method that has no samples.
    """
    if reason := absence(checkpoint.method, "samples"):
        raise CompVizError(f"{reason} Choose a checkpoint of a method that generates what is missing.")
    batch = Batch.of([conversation], checkpoint.standardise).to(checkpoint.model.device)
    visible = (observed & conversation.observed)[None]
    drawn = [checkpoint.model.draw_sample(batch.features, visible, batch.valid, seed) for seed in seeds]
    samples = {}
    for u in rebuilt.modalities:
        gone = rebuilt.missing(u)
        samples[u] = EntrySamples(u, gone, np.stack([to_array(one[u])[gone] for one in drawn]), rebuilt.true[u][gone])
    return samples


def root_mean_square(values: Floats) -> Floats:
    """`[E, k] -> [E]`."""
    root: Floats = np.sqrt(np.square(values).mean(-1))
    return root
