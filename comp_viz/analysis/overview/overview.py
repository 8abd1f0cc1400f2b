"""What every part of ComP does with one conversation, in one number for each utterance: the overview's picture."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.prediction import decision_accuracy, true_decisions
from comp_viz.analysis.stats.entropy import effective_number, normalised_entropy
from comp_viz.data.conversation import Bools, Floats


@dataclass(frozen=True)
class ModalityOverview:
    """One modality's way through the network; arrays have a number for every utterance."""

    observed: Bools  # [S]
    encoded_norm: Floats  # [S], norm of Z^u
    assignment_entropy: Floats  # [S], normalised, 0 one prototype to 1 all alike; mean of blocks
    effective: Floats  # [S], effective number of prototypes an utterance draws on, 1 to own + bank; mean of blocks
    own: int  # prototypes of the conversation itself, c; 0 without prompting
    bank: int  # prototypes of the bank
    prompt_norms: dict[str, Floats]  # sender -> [S], norm of the prompt delivered by it, mean of blocks
    attention_entropy: Floats  # [S], normalised, 0 one utterance to 1 all alike; mean of maps
    cosine: Floats  # [S], of Z^u and Z̄^u: what propagation leaves of a feature's direction
    head: Floats  # [S, C], the modality's own prediction
    weight: Floats  # [S], coordinator weight, 0 to 1
    accuracy: float | None  # of the head on the conversation, None without labels


@dataclass(frozen=True)
class Overview:
    """All modalities, and where they come together."""

    modalities: dict[str, ModalityOverview]
    fused: Floats  # [S, C]
    accuracy: float | None

    @property
    def prompted(self) -> bool:
        """Whether the network has prompts."""
        return any(one.prompt_norms for one in self.modalities.values())


def build_overview(inside: Inside, labels: Floats) -> Overview:
    """Sum up what is inside a forward pass; `labels [S]` may hold NaN."""
    prediction, truth = inside.prediction, true_decisions(inside.prediction.task, labels)
    modalities = {}
    for u, name in enumerate(inside.modalities):
        keys = inside.observed[:, u]
        assignments, prototypes = inside.assignments.get(name), inside.prototypes.get(name)
        own = 0 if prototypes is None else len(prototypes)
        attended = 0 if assignments is None else assignments.shape[-1]
        modalities[name] = ModalityOverview(
            observed=keys,
            encoded_norm=norm(inside.encoded[name]),
            assignment_entropy=unknown(keys)
            if assignments is None
            else normalised_entropy(assignments, attended).mean(0),
            effective=unknown(keys) if assignments is None else effective_number(assignments).mean(0),
            own=own,
            bank=attended - own,
            prompt_norms=prompt_norms(inside, name),
            attention_entropy=attention_entropy(inside, name, int(keys.sum())),
            cosine=cosine(inside.encoded[name], inside.propagated[name]),
            head=prediction.heads[name],
            weight=prediction.coordinator[:, u],
            accuracy=decision_accuracy(prediction.decisions(name), truth),
        )
    return Overview(modalities, prediction.fused, decision_accuracy(prediction.decisions(), truth))


def prompt_norms(inside: Inside, receiver: str) -> dict[str, Floats]:
    """Norm of each sender's prompt as it is delivered to `receiver`, `[S]`, mean of blocks."""
    delivered = inside.delivered.get(receiver)
    if delivered is None:
        return {}
    norms = norm(delivered).mean(0)  # (S, M-1)
    return {sender: norms[:, i] for i, sender in enumerate(inside.senders(receiver))}


def attention_entropy(inside: Inside, name: str, keys: int) -> Floats:
    """Normalised entropy of each utterance's attention, `[S]`; NaN with fewer than two keys."""
    maps = inside.attention.get(name)
    if maps is None:
        return unknown(inside.observed[:, 0])
    mean: Floats = normalised_entropy(maps, keys).mean((0, 1, 2))
    return mean


def norm(x: Floats) -> Floats:
    """Euclidean length along the last axis."""
    length: Floats = np.linalg.norm(x, axis=-1).astype(np.float32)
    return length


def cosine(x: Floats, y: Floats) -> Floats:
    """Cosine along the last axis; 0 where either is zero."""
    lengths = norm(x) * norm(y)
    cosines: Floats = ((x * y).sum(-1) / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return cosines


def unknown(like: Bools) -> Floats:
    """NaN for every utterance."""
    return np.full(len(like), np.nan, np.float32)


def overview_table(overview: Overview) -> pd.DataFrame:
    """One row for every utterance (counted from 1) and modality with every number of the overview."""
    tables = []
    for name, one in overview.modalities.items():
        columns = {
            "utterance": np.arange(1, len(one.observed) + 1),
            "modality": name,
            "observed": one.observed,
            "norm of Z": one.encoded_norm,
            "normalised entropy of assignment": one.assignment_entropy,
            **{f"norm of prompt from {sender}": values for sender, values in one.prompt_norms.items()},
            "normalised entropy of attention": one.attention_entropy,
            "cosine of Z and Z̄": one.cosine,
            "coordinator weight": one.weight,
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)
