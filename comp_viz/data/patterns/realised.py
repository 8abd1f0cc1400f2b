"""Realised missing rates: how much a missing pattern took away, and what is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comp_viz.data.conversation import Bools


@dataclass(frozen=True)
class RealisedRates:
    """Counts and missing rates of one sample of a pattern; rates are 0 where there was nothing."""

    entries: int  # what was there, over all modalities
    rate: float  # the realised missing rate: the share of these entries that the pattern took away, 0 to 1
    by_modality: Mapping[str, float]  # the same of the entries of each modality
    natural: Mapping[str, float]  # modality -> share of the utterances whose recording lacks it
    empty: int  # utterances left with nothing
    complete: int  # utterances left with every modality


def realised_rates(available: Bools, shown: Bools, modalities: Sequence[str]) -> RealisedRates:
    """Compare what the recordings have with what a pattern left of it, both `[N, M]`."""
    there, left = available.sum(0), shown.sum(0)
    utterances = np.full_like(there, len(available))
    return RealisedRates(
        entries=int(there.sum()),
        rate=float(share_lost(there.sum(), left.sum())),
        by_modality=dict(zip(modalities, share_lost(there, left).tolist(), strict=True)),
        natural=dict(zip(modalities, share_lost(utterances, there).tolist(), strict=True)),
        empty=int((~shown.any(1)).sum()),
        complete=int(shown.all(1).sum()),
    )


def share_lost(before: NDArray[np.int64], after: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share that is gone; 0 where there was nothing."""
    share: NDArray[np.float64] = (before - after) / np.maximum(before, 1)
    return share
