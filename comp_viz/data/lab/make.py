"""The lab: seeded synthetic conversations with dials and a known truth, for lectures and for machines without any data."""

from collections.abc import Iterator

import numpy as np

from comp_viz.data.conversation import SPLITS, Conversation, Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.lab.model import DIMS, Draw, LabModel, LabTruth, draw
from comp_viz.data.lab.phrases import phrase
from comp_viz.data.lab.settings import EMOTIONS, LabSettings

LICENCE = "synthetic, made by ComP Viz; no restrictions"
DEFAULTS = LabSettings()


def lab(settings: LabSettings = DEFAULTS) -> DataSet:
    """Make the lab's data set: audio, text and video of two speakers in turn."""
    task = Task("emotion", EMOTIONS[: settings.classes]) if settings.classes else Task("sentiment")
    conversations = tuple(
        converse(task, name, split, drawn, rng) for name, split, drawn, rng in draw_all(LabModel.of(settings))
    )
    sources = {u: f"lab, {task.name} in {width} noisy features" for u, width in DIMS.items()}
    return DataSet(str(settings), task, conversations, sources, LICENCE)


def lab_truth(settings: LabSettings = DEFAULTS) -> dict[str, LabTruth]:
    """What is hidden in each conversation that `lab` makes with the same settings, by conversation id."""
    return {name: drawn.truth for name, _, drawn, _ in draw_all(LabModel.of(settings))}


def draw_all(model: LabModel) -> Iterator[tuple[str, str, Draw, np.random.Generator]]:
    """Id, split, draw and what is left of the random numbers of every conversation; each has a seed of its own."""
    for part, (split, count) in enumerate(zip(SPLITS, model.settings.conversations, strict=True)):
        for number in range(count):
            rng = np.random.default_rng([model.settings.seed, part, number])
            yield f"lab-{split}-{number:03d}", split, draw(model, rng), rng


def converse(task: Task, name: str, split: str, drawn: Draw, rng: np.random.Generator) -> Conversation:
    """A drawn conversation with its words, which fit what the text expresses."""
    S = len(drawn.labels)
    spoken = drawn.truth.expressed[:, list(DIMS).index("text")].tolist()
    return Conversation(
        id=name,
        features=drawn.features,
        observed=np.ones((S, len(drawn.features)), dtype=bool),
        labels=drawn.labels,
        words=tuple(phrase(task.classes[int(emotion)] if task.classes else emotion, rng) for emotion in spoken),
        context=("",) * S,
        speakers=tuple("AB"[t % 2] for t in range(S)),
        durations=rng.uniform(1.5, 6, S).round(1).astype(np.float32),
        split=split,
    )
