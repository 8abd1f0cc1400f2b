"""What a missing pattern changes, against the complete conversation."""

from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.prediction import Prediction, true_decisions
from comp_viz.data.conversation import Bools, Floats
from comp_viz.wording import how_many


@dataclass(frozen=True)
class Change:
    """The difference between a conversation with modalities missing and the same conversation complete."""

    # [S], fused score minus complete; for classes, the change in the probability of the complete decision
    difference: Floats
    flipped: Bools  # [S], the decision is another one
    missing: dict[str, int]  # modality -> entries taken away
    entries: dict[str, int]  # modality -> entries the recording has
    accuracy: float | None  # share of labelled utterances decided rightly, here
    complete_accuracy: float | None  # and complete
    weight_shift: dict[str, tuple[float, float]]  # modality -> mean coordinator weight complete, here

    @property
    def missing_share(self) -> float:
        """Share of the recording's entries that were taken away."""
        return sum(self.missing.values()) / max(sum(self.entries.values()), 1)

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
    entries = dict(zip(here.modalities, complete.observed.sum(0).tolist(), strict=True))
    left = dict(zip(here.modalities, here.observed.sum(0).tolist(), strict=True))
    return Change(
        difference=difference.astype(np.float32),
        flipped=decided != before,
        missing={name: entries[name] - left[name] for name in entries},
        entries=entries,
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


def describe(found: Change) -> str:
    """The change in one or two plain sentences."""
    S = len(found.flipped)
    if found.missing_share == 0:
        return f"Nothing is taken away: these are the predictions for the complete conversation of {how_many(S, 'utterance')}."
    flips = int(found.flipped.sum())
    sentence = f"{what_is_missing(found)}, {flips if flips else 'none'} of {how_many(S, 'prediction')} flip{'s' * (flips == 1)}"
    if found.accuracy is not None and found.complete_accuracy is not None:
        now, before = f"{found.accuracy:.0%}", f"{found.complete_accuracy:.0%}"
        sentence += f"; accuracy stays at {now}" if now == before else f"; accuracy goes from {before} to {now}"
    name, (before_weight, weight) = max(found.weight_shift.items(), key=lambda item: abs(item[1][1] - item[1][0]))
    if f"{weight:.2f}" == f"{before_weight:.2f}":
        return f"{sentence}. The coordinator's mean weights hardly move."
    return f"{sentence}. The coordinator moves {name} from {before_weight:.2f} to {weight:.2f} on average."


def what_is_missing(found: Change) -> str:
    """`Without text`, or how much is missing when no modality is gone entirely."""
    touched = [name for name, count in found.missing.items() if count]
    if all(found.missing[name] == found.entries[name] for name in touched):
        return "Without " + " and ".join(touched)
    if sum(found.missing.values()) == 1:
        return "With a single entry missing"
    return f"With {found.missing_share:.0%} of the entries missing"
