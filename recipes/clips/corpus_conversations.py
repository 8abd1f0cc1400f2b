"""Utterances of one corpus as conversations in which the other modalities are missing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from comp_viz.data.conversation import Conversation, Floats
from recipes.clips.corpus import EMOTIONS, OTHER, Item
from recipes.clips.features import Table

LONGEST = 40  # utterances of a conversation put together from single ones
RARE = 2  # times as many labels of an emotion as of the rarest are learned from
STILL = 0.5  # share of the training faces that do not move
Row = dict[str, tuple[Table, int]]  # modality -> the item that gives it; a modality that is not there is missing


def conversation(
    name: str, split: str, rows: Sequence[Row], labels: Sequence[float], widths: dict[str, int]
) -> Conversation:
    """Put a conversation together, utterance by utterance."""
    S = len(rows)
    features = {modality: np.zeros((S, width), np.float32) for modality, width in widths.items()}
    observed = np.zeros((S, len(widths)), bool)
    words, speakers = [""] * S, [""] * S
    for s, row in enumerate(rows):
        for u, modality in enumerate(widths):
            if modality not in row:
                continue
            table, number = row[modality]
            item = table.items[number]
            features[modality][s] = table.features[number]
            observed[s, u] = not table.reasons[number]
            words[s], speakers[s] = words[s] or item.words, speakers[s] or item.speaker
    unknown = np.full(S, np.nan, np.float32)
    return Conversation(
        name, features, observed, np.array(labels, np.float32), tuple(words), ("",) * S, tuple(speakers), unknown, split
    )


def label(item: Item) -> float:
    """An item's label as conversations have it."""
    return float("nan") if item.label == OTHER else float(item.label)


def usable(table: Table, split: str, altered: bool | None = None) -> list[int]:
    """Numbers of the items of a split whose features are there; of altered or unaltered ones only, where that is asked."""
    return [
        n
        for n, item in enumerate(table.items)
        if item.split == split and not table.reasons[n] and altered in (None, item.altered)
    ]


def singles(
    part: str, table: Table, numbers: Sequence[int], split: str, widths: dict[str, int], rng: np.random.Generator
) -> Iterator[Conversation]:
    """Each item once, in conversations of drawn lengths; those of one speaker share none with others."""
    groups: dict[str, list[int]] = {}
    for n in numbers:
        groups.setdefault(table.items[n].speaker, []).append(n)
    count = 0
    for members in groups.values():
        order, first = rng.permutation(members), 0
        while first < len(order):
            picked = order[first : first + length(rng, LONGEST)]
            first += len(picked)
            rows: list[Row] = [{table.corpus.modality: (table, int(n))} for n in picked]
            labels = [label(table.items[n]) for n in picked]
            yield conversation(f"{part}, {split} {count}", split, rows, labels, widths)
            count += 1


def length(rng: np.random.Generator, longest: int) -> int:
    """A number of utterances from 1 to `longest`, as often between 2 and 4 as between 20 and 40."""
    return int(np.exp(rng.uniform(0, np.log(longest + 1))))


def dialogues(
    part: str, table: Table, split: str, widths: dict[str, int], rng: np.random.Generator
) -> list[Conversation]:
    """Dialogues in their order; in training, labels of frequent emotions are hidden down to `RARE` times the rarest."""
    known = np.array([label(item) for item in table.items], np.float32)
    of_split = np.array([item.split == split for item in table.items])
    if split == "train":
        members = [np.flatnonzero(of_split & (known == n)) for n in range(len(EMOTIONS))]
        most = RARE * min(map(len, members))
        for rows in members:
            known[rng.permutation(rows)[most:]] = np.nan
    groups: dict[str, list[int]] = {}
    for n in np.flatnonzero(of_split):
        groups.setdefault(table.items[n].group, []).append(int(n))
    return [
        conversation(
            f"{part}, {name}", split, [{"text": (table, n)} for n in members], [known[n] for n in members], widths
        )
        for name, members in groups.items()
        if not np.isnan(known[members]).all()
    ]


def moving(faces: Table, rng: np.random.Generator) -> Table:
    """The same faces, part of those for training as of people who move, of whom an utterance keeps the mean and deviation.

    A picture does not move: its deviations are 0, and it shows an emotion at its height. Each of these faces is put
    together with a few others of the same emotion and at rest, the neutral ones, as an utterance goes between the two; how far
    it moves says nothing of the emotion.
    """
    half = faces.features.shape[1] // 2
    features: Floats = faces.features.copy()
    pool = usable(faces, "train")
    labels = np.array([item.label for item in faces.items])
    alike = {label: [n for n in pool if labels[n] == label] for label in set(labels[pool])}
    for n in pool:
        if rng.random() >= STILL:
            others = (
                rng.choice(alike[labels[n]], size=1).tolist() + rng.choice(alike[0], size=rng.integers(0, 3)).tolist()
            )
            some = faces.features[[n, n, *others], :half]
            features[n, :half] = some.mean(0)
            features[n, half:] = faces.features[rng.choice(pool, size=4), :half].std(0) * rng.uniform(0.1, 0.8)
    return replace(faces, features=features)
