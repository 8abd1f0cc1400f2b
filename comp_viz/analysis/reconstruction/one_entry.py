"""One missing entry in full: its features as they were rebuilt, as they are, and the mean that a guess would be."""

from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.reconstruction.entries import unit_rows
from comp_viz.analysis.reconstruction.rebuilt import Rebuilt
from comp_viz.data.conversation import Floats


@dataclass(frozen=True)
class MissingEntry:
    """The entry of one modality in utterance `s`, features `[k]` in the space of the method."""

    modality: str
    utterance: int  # counted from 0
    rebuilt: Floats
    own: Floats  # in the conversation as recorded
    mean: Floats  # of all other utterances as recorded; zeros without others
    # Of ComP, whose own features depend on what else is missing: were this entry alone given back, the exact counterfactual.
    given_back: Floats | None = None

    @property
    def cosine(self) -> float:
        """Of what was rebuilt with the entry's own features."""
        return float(unit_rows(self.rebuilt) @ unit_rows(self.own))

    @property
    def cosine_given_back(self) -> float:
        """The same with those it has were it alone given back; NaN where these are no others."""
        return float("nan") if self.given_back is None else float(unit_rows(self.rebuilt) @ unit_rows(self.given_back))

    @property
    def error(self) -> float:
        """Squared error over that of the mean: 0 at best, 1 no better than the mean. NaN where the mean is right."""
        of_mean = float(np.square(self.mean - self.own).sum())
        return float(np.square(self.rebuilt - self.own).sum()) / of_mean if of_mean else float("nan")


def missing_entry(rebuilt: Rebuilt, modality: str, s: int, given_back: Floats | None = None) -> MissingEntry:
    """One entry of a rebuilt conversation."""
    true = rebuilt.true[modality]
    others = rebuilt.recorded[:, rebuilt.modalities.index(modality)] & (np.arange(len(true)) != s)
    mean = true[others].mean(0) if others.any() else np.zeros_like(true[s])
    return MissingEntry(modality, s, rebuilt.made[modality][s], true[s], mean, given_back)
