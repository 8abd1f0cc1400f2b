"""Discrepancy between modalities as the literature on balanced multimodal learning measures it, on a split of the data.

- **Discrepancy ratio** (OGM-GE; Peng et al., CVPR 2022): `ρ^u = Σ_i s_i^u / mean over v≠u of Σ_i s_i^v`, where `s_i^u` is the
  probability modality `u` gives the truth. There are two modalities, the sums are over a batch while training, and `s` comes from
  the fused layer's share of `u`; here `u` has a head of its own, and is compared with the mean of the others on a whole split.
- **Conditional utilisation rate** (Wu et al., ICML 2022): `(A - A_without u) / A`, the share of accuracy that is lost without
  `u`. There every branch of a network of two has its own `A`, and "without" is the training average of what it receives from the
  other; here `A` is of the fused prediction, and "without" is missing altogether.

A score has no probability of its truth; its sign has one, by the logistic loss that training takes on it: `σ(2 ŷ sign(y))`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from comp_viz.analysis.prediction import decide_output, true_decisions
from comp_viz.analysis.stats.bootstrap import percentile_interval, resampled
from comp_viz.analysis.stats.sums import Values
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.conversation import Bools, Floats, Task
from comp_viz.data.dataset import DataSet, Ints, Utterances
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError
from comp_viz.evaluation.calibration import probabilities
from comp_viz.evaluation.evaluate import predict

Interval = tuple[float, float, float]  # lower end, value, upper end


@dataclass(frozen=True)
class Discrepancy:
    """Both measures of a checkpoint on the test split under one pattern, with 95 % intervals over conversations."""

    ratio: dict[str, Interval]  # modality -> ρ; 1 is balance
    # modality -> share of the fused accuracy, below 0 where it does harm, NaN where the accuracy is 0
    utilisation: dict[str, Interval]
    confidence: dict[str, float]  # modality -> mean probability of the truth
    accuracy: float  # of the fused prediction, a share
    utterances: int  # that count
    conversations: int  # they are of

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
    """Measure on the test split under `pattern`, drawn with `seed`: one pass, and one more without each modality.

    Raises `CompVizError` when the checkpoint cannot read the data or no label of the split counts.
    """
    checkpoint.check(data)
    split = data.split("test")
    check_lengths(Utterances.of(split), checkpoint.config.max_length)
    stream = Stream(split, checkpoint.standardise, checkpoint.model.device)
    utterances, task = stream.utterances, data.task
    truth = true_decisions(task, utterances.labels)
    if not (truth >= 0).any():
        raise CompVizError("No utterance of the test split has a label that counts, so there is nothing to measure.")
    observed = pattern(utterances, task, np.random.default_rng(seed))
    outputs = predict(checkpoint.model, stream, observed)
    by_conversation = ConversationSums(utterances.starts, truth >= 0)
    confidence = {u: by_conversation(probability_of_truth(task, outputs[u], truth)) for u in utterances.modalities}
    right = by_conversation(decide_output(task, outputs["fused"]) == truth)
    ratio, utilisation = {}, {}
    for i, u in enumerate(utterances.modalities):
        others = np.mean([confidence[v] for v in utterances.modalities if v != u], axis=0)
        ratio[u] = by_conversation.interval(confidence[u], others)
        without = observed & (np.arange(observed.shape[1]) != i)
        left = by_conversation(decide_output(task, predict(checkpoint.model, stream, without)["fused"]) == truth)
        utilisation[u] = by_conversation.interval(right - left, right)
    N = int((truth >= 0).sum())
    means = {u: float(x.sum() / N) for u, x in confidence.items()}
    return Discrepancy(ratio, utilisation, means, float(right.sum() / N), N, by_conversation.conversations)


@dataclass(frozen=True)
class ConversationSums:
    """Sums over the utterances that count of each conversation, and ratios of sums with their intervals."""

    starts: Ints  # [V + 1]
    counted: Bools  # [N]

    def __call__(self, values: Values | Bools) -> Values:
        """`[N] -> [V]`."""
        sums: Values = np.add.reduceat(np.where(self.counted, values, 0.0), self.starts[:-1])
        return sums

    @property
    def conversations(self) -> int:
        """How many conversations have an utterance that counts."""
        return int((self(np.ones(len(self.counted))) > 0).sum())

    def interval(self, above: Values, below: Values) -> Interval:
        """The ratio of two sums over all conversations, and its 95 % interval by the bootstrap; NaN where not defined."""
        if not below.sum():
            return (float("nan"),) * 3
        of, over = resampled(np.column_stack([above, below])).T
        low, high = percentile_interval(of[over != 0] / over[over != 0], self.conversations)
        return low, float(above.sum() / below.sum()), high


def probability_of_truth(task: Task, outputs: Floats, truth: Ints) -> Values:
    """Probability `[N]` of the true class or side of neutral, by a head's `outputs [N, C]`: logits or relative scores."""
    if task.classes:
        chosen: Values = probabilities(outputs)[np.arange(len(truth)), np.maximum(truth, 0)]
        return chosen
    of_sign: Values = expit(2 * outputs[:, 0].astype(float) * np.where(truth > 0, 1, -1))
    return of_sign
