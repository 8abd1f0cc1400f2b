"""The lab: seeded synthetic conversations with settings and a known truth, for lectures and for machines without any data."""

from collections.abc import Iterator

import numpy as np

from comp_viz.data.conversation import SPLITS, Conversation, Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.lab.model import LAB_WIDTHS, LabModel, LabSample, LabTruth, sample_conversation
from comp_viz.data.lab.phrases import phrase
from comp_viz.data.lab.settings import LAB_EMOTIONS, LabSettings

LICENCE = "synthetic, made by ComP Viz; no restrictions"
DEFAULT_LAB = LabSettings()


def lab(settings: LabSettings = DEFAULT_LAB) -> DataSet:
    """Make the lab's data set: audio, text and video of two speakers in turn."""
    task = Task("emotion", LAB_EMOTIONS[: settings.classes]) if settings.classes else Task("sentiment")
    conversations = tuple(
        lab_conversation(task, name, split, sample, rng)
        for name, split, sample, rng in sample_all(LabModel.of(settings))
    )
    sources = {u: f"lab, {task.name} in {width} noisy features" for u, width in LAB_WIDTHS.items()}
    return DataSet(str(settings), task, conversations, sources, LICENCE)


def lab_truth(settings: LabSettings = DEFAULT_LAB) -> dict[str, LabTruth]:
    """What is hidden in each conversation that `lab` makes with the same settings, by conversation id."""
    return {name: sample.truth for name, _, sample, _ in sample_all(LabModel.of(settings))}


def sample_all(model: LabModel) -> Iterator[tuple[str, str, LabSample, np.random.Generator]]:
    """Id, split, draw and what is left of the random numbers of every conversation; each has a seed of its own."""
    for part, (split, count) in enumerate(zip(SPLITS, model.settings.conversations, strict=True)):
        for number in range(count):
            rng = np.random.default_rng([model.settings.seed, part, number])
            yield f"lab-{split}-{number:03d}", split, sample_conversation(model, rng), rng


def lab_conversation(task: Task, name: str, split: str, sample: LabSample, rng: np.random.Generator) -> Conversation:
    """A sampled conversation with its words, which fit what the text expresses."""
    S = len(sample.labels)
    spoken = sample.truth.expressed[:, list(LAB_WIDTHS).index("text")].tolist()
    return Conversation(
        id=name,
        features=sample.features,
        observed=np.ones((S, len(sample.features)), dtype=bool),
        labels=sample.labels,
        words=tuple(phrase(task.classes[int(emotion)] if task.classes else emotion, rng) for emotion in spoken),
        context=("",) * S,
        speakers=tuple("AB"[t % 2] for t in range(S)),
        durations=rng.uniform(1.5, 6, S).round(1).astype(np.float32),
        split=split,
    )
