"""What a missing pattern changes, against the complete conversation."""

from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.prediction import Prediction, decision_accuracy, true_decisions
from comp_viz.data.conversation import Bools, Floats


@dataclass(frozen=True)
class Change:
    """The difference between a conversation with modalities missing and the same conversation complete.

    An utterance of which nothing was recorded has no prediction, so none that changes: what the network puts out for it says
    something of its neighbours only. Where a missing pattern takes all of an utterance away there is one, `from_context`.
    """

    # [S], fused score minus complete; for classes, the change in the probability of the complete decision; 0 without
    difference: Floats
    flipped: Bools  # [S], the decision is another one
    predicted: Bools  # [S], something of the utterance was recorded
    from_context: Bools  # [S], something was recorded, and all of it is taken away
    missing: dict[str, int]  # modality -> entries taken away
    entries: dict[str, int]  # modality -> entries the recording has
    accuracy: float | None  # share of correct decisions among labelled utterances, here
    complete_accuracy: float | None  # and complete
    weight_shift: dict[str, tuple[float, float]]  # modality -> mean weight complete, here; empty without weights
    weights_from: str = "coordinator"  # the part of the network that gives the weights

    @property
    def missing_share(self) -> float:
        """Share of the recording's entries that were taken away."""
        return sum(self.missing.values()) / max(sum(self.entries.values()), 1)

    @property
    def most_changed(self) -> int:
        """The utterance whose prediction moved most."""
        return int(np.abs(self.difference).argmax())


def change(here: Prediction, complete: Prediction, labels: Floats, recorded: Bools | None = None) -> Change:
    """Compare a prediction with that of the complete conversation; `labels [S]` may hold NaN.

    `recorded [S]` says of which utterances anything was; it need be given only where `complete` is not as recorded.
    """
    predicted = complete.anything_observed if recorded is None else recorded
    decided, before = here.decisions(), complete.decisions()
    if here.task.classes:
        rows = np.arange(len(before))
        difference = here.fused[rows, before] - complete.fused[rows, before]
    else:
        difference = here.fused[:, 0] - complete.fused[:, 0]
    truth = np.where(predicted, true_decisions(here.task, labels), -1)
    entries = dict(zip(here.modalities, complete.observed.sum(0).tolist(), strict=True))
    counted = predicted if predicted.any() else slice(None)
    left = dict(zip(here.modalities, here.observed.sum(0).tolist(), strict=True))
    return Change(
        difference=np.where(predicted, difference, 0).astype(np.float32),
        flipped=(decided != before) & predicted,
        predicted=predicted,
        from_context=predicted & ~here.anything_observed,
        missing={name: entries[name] - left[name] for name in entries},
        entries=entries,
        accuracy=decision_accuracy(decided, truth),
        complete_accuracy=decision_accuracy(before, truth),
        weight_shift={
            name: (float(complete.coordinator[counted, u].mean()), float(here.coordinator[counted, u].mean()))
            for u, name in enumerate(here.modalities)
            if here.weighted
        },
        weights_from=here.weights_from,
    )
