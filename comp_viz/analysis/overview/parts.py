"""What every part of ComP does with one conversation, in one number for each utterance: the overview's picture."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.prediction import decision_accuracy, true_decisions
from comp_viz.analysis.stats.entropy import normalised_entropy
from comp_viz.data.conversation import Bools, Floats


@dataclass(frozen=True)
class ModalityParts:
    """One modality's way through the network; arrays have a number for every utterance."""

    observed: Bools  # [S]
    encoded: Floats  # [S], norm of Z^u
    spread: Floats  # [S], entropy of the assignment as a share of its maximum, 0 one prototype to 1 all alike; mean of blocks
    own: int  # prototypes of the conversation itself, c; 0 without prompting
    bank: int  # prototypes of the bank
    received: dict[str, Floats]  # sender -> [S], norm of the prompt delivered by it, mean of blocks
    attention: (
        Floats  # [S], entropy of attention as a share of its maximum, 0 one utterance to 1 all alike; mean of maps
    )
    kept: Floats  # [S], cosine of Z^u and Z̄^u: what propagation leaves of a feature's direction
    head: Floats  # [S, C], the modality's own prediction
    weight: Floats  # [S], coordinator weight, 0 to 1
    accuracy: float | None  # of the head on the conversation, None without labels


@dataclass(frozen=True)
class Parts:
    """All modalities, and where they come together."""

    modalities: dict[str, ModalityParts]
    fused: Floats  # [S, C]
    accuracy: float | None

    @property
    def prompted(self) -> bool:
        """Whether the network has prompts."""
        return any(one.received for one in self.modalities.values())


def parts(inside: Inside, labels: Floats) -> Parts:
    """Sum up everything inside a forward pass; `labels [S]` may hold NaN."""
    prediction, truth = inside.prediction, true_decisions(inside.prediction.task, labels)
    found = {}
    for u, name in enumerate(inside.modalities):
        keys = inside.observed[:, u]
        assignments, prototypes = inside.assignments.get(name), inside.prototypes.get(name)
        own = 0 if prototypes is None else len(prototypes)
        attended = 0 if assignments is None else assignments.shape[-1]
        found[name] = ModalityParts(
            observed=keys,
            encoded=norm(inside.encoded[name]),
            spread=nothing(keys) if assignments is None else normalised_entropy(assignments, attended).mean(0),
            own=own,
            bank=attended - own,
            received=received(inside, name),
            attention=attention_spread(inside, name, int(keys.sum())),
            kept=cosine(inside.encoded[name], inside.propagated[name]),
            head=prediction.heads[name],
            weight=prediction.coordinator[:, u],
            accuracy=decision_accuracy(prediction.decisions(name), truth),
        )
    return Parts(found, prediction.fused, decision_accuracy(prediction.decisions(), truth))


def received(inside: Inside, receiver: str) -> dict[str, Floats]:
    """Norm of each sender's prompt as it is delivered to `receiver`, `[S]`, mean of blocks."""
    delivered = inside.delivered.get(receiver)
    if delivered is None:
        return {}
    norms = norm(delivered).mean(0)  # (S, M-1)
    return {sender: norms[:, i] for i, sender in enumerate(inside.senders(receiver))}


def attention_spread(inside: Inside, name: str, keys: int) -> Floats:
    """Entropy of each utterance's attention as a share of its maximum, `[S]`; NaN with fewer than two keys."""
    maps = inside.attention.get(name)
    if maps is None:
        return nothing(inside.observed[:, 0])
    mean: Floats = normalised_entropy(maps, keys).mean((0, 1, 2))
    return mean


def norm(x: Floats) -> Floats:
    """Euclidean length along the last axis."""
    length: Floats = np.linalg.norm(x, axis=-1).astype(np.float32)
    return length


def cosine(x: Floats, y: Floats) -> Floats:
    """Cosine along the last axis; 0 where either is zero."""
    lengths = norm(x) * norm(y)
    found: Floats = ((x * y).sum(-1) / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return found


def nothing(like: Bools) -> Floats:
    """NaN for every utterance."""
    return np.full(len(like), np.nan, np.float32)


def describe(found: Parts) -> str:
    """The parts in one or two plain sentences."""
    weights = {name: float(one.weight.mean()) for name, one in found.modalities.items()}
    most = max(weights, key=lambda name: weights[name])
    equal = 1 / len(weights)
    leaning = f"gives {most} the most weight, {weights[most]:.2f} where equal would be {equal:.2f}"
    if weights[most] - equal < 0.02:
        leaning = f"weighs all modalities about alike ({min(weights.values()):.2f} to {weights[most]:.2f})"
    if not found.prompted:
        return f"This network has no prompts: each modality stays by itself until the coordinator {leaning}."
    sent = {
        name: [one.received[name].mean() for one in found.modalities.values() if name in one.received]
        for name in weights
    }
    strength = {name: float(np.mean(values)) for name, values in sent.items()}
    loud = max(strength, key=lambda name: strength[name])
    spread = float(np.mean([one.spread.mean() for one in found.modalities.values()]))
    even = "nearly all prototypes alike" if spread > 0.98 else "some prototypes more than others"
    return (
        f"{loud.capitalize()} sends the longest prompts (norm {strength[loud]:.2f} on average), made of {even}; "
        f"the coordinator {leaning}."
    )


def as_table(found: Parts) -> pd.DataFrame:
    """One row for every utterance (counted from 1) and modality with every number of the parts."""
    tables = []
    for name, one in found.modalities.items():
        columns = {
            "utterance": np.arange(1, len(one.observed) + 1),
            "modality": name,
            "observed": one.observed,
            "norm of Z": one.encoded,
            "evenness of prototypes": one.spread,
            **{f"norm of prompt from {sender}": values for sender, values in one.received.items()},
            "evenness of attention": one.attention,
            "cosine of Z and Z̄": one.kept,
            "coordinator weight": one.weight,
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)
