"""Discrepancy between modalities as the literature on balanced multimodal learning measures it, on a split of the data.

- **Discrepancy ratio** (OGM-GE; Peng et al., CVPR 2022): `ρ^u = Σ_i s_i^u / mean over v≠u of Σ_i s_i^v`, where `s_i^u` is the
  probability modality `u` gives the truth. There are two modalities, the sums are over a batch while training, and `s` comes from
  the fused layer's share of `u`; here `u` has a head of its own, and is compared with the mean of the others on a whole split.
- **Conditional utilisation rate** (Wu et al., ICML 2022): `(A - A_without u) / A`, the share of accuracy that is lost without
  `u`. There every branch of a network of two has its own `A`, and "without" is the training average of what it hears of the
  other; here `A` is of the fused prediction, and "without" is missing altogether.

A score has no probability of its truth; its sign has one, by the logistic loss that training takes on it: `σ(2 ŷ sign(y))`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, softmax

from comp_viz.analysis.prediction import true_decisions
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.conversation import Floats, Task
from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError
from comp_viz.evaluation.evaluate import predict

DRAWS = 1000  # bootstrap draws of conversations for an interval
Interval = tuple[float, float, float]  # lower end, value, upper end


@dataclass(frozen=True)
class Discrepancy:
    """Both measures of a checkpoint on the test split under one pattern, with 95 % intervals over conversations."""

    ratio: dict[str, Interval]  # modality -> ρ; 1 is balance
    utilisation: dict[
        str, Interval
    ]  # modality -> share of the fused accuracy, below 0 where it does harm, NaN without any
    confidence: dict[str, float]  # modality -> mean probability of the truth
    accuracy: float  # of the fused prediction, a share
    utterances: int  # that count
    conversations: int

    def table(self) -> pd.DataFrame:
        """Both measures of every modality with the ends of their intervals."""
        ends = ("low", "value", "high")
        measures = {"discrepancy ratio": self.ratio, "utilisation rate": self.utilisation}
        rows = [
            {"modality": u, "mean probability of the truth": self.confidence[u]}
            | {f"{name}, {end}": x for name, of in measures.items() for end, x in zip(ends, of[u], strict=True)}
            for u in self.ratio
        ]
        return pd.DataFrame(rows)


def discrepancy(checkpoint: Checkpoint, data: DataSet, pattern: Pattern, seed: int = 0) -> Discrepancy:
    """Measure on the test split under `pattern`, drawn with `seed`: one pass, and one for every modality taken away.

    Raises `CompVizError` when the checkpoint cannot read the data or no label of the split counts.
    """
    checkpoint.check(data)
    split = data.split("test")
    check_lengths(Utterances.of(split), checkpoint.config.max_length)
    stream = Stream(split, checkpoint.standardise, checkpoint.model.fusion.weight.device)
    utterances, task = stream.utterances, data.task
    truth = true_decisions(task, utterances.labels)
    if not (truth >= 0).any():
        raise CompVizError("No utterance of the test split has a label that counts, so there is nothing to measure.")
    observed = pattern(utterances, task, np.random.default_rng(seed))
    said = predict(checkpoint.model, stream, observed)
    by_conversation = Sums(utterances.starts, truth >= 0)
    sure = {u: by_conversation(probability_of_truth(task, said[u], truth)) for u in utterances.modalities}
    right = by_conversation(hits(task, said["fused"], truth))
    ratio, utilisation = {}, {}
    for i, u in enumerate(utterances.modalities):
        others = np.mean([sure[v] for v in utterances.modalities if v != u], axis=0)
        ratio[u] = by_conversation.interval(sure[u], others)
        taken = observed & (np.arange(observed.shape[1]) != i)
        left = by_conversation(hits(task, predict(checkpoint.model, stream, taken)["fused"], truth))
        utilisation[u] = by_conversation.interval(right - left, right)
    N = int((truth >= 0).sum())
    means = {u: float(x.sum() / N) for u, x in sure.items()}
    return Discrepancy(ratio, utilisation, means, float(right.sum() / N), N, len(utterances.ids))


class Sums:
    """Sums over the utterances that count of each conversation, and ratios of sums with their intervals."""

    def __init__(self, starts: NDArray[np.int64], counted: NDArray[np.bool_]) -> None:
        self.starts, self.counted = starts, counted
        V = len(starts) - 1
        self.drawn = np.random.default_rng(0).multinomial(
            V, np.full(V, 1 / V), size=DRAWS
        )  # [DRAWS, V], how often each

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """`[N] -> [V]`."""
        return np.add.reduceat(np.where(self.counted, values, 0.0), self.starts[:-1])

    def interval(self, above: NDArray[np.float64], below: NDArray[np.float64]) -> Interval:
        """The ratio of two sums over all conversations, and the 95 % interval of redrawn conversations; NaN over nothing."""
        if not below.sum():
            return (float("nan"),) * 3
        over = self.drawn @ below
        drawn = (self.drawn @ above)[over != 0] / over[over != 0]
        low, high = np.quantile(drawn, [0.025, 0.975])
        return float(low), float(above.sum() / below.sum()), float(high)


def probability_of_truth(task: Task, said: Floats, truth: NDArray[np.int64]) -> NDArray[np.float64]:
    """What a head gives the true class, or the true side of neutral, `[N]`; `said [N, C]` are logits or relative scores."""
    if task.classes:
        chosen: NDArray[np.float64] = softmax(said.astype(float), axis=1)[np.arange(len(truth)), np.maximum(truth, 0)]
        return chosen
    of_sign: NDArray[np.float64] = expit(2 * said[:, 0].astype(float) * np.where(truth > 0, 1, -1))
    return of_sign


def hits(task: Task, said: Floats, truth: NDArray[np.int64]) -> NDArray[np.float64]:
    """1 where the decision is right, else 0, `[N]`."""
    decided = said.argmax(1) if task.classes else said[:, 0] > 0
    right: NDArray[np.float64] = (decided == truth).astype(float)
    return right
