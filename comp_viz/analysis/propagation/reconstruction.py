"""Whether missing instances are reconstructed: propagated features against those they would be, were nothing missing."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comp_viz.analysis.inside import Inside
from comp_viz.data.conversation import Bools, Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Reconstruction:
    """The `E` entries of one modality that the recording has and the missing pattern takes away, against their true selves.

    The true self of an entry is what the same features are in the complete conversation. A rank says at which place it
    stands among the `N` utterances whose modality is in the recording, nearest first, by cosine in the complete
    conversation; 1 is best, and by chance it is anything from 1 to `N` alike.
    """

    modality: str
    utterances: Ints  # [E], counted from 0
    choices: int  # N
    encoded_cosine: Floats  # [E], Z of a blank with its true self: before propagation
    encoded_rank: Ints  # [E]
    cosine: Floats  # [E], Z̄ with its true self: after propagation
    rank: Ints  # [E]
    mean_cosine: Floats  # [E], the mean of all other utterances' true Z̄ with the true self; NaN without others
    neighbour_cosine: Floats  # [E], the same for the mean of the utterances just before and after

    def __len__(self) -> int:
        return len(self.utterances)

    @property
    def nearest(self) -> int:
        """Entries that are nearest to their true selves."""
        return int((self.rank == 1).sum())

    @property
    def nearest_by_chance(self) -> float:
        """How many would be by chance."""
        return len(self) / max(self.choices, 1)

    @property
    def place(self) -> Floats:
        """`[E]`, the rank as a share of all places, 0 best, 1 worst, one half by chance."""
        return share(self.rank, self.choices)

    @property
    def encoded_place(self) -> Floats:
        """`[E]`, the same before propagation."""
        return share(self.encoded_rank, self.choices)

    @property
    def beats_mean(self) -> int:
        """Entries closer to their true selves than the mean of the other utterances is."""
        return int((self.cosine > self.mean_cosine).sum())

    @property
    def beats_neighbours(self) -> int:
        """Entries closer to their true selves than the mean of the neighbouring utterances is."""
        return int((self.cosine > self.neighbour_cosine).sum())


def reconstruct(here: Inside, complete: Inside) -> dict[str, Reconstruction]:
    """Compare a pass under a missing pattern with one under nothing but what the recording lacks; modality -> comparison."""
    found = {}
    for i, u in enumerate(here.modalities):
        recorded = complete.observed[:, i]
        gone = np.flatnonzero(recorded & ~here.observed[:, i])
        encoded_cosine, encoded_rank = against(here.encoded[u], complete.encoded[u], gone, recorded)
        cosine, rank = against(here.propagated[u], complete.propagated[u], gone, recorded)
        mean, neighbour = baselines(complete.propagated[u], gone, recorded)
        found[u] = Reconstruction(
            u, gone, int(recorded.sum()), encoded_cosine, encoded_rank, cosine, rank, mean, neighbour
        )
    return found


def against(made: Floats, true: Floats, entries: Ints, recorded: Bools) -> tuple[Floats, Ints]:
    """Cosine `[E]` of the `made [S, d]` features of some entries with their `true` ones, and the rank of these `[E]`."""
    cosines = unit(made[entries]) @ unit(true).T  # (E, S)
    own = cosines[np.arange(len(entries)), entries]
    rank = 1 + ((cosines > own[:, None]) & recorded).sum(1)
    return own, rank


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
    cosine: Floats = np.where(chosen.any(1), (unit(means) * unit(true[entries])).sum(1), np.nan)
    return cosine


def unit(x: Floats) -> Floats:
    """Rows of length 1; zeros stay zeros."""
    scaled: Floats = x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), np.finfo(np.float32).tiny)
    return scaled


def share(rank: Ints, choices: int) -> Floats:
    """Ranks as shares of all places, the middle of each place."""
    shares: Floats = ((rank - 0.5) / max(choices, 1)).astype(np.float32)
    return shares


def describe(found: Reconstruction) -> str:
    """How far one modality comes back, in a sentence."""
    E, u = len(found), found.modality
    if not E:
        return f"No {u} entry is taken away."
    one = found.nearest == 1
    return (
        f"Of {E} missing {u} {'entry' if E == 1 else 'entries'}, {found.nearest or 'none'} come{'s' * one} back nearest to "
        f"{'its' if one else 'their'} own features (chance {found.nearest_by_chance:.1f}); median rank "
        f"{np.median(found.rank):g} of {found.choices} (chance {(found.choices + 1) / 2:g}); {found.beats_mean} closer than "
        f"the mean of the other utterances, {found.beats_neighbours} closer than the neighbours."
    )


def verdict(found: Mapping[str, Reconstruction]) -> str:
    """All modalities together, in a sentence."""
    some = [one for one in found.values() if len(one)]
    if not some:
        return "Nothing is taken away, so there is nothing to reconstruct"
    E, nearest = sum(map(len, some)), sum(one.nearest for one in some)
    chance = sum(one.nearest_by_chance for one in some)
    before, after = (float(np.median(np.concatenate(places))) for places in zip(*((o.encoded_place, o.place) for o in some), strict=True))  # fmt: skip
    return (
        f"Of {E} missing entries, {nearest or 'none'} come{'s' * (nearest == 1)} back nearest to {'its' if nearest == 1 else 'their'} own features, "
        f"where chance would bring {chance:.1f}; half of them rank within the nearest {after:.0%} of the conversation, "
        f"before propagation {before:.0%}"
    )


def describe_ranks(found: Mapping[str, Reconstruction]) -> str:
    """Which modality comes back best, in a sentence."""
    some = {u: one for u, one in found.items() if len(one)}
    if not some:
        return "Nothing is taken away"
    medians = {u: float(np.median(one.place)) for u, one in some.items()}
    best, worst = min(medians, key=lambda u: medians[u]), max(medians, key=lambda u: medians[u])
    said = f"{best.capitalize()} comes back best: its median rank is at {medians[best]:.0%} of the utterances"
    if best == worst:
        return f"The median {best} entry ranks at {medians[best]:.0%} of the utterances (chance 50%)"
    return f"{said}, {worst}'s at {medians[worst]:.0%} (chance 50%)"


def describe_steps(found: Mapping[str, Reconstruction]) -> str:
    """What propagation does to the entries, and what simpler guesses do, in a sentence."""
    some = [one for one in found.values() if len(one)]
    if not some:
        return "Nothing is taken away"
    nearer = sum(int((one.rank < one.encoded_rank).sum()) for one in some)
    E, beat = sum(map(len, some)), sum(one.beats_mean for one in some)
    return f"Propagation brings {nearer} of {E} missing entries nearer; {beat} beat the mean of the other utterances"


@dataclass(frozen=True)
class Entry:
    """One missing entry of utterance `s` in full: rows of features `[d]` by what they are."""

    modality: str
    utterance: int  # counted from 0
    encoded: dict[str, Floats]  # Z missing, Z were it observed
    propagated: dict[str, Floats]  # Z̄ missing, Z̄ were this entry alone given back, Z̄ in the complete conversation
    cosine_alone: float  # Z̄ with Z̄ were this entry alone given back, the exact counterfactual
    cosine_complete: float  # Z̄ with Z̄ in the complete conversation


def entry(here: Inside, given: Inside, complete: Inside, modality: str, s: int) -> Entry:
    """One entry under a missing pattern, with it alone given back, and in the complete conversation."""
    missing, alone, whole = (one.propagated[modality][s] for one in (here, given, complete))
    return Entry(
        modality,
        s,
        {"Z, missing": here.encoded[modality][s], "Z, observed": given.encoded[modality][s]},
        {"Z̄, missing": missing, "Z̄, given back": alone, "Z̄, complete": whole},
        float(unit(missing) @ unit(alone)),
        float(unit(missing) @ unit(whole)),
    )


def describe_entry(found: Entry) -> str:
    """How near one entry comes to what it would be, in a sentence."""
    return (
        f"Utterance {found.utterance + 1}, {found.modality}: cosine {found.cosine_alone:.2f} with itself given back alone, "
        f"{found.cosine_complete:.2f} with the complete conversation"
    )


def next_missing(found: Mapping[str, Reconstruction], s: int) -> int:
    """The first utterance after `s` of which something is taken away, from the start again when there is none."""
    gone = np.unique(np.concatenate([one.utterances for one in found.values()]))
    later = gone[gone > s]
    return int(later[0] if len(later) else gone[0])
