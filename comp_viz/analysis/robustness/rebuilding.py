"""How well a method rebuilds what a missing pattern took away, by modality and rate, whatever the method is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.conversation import Bools, Floats
from comp_viz.data.dataset import DataSet
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.pattern import PROTOCOL, Pattern
from comp_viz.errors import CompVizError
from comp_viz.methods.method import absence


@dataclass(frozen=True)
class Rebuilt:
    """What was rebuilt of one modality under one pattern, against what it is when nothing is taken away.

    The space is the method's own: features as standardised for some, embeddings or projections for others.
    """

    made: Floats  # [E, k], of the `E` entries that the pattern takes away and the recording has
    true: Floats  # [E, k]
    mean: Floats  # [k], of all that is recorded

    @property
    def explained(self) -> float:
        """Share of the variance explained, 1 - error / error of the mean: 0 is no better than the mean. NaN without entries."""
        if not len(self.true):
            return float("nan")
        spread = np.square(self.true - self.mean).sum()
        return float(1 - np.square(self.made - self.true).sum() / max(spread, np.finfo(np.float32).tiny))

    @property
    def cosine(self) -> float:
        """Mean cosine of what was made and what is true, both less the mean; NaN without entries."""
        if not len(self.true):
            return float("nan")
        made, true = self.made - self.mean, self.true - self.mean
        lengths = np.linalg.norm(made, axis=1) * np.linalg.norm(true, axis=1)
        return float(((made * true).sum(1) / np.maximum(lengths, np.finfo(np.float32).tiny)).mean())


def rebuilding_table(
    checkpoint: Checkpoint,
    data: DataSet,
    patterns: Sequence[str] = tuple(map(str, PROTOCOL)),
    split: str = "test",
    seed: int = 0,
) -> pd.DataFrame:
    """One row a pattern and modality: `pattern`, `modality`, `entries` taken away, `explained` variance and `cosine`.

    Raises `CompVizError` when the checkpoint's method rebuilds nothing, or does not fit the data.
    """
    if reason := absence(checkpoint.method, "reconstruction"):
        raise CompVizError(f"{reason} Choose a checkpoint of a method that rebuilds what is missing.")
    checkpoint.check(data)
    stream = Stream(data.split(split), checkpoint.standardise, checkpoint.model.device)
    check_lengths(stream.utterances, checkpoint.config.max_length)
    rows = []
    for text in patterns:
        pattern = Pattern.parse(text)
        pattern.check_data(stream.utterances, data.task)
        shown = pattern(stream.utterances, data.task, np.random.default_rng(seed))
        for modality, one in rebuild_split(checkpoint, stream, shown).items():
            rows.append(
                {
                    "pattern": str(pattern),
                    "modality": modality,
                    "entries": len(one.true),
                    "explained": one.explained,
                    "cosine": one.cosine,
                }
            )
    return pd.DataFrame(rows)


@torch.inference_mode()
def rebuild_split(checkpoint: Checkpoint, stream: Stream, shown: Bools) -> dict[str, Rebuilt]:
    """What is rebuilt of all conversations under a missing pattern `[N, M]`, modality -> entries."""
    names = checkpoint.config.modalities
    parts: dict[str, list[tuple[Floats, Floats, Floats]]] = {name: [] for name in names}
    for batch in stream.under(shown):
        out = checkpoint.model(batch.features, batch.observed, batch.valid)
        truth = checkpoint.model.rebuilt_from(batch.features, batch.recorded, batch.valid)
        if out.reconstruction is None:
            raise CompVizError(f"{checkpoint.method.title} gave no reconstruction.")
        for place, name in enumerate(names):
            recorded, gone = batch.recorded[..., place], (batch.recorded & ~batch.observed)[..., place]
            made, true = out.reconstruction[name][gone], truth[name][gone]
            parts[name].append((made.cpu().numpy(), true.cpu().numpy(), truth[name][recorded].cpu().numpy()))
    joined = {name: [np.concatenate(each) for each in zip(*several, strict=True)] for name, several in parts.items()}
    return {name: Rebuilt(made, true, known.mean(0)) for name, (made, true, known) in joined.items()}
