"""Folds for data sets that have none of their own: five parts, each the test split once."""

from collections.abc import Sequence
from dataclasses import replace

from comp_viz.data.conversation import Conversation
from comp_viz.data.dataset import DataSet, Lazy, Utterances
from comp_viz.errors import CompVizError
from comp_viz.training.split import speaker_groups

FOLDS = 5


class Resplit(Lazy):
    """Conversations that are read as needed, in other splits."""

    def __init__(self, of: Sequence[Conversation], splits: tuple[str, ...]) -> None:
        self.of, self.known = of, replace(Utterances.of(of), splits=splits)

    @property
    def utterances(self) -> Utterances:
        """What is known of them, with the other splits."""
        return self.known

    def one(self, row: int) -> Conversation:
        """Conversation number `row`."""
        return replace(self.of[row], split=self.known.splits[row])


def with_fold(data: DataSet, fold: int) -> DataSet:
    """The data set with part `fold` (1 to 5) for testing and the others for training, whatever its own splits are.

    Speakers who meet stay in one part; where too few have names of their own, single conversations are parted. Parts have
    about as many utterances each. Raises `CompVizError` when there are fewer conversations than parts.
    """
    utterances = data.utterances
    groups = speaker_groups(utterances)
    if len(groups) < FOLDS:
        groups = [[row] for row in range(len(utterances.ids))]
    if len(groups) < FOLDS:
        raise CompVizError(f"{data.name}: {FOLDS} folds need as many conversations, got {len(groups)}.")
    parts: list[list[int]] = [[] for _ in range(FOLDS)]
    for group in sorted(groups, key=lambda rows: -utterances.lengths[rows].sum()):
        min(parts, key=lambda rows: utterances.lengths[rows].sum()).extend(group)
    tested = set(parts[fold - 1])
    splits = tuple("test" if row in tested else "train" for row in range(len(utterances.ids)))
    return replace(data, conversations=Resplit(data.conversations, splits), digest="")
