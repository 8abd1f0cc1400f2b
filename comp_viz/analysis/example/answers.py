"""What a checkpoint says of the example clip under each of the patterns that take whole modalities away.

They ship as `examples/example.json`, which `recipes/clips/example.py` makes, so that the first screen needs no network; a test
holds them to the checkpoint. Nothing here imports PyTorch.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from comp_viz.errors import CompVizError

Kept = tuple[str, ...]  # the modalities that are left, in the checkpoint's order


@dataclass(frozen=True)
class ExampleUtterance:
    """When an utterance is spoken, in seconds from the start of the clip, and its words."""

    start: float
    end: float
    words: str


@dataclass(frozen=True)
class Answer:
    """What the model says of every utterance while some modalities are left."""

    probabilities: NDArray[np.float64]  # [S, C] of the fused prediction
    weights: NDArray[np.float64]  # [S, M] of the coordinator


@dataclass(frozen=True)
class Example:
    """The example clip with all answers."""

    checkpoint: str  # its digest
    clip: str  # SHA-256 of the file
    modalities: tuple[str, ...]
    classes: tuple[str, ...]
    utterances: tuple[ExampleUtterance, ...]
    answers: Mapping[Kept, Answer]  # one for each of the 2^M sets of modalities

    @property
    def recorded(self) -> Answer:
        """The answer while nothing is taken away."""
        return self.answers[self.modalities]


@dataclass(frozen=True)
class Effect:
    """What taking modalities away does to the predictions of the clip."""

    missing: Kept  # what was taken away
    modalities: int  # how many there are in all
    utterances: int
    changed: int  # utterances whose likeliest class is another than as recorded
    before: float  # mean probability of the likeliest class, as recorded
    after: float  # the same now
    weight: float  # of the coordinator on all that is missing, mean over the utterances, 0 to 1


def effect_of(example: Example, kept: Kept) -> Effect:
    """The effect of leaving only the modalities `kept`."""
    before, now = example.recorded, example.answers[kept]
    missing = tuple(name for name in example.modalities if name not in kept)
    return Effect(
        missing,
        len(example.modalities),
        len(example.utterances),
        int((before.probabilities.argmax(1) != now.probabilities.argmax(1)).sum()),
        float(before.probabilities.max(1).mean()),
        float(now.probabilities.max(1).mean()),
        float(now.weights[:, [example.modalities.index(name) for name in missing]].sum(1).mean()),
    )


def read_example(path: Path) -> Example:
    """The example from its file. Raises `CompVizError` where that holds none."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return Example(
            facts["checkpoint"],
            facts["clip"],
            tuple(facts["modalities"]),
            tuple(facts["classes"]),
            tuple(ExampleUtterance(**one) for one in facts["utterances"]),
            {tuple(one["kept"]): Answer(np.array(one["fused"]), np.array(one["weights"])) for one in facts["answers"]},
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CompVizError(
            f"{path} does not hold the example's answers ({type(error).__name__}). Make it again with "
            "`python -m recipes.clips.example`."
        ) from None
