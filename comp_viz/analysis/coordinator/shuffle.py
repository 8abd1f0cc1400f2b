"""The shuffle test: does it matter which utterance gets which of the coordinator's weights?

A weight that says something of its utterance is worth less on another one. If accuracy stays where it is, the coordinator is not
identifiable: what it tells the utterances apart by does not reach the decision.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from comp_viz.analysis.coordinator.reweighting import EQUAL, LEARNED
from comp_viz.analysis.prediction import decide_output, true_decisions
from comp_viz.analysis.stats.bootstrap import percentile_interval, resampled
from comp_viz.analysis.stats.sums import conversation_sums, counted_conversations, metrics_of
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.conversation import Floats, Task
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.evaluation.evaluate import NO_TURN
from comp_viz.network.model import ComP
from comp_viz.network.trace import Recorder

EXCHANGES = 20  # random exchanges of each kind, whose mean is compared
EXCHANGED, AMONG_ALIKE, MEAN = "exchanged", "exchanged among alike", "mean weights"


@dataclass(frozen=True)
class ShuffleTest:
    """Accuracy of the fused prediction over a split under the learned weights and under those of other utterances.

    `rows` has one row for each way to give weights, the learned ones first: `weights`, `ACC`, `difference` to the learned ones
    with `low` and `high`, its 95 % interval by the bootstrap over conversations, and the share of decisions that `differ`.
    """

    rows: pd.DataFrame
    utterances: int  # that count
    conversations: int  # that hold some

    def row(self, weights: str) -> Mapping[str, float]:
        """The numbers under some weights."""
        return dict(self.rows.set_index("weights").loc[weights])


def shuffle_test(
    checkpoint: Checkpoint,
    task: Task,
    stream: Stream,
    pattern: str,
    seed: int = 0,
    turn: AbstractContextManager[object] = NO_TURN,
) -> ShuffleTest:
    """Exchange the coordinator's weights between all utterances of a split, and between those of which the same is observed.

    Beside them, the mean weights of the split for every utterance, and equal ones. `pattern` is drawn with `seed`, and so are the
    exchanges; `turn` is held during each forward pass. The checkpoint is one of ComP.
    """
    utterances = stream.utterances
    rng = np.random.default_rng(seed)
    shown = Pattern.parse(pattern)(utterances, task, rng) & utterances.observed
    propagated, weights = before_fusion(checkpoint.comp, stream, shown, turn)
    alike = np.unique(shown, axis=0, return_inverse=True)[1].ravel()
    everybody = np.zeros(len(shown), np.int64)
    given = {
        LEARNED: [weights],
        EXCHANGED: [weights[exchange(everybody, rng)] for _ in range(EXCHANGES)],
        AMONG_ALIKE: [weights[exchange(alike, rng)] for _ in range(EXCHANGES)],
        MEAN: [weights.mean(0).expand_as(weights)],
        EQUAL: [torch.full_like(weights, 1 / weights.shape[1])],
    }
    with turn:
        fused = {name: fused_under(checkpoint.comp, propagated, each) for name, each in given.items()}
    return compare_shuffled(task, fused, utterances)


@torch.inference_mode()
def before_fusion(
    model: ComP, stream: Stream, shown: NDArray[np.bool_], turn: AbstractContextManager[object]
) -> tuple[Tensor, Tensor]:
    """`Z̄^u [M, N, d]` of all utterances of a split under a pattern `[N, M]`, and the coordinator's weights, `[N, M]`."""
    features, weights = [], []
    for batch in stream.under(shown):
        with turn:
            _, encoded, rows = model.begin(batch.features, batch.observed, batch.valid)
            utterances, blanks = rows.part(encoded)
            features.append(model.through_blocks(utterances, blanks, rows, "bank", Recorder(None)))
            weights.append(model.weigh(features[-1], utterances, rows))
    return torch.cat(features, dim=1), torch.cat(weights)


@torch.inference_mode()
def fused_under(model: ComP, propagated: Tensor, weights: list[Tensor]) -> Floats:
    """The fused prediction `[D, N, C]` under `D` times other weights `[N, M]`: relative scores or logits."""
    return np.stack([model.fuse(propagated, one)[0].float().cpu().numpy() for one in weights])


def exchange(groups: NDArray[np.int64], rng: np.random.Generator) -> Tensor:
    """Whose weights each utterance gets, `[N]`: a random order within every group of `groups [N]`."""
    source = np.arange(len(groups))
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        source[members] = rng.permutation(members)
    return torch.from_numpy(source)


def compare_shuffled(task: Task, fused: Mapping[str, Floats], utterances: Utterances) -> ShuffleTest:
    """Accuracy of every `[D, N, C]`, mean over `D`, against the first; as many right answers as on the mean of its drawings."""
    labels, starts = utterances.labels, utterances.starts
    sums = np.stack(
        [np.mean([conversation_sums(task, one, labels, starts) for one in each], 0) for each in fused.values()]
    )
    whole, varied = metrics_of(task, sums.sum(1))["ACC"], metrics_of(task, resampled(sums))["ACC"]
    counted = true_decisions(task, labels) >= 0
    conversations = counted_conversations(task, "ACC", sums[0])
    learned = decide_output(task, next(iter(fused.values()))[0])
    rows = []
    for place, (name, each) in enumerate(fused.items()):
        low, high = percentile_interval(varied[:, place] - varied[:, 0], conversations)
        differ = float(np.mean([decide_output(task, one) != learned for one in each]))
        rows.append(
            {
                "weights": name, "ACC": float(whole[place]), "difference": float(whole[place] - whole[0]),
                "low": low, "high": high, "differ": differ,
            }
        )  # fmt: skip
    return ShuffleTest(pd.DataFrame(rows), int(counted.sum()), conversations)
