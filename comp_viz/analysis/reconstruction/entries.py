"""Whether the missing entries of a conversation are reconstructed: what a method makes of them against what they are."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.reconstruction.rebuilt import Rebuilt, rebuilt_inside
from comp_viz.analysis.stats.chance import median_within_chance
from comp_viz.data.conversation import Bools, Floats
from comp_viz.data.dataset import Ints

EQUAL = 1e-6  # cosines no further apart are equal: what differs is rounding


@dataclass(frozen=True)
class Reconstruction:
    """The `E` entries of one modality that the recording has and the missing pattern takes away, against their own features.

    The own features of an entry are those it has in the conversation as recorded, in the method's own space. A rank says
    at which place they stand among the `N` utterances whose modality is in the recording, nearest first, by cosine;
    utterances that are equally near share the mean of their places. 1 is best, and by chance it is anything from 1 to `N`
    alike.
    """

    modality: str
    utterances: Ints  # [E], counted from 0
    choices: int  # N
    cosine: Floats  # [E], what was made of it with its own features
    rank: Floats  # [E]
    mean_cosine: Floats  # [E], the mean of all other utterances' features with the own ones; NaN without others
    neighbour_cosine: Floats  # [E], the same for the mean of the utterances just before and after
    encoded_cosine: Floats | None = None  # [E], of ComP: Z of a blank with its own features, before propagation
    encoded_rank: Floats | None = None  # [E]

    def __len__(self) -> int:
        return len(self.utterances)

    @property
    def comparable(self) -> bool:
        """Whether there are missing entries, and other utterances that their own features could be mistaken for."""
        return len(self) > 0 and self.choices > 1

    @property
    def nearest(self) -> int:
        """Entries that are nearest to their own features."""
        return int((self.rank == 1).sum())

    @property
    def median_place(self) -> float:
        """The median rank as a share of all places; NaN without entries."""
        return float(np.median(self.place)) if len(self) else float("nan")

    @property
    def ranks_within_chance(self) -> bool:
        """Whether the median rank is no surprise where every place is as likely."""
        return median_within_chance(self.median_place, len(self))

    @property
    def nearest_by_chance(self) -> float:
        """How many are expected to be by chance."""
        return len(self) / max(self.choices, 1)

    @property
    def place(self) -> Floats:
        """`[E]`, the rank as a share of all places, 0 best, 1 worst, one half by chance."""
        return rank_share(self.rank, self.choices)

    @property
    def encoded_place(self) -> Floats | None:
        """`[E]`, the same before propagation; None of methods without."""
        return None if self.encoded_rank is None else rank_share(self.encoded_rank, self.choices)

    @property
    def beats_mean(self) -> int:
        """Entries closer to their own features than the mean of the other utterances is."""
        return int((self.cosine > self.mean_cosine).sum())

    @property
    def beats_neighbours(self) -> int:
        """Entries closer to their own features than the mean of the neighbouring utterances is."""
        return int((self.cosine > self.neighbour_cosine).sum())


def reconstruct(here: Inside, complete: Inside) -> dict[str, Reconstruction]:
    """Compare a pass of ComP under a missing pattern with one under nothing but what the recording lacks."""
    return compare_rebuilt(rebuilt_inside(here, complete))


def compare_rebuilt(rebuilt: Rebuilt) -> dict[str, Reconstruction]:
    """Every missing entry against its own features, whatever the method; modality -> comparison."""
    compared = {}
    for i, u in enumerate(rebuilt.modalities):
        recorded, gone = rebuilt.recorded[:, i], rebuilt.missing(u)
        before = rebuilt.before.get(u)
        cosine, rank = compare_entries(rebuilt.made[u], rebuilt.true[u], gone, recorded)
        compared[u] = Reconstruction(
            u, gone, int(recorded.sum()), cosine, rank, *baselines(rebuilt.true[u], gone, recorded),
            *(compare_entries(*before, gone, recorded) if before else (None, None)),
        )  # fmt: skip
    return compared


def compare_entries(made: Floats, true: Floats, entries: Ints, recorded: Bools) -> tuple[Floats, Floats]:
    """Cosine `[E]` of the `made [S, d]` features of some entries with their `true` ones, and the mean rank of these `[E]`."""
    # By PyTorch: NumPy's threads have no limit here, and take ten times as long where others want the processor. In double
    # precision, so that what is equal does not depend on rounding.
    rows, columns = (torch.from_numpy(unit_rows(x.astype(np.float64))) for x in (made[entries], true))
    cosines = (rows @ columns.T).numpy()  # (E, S)
    own = cosines[np.arange(len(entries)), entries]
    apart = cosines - own[:, None]
    nearer, equal = (apart > EQUAL) & recorded, (np.abs(apart) <= EQUAL) & recorded
    rank = (1 + nearer.sum(1) + (equal.sum(1) - 1) / 2).astype(np.float32)
    return own.astype(np.float32), rank


def baselines(true: Floats, entries: Ints, recorded: Bools) -> tuple[Floats, Floats]:
    """Cosine `[E]` of an entry's `true [S, d]` features with the mean of all others', and with that of its neighbours'."""
    S = len(true)
    places = np.arange(S)
    others = recorded & (places != entries[:, None])  # (E, S)
    beside = others & (np.abs(places - entries[:, None]) == 1)
    return mean_cosine(true, entries, others), mean_cosine(true, entries, beside)


def mean_cosine(true: Floats, entries: Ints, chosen: Bools) -> Floats:
    """Cosine `[E]` of the `true` features of entries with the mean of those `chosen [E, S]`; NaN where none is."""
    means = chosen.astype(np.float32) @ true  # the length of a mean does not matter
    cosine: Floats = np.where(chosen.any(1), (unit_rows(means) * unit_rows(true[entries])).sum(1), np.nan)
    return cosine


def unit_rows(x: Floats) -> Floats:
    """Rows of length 1; zeros stay zeros."""
    scaled: Floats = x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), np.finfo(np.float32).tiny)
    return scaled


def rank_share(rank: Floats, choices: int) -> Floats:
    """Ranks as shares of all places, the middle of each place."""
    shares: Floats = ((rank - 0.5) / max(choices, 1)).astype(np.float32)
    return shares


def next_missing(compared: Mapping[str, Reconstruction], s: int) -> int:
    """The first utterance after `s` of which something is taken away, from the start again when there is none."""
    gone = np.unique(np.concatenate([one.utterances for one in compared.values()]))
    later = gone[gone > s]
    return int(later[0] if len(later) else gone[0])
