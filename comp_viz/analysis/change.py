"""What a missing pattern changes, against the complete conversation."""

from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.prediction import Prediction, true_decisions
from comp_viz.data.conversation import Bools, Floats


@dataclass(frozen=True)
class Change:
    """The difference between a conversation with modalities missing and the same conversation complete."""

    difference: Floats  # [S], fused score minus complete; for classes, change in the probability of the complete decision
    flipped: Bools  # [S], the decision is another one
    missing_share: float  # of the entries the recording has
    accuracy: float | None  # share of labelled utterances decided rightly, here
    complete_accuracy: float | None  # and complete
    weight_shift: dict[str, tuple[float, float]]  # modality -> mean coordinator weight complete, here

    @property
    def most_changed(self) -> int:
        """The utterance whose prediction moved most."""
        return int(np.abs(self.difference).argmax())


def change(here: Prediction, complete: Prediction, labels: Floats) -> Change:
    """Compare a prediction with that of the complete conversation; `labels [S]` may hold NaN."""
    decided, before = here.decisions(), complete.decisions()
    if here.task.classes:
        rows = np.arange(len(before))
        difference = here.fused[rows, before] - complete.fused[rows, before]
    else:
        difference = here.fused[:, 0] - complete.fused[:, 0]
    truth = true_decisions(here.task, labels)
    there = int(complete.observed.sum())
    return Change(
        difference=difference.astype(np.float32),
        flipped=decided != before,
        missing_share=1 - int(here.observed.sum()) / there if there else 0.0,
        accuracy=accuracy(decided, truth),
        complete_accuracy=accuracy(before, truth),
        weight_shift={
            name: (float(complete.coordinator[:, u].mean()), float(here.coordinator[:, u].mean()))
            for u, name in enumerate(here.modalities)
        },
    )


def accuracy(decided: np.ndarray, truth: np.ndarray) -> float | None:
    """Share of right decisions where the truth is known, None where it never is."""
    known = truth >= 0
    return float((decided == truth)[known].mean()) if known.any() else None


def describe(found: Change, here: Prediction) -> str:
    """The change in one or two plain sentences."""
    S = len(found.flipped)
    if found.missing_share == 0:
        return f"Nothing is taken away: all {S} predictions are those of the complete conversation."
    flips = int(found.flipped.sum())
    first = f"{what_is_missing(here, found.missing_share)}, {flips} of {S} predictions flip"
    if found.accuracy is not None and found.complete_accuracy is not None:
        first += f" and accuracy goes from {found.complete_accuracy:.0%} to {found.accuracy:.0%}"
    name, (before, now) = max(found.weight_shift.items(), key=lambda item: abs(item[1][1] - item[1][0]))
    if abs(now - before) < 0.005:
        return f"{first}. The coordinator's weights hardly move."
    return f"{first}. The coordinator moves {name} from {before:.2f} to {now:.2f} on average."


def what_is_missing(here: Prediction, share: float) -> str:
    """`Without text`, or how much is missing when no modality is gone entirely."""
    gone = [name for u, name in enumerate(here.modalities) if not here.observed[:, u].any()]
    kept = [u for u, name in enumerate(here.modalities) if name not in gone]
    if gone and here.observed[:, kept].all():
        return "Without " + " and ".join(gone)
    return f"With {share:.0%} of the entries missing"
