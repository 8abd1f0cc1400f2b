"""Which conversations are learned from and which choose the epoch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comp_viz.data.conversation import Conversation
from comp_viz.data.dataset import DataSet, Utterances, pick_conversations
from comp_viz.errors import CompVizError
from comp_viz.methods.recipe import Recipe, Select
from comp_viz.wording import how_many

HELD_OUT_SHARE = 0.15  # of the training utterances, held out where the data has no validation split
FEWEST_GROUPS = (
    4  # groups of speakers below which single conversations are held out: names like A and B are nobody's own
)


@dataclass(frozen=True)
class Splits:
    """The conversations of a run, and in words where those came from that choose the epoch."""

    training: Sequence[Conversation]
    selection: Sequence[Conversation]
    protocol: str


def splits(data: DataSet, seed: int, select: Select = "validation") -> Splits:
    """Training and selection conversations of a data set.

    Selection is on the validation split, or where there is none on a seeded cut from training in which speakers who meet
    stay together; with `select="test"` on the test split, as in the paper. Raises `CompVizError` when a split that is
    needed is not there.
    """
    there = set(data.utterances.splits)
    training = data.split("train" if "train" in there or "" not in there else "")
    if select == "test":
        return Splits(training, data.split("test"), "TEST SPLIT, the paper's protocol: every number is optimistic")
    if "validation" in there:
        return Splits(training, data.split("validation"), "validation split of the data set")
    if len(training) < 2:
        raise CompVizError(f"{data.name}: training needs at least two conversations, got {len(training)}.")
    utterances = Utterances.of(training)
    groups = speaker_groups(utterances)
    together = len(groups) >= FEWEST_GROUPS
    held = held_out(utterances, groups if together else [[row] for row in range(len(training))], seed)
    rest = sorted(set(range(len(training))) - set(held))
    words = f"{how_many(len(held), 'conversation')} held out of training (seed {seed}), "
    words += "none of whose speakers is trained on" if together else "whose speakers may be trained on"
    return Splits(pick_conversations(training, rest), pick_conversations(training, held), words)


def run_generator(seed: int) -> np.random.Generator:
    """Random numbers of a run before its first epoch: first the conversations of its bank, then the selection's patterns."""
    return np.random.default_rng([seed, 0])


def bank_rows(rng: np.random.Generator, available: int, recipe: Recipe) -> list[int]:
    """Which of the `available` training conversations give the prototype bank, by number."""
    chosen = rng.choice(available, size=min(recipe.bank, available), replace=False)
    return [int(row) for row in np.sort(chosen)]


def bank_conversations(data: DataSet, recipe: Recipe) -> Sequence[Conversation]:
    """The conversations whose prototypes are in the bank of a model trained on `data`, in the order of the bank."""
    training = splits(data, recipe.seed, recipe.select).training
    return pick_conversations(training, bank_rows(run_generator(recipe.seed), len(training), recipe))


def speaker_groups(utterances: Utterances) -> list[list[int]]:
    """Conversations by number, those together that share a speaker, directly or through others. Nameless ones stand alone."""
    groups: list[tuple[set[str], list[int]]] = []
    for row, start in enumerate(utterances.starts[:-1]):
        names = set(utterances.speakers[start : utterances.starts[row + 1]]) - {""}
        met = [group for group in groups if group[0] & names]
        groups = [group for group in groups if not group[0] & names]
        groups.append((names.union(*(g[0] for g in met)), sorted([row, *(r for g in met for r in g[1])])))
    return [rows for _, rows in groups]


def held_out(utterances: Utterances, groups: list[list[int]], seed: int) -> list[int]:
    """Conversations of some groups, at random until they have `SHARE` of the utterances or only one group is left."""
    held: list[int] = []
    order = np.random.default_rng([seed, 2]).permutation(len(groups))
    for group in order[:-1]:
        held += groups[group]
        if utterances.lengths[held].sum() >= HELD_OUT_SHARE * len(utterances):
            break
    return sorted(held)
