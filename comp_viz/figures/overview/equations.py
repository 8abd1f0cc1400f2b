"""Each part of the overview's diagram as its equation in the paper's symbols, and with one utterance's numbers in it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.overview.overview import ModalityOverview, Overview
from comp_viz.data.conversation import Task
from comp_viz.wording import decimal


@dataclass(frozen=True)
class PartEquation:
    """One part of the network at one utterance; both formulas are LaTeX."""

    words: str  # what the part does, for people
    symbols: str  # as in the paper, with its number there
    numbers: str  # the same at this utterance


@dataclass(frozen=True)
class Spot:
    """The place in the network that an equation is wanted for."""

    overview: Overview
    modality: str
    task: Task
    utterance: int  # counted from 0

    @property
    def one(self) -> ModalityOverview:
        """The modality's numbers."""
        return self.overview.modalities[self.modality]

    def at(self, symbol: str, of: str = "") -> str:
        """A symbol with modality and utterance, as LaTeX."""
        return rf"{symbol}^{{\text{{{latex(of or self.modality)}}}}}_{{{self.utterance + 1}}}"


def part_equation(part: str, spot: Spot) -> PartEquation:
    """The equation of a part of `diagram.PARTS`. Of those that belong to no modality, any will do."""
    return EQUATIONS[part](spot)


def features(spot: Spot) -> PartEquation:
    """Missing features are zeros."""
    there = bool(spot.one.observed[spot.utterance])
    return PartEquation(
        "Observed features enter as they are; for a missing modality zeros enter.",
        r"\hat X^u_s = m^u_s X^u_s \quad (1)",
        rf"{spot.at('m')} = {int(there)}",
    )


def encoder(spot: Spot) -> PartEquation:
    """Features of all modalities come to one width."""
    return PartEquation(
        "An encoder brings every modality to the same width. Its length says how much there is, not what it is worth.",
        r"Z^u_s = \mathrm{MLP}(W^u \hat X^u_s + b^u)",
        rf"\lVert {spot.at('Z')} \rVert = {number(spot.one.encoded_norm[spot.utterance])}"
        rf"\\ \text{{mean of the conversation: }} {number(spot.one.encoded_norm.mean())}",
    )


def prototypes(spot: Spot) -> PartEquation:
    """An utterance spreads over prototypes."""
    count = spot.one.own + spot.one.bank
    return PartEquation(
        "Each utterance is a mixture of prototypes, by cosine. An entropy of 1 means that it takes all of them alike.",
        r"S^u_s = \mathrm{softmax}_k\, \cos(Z^u_s, A^u_k) \quad (6, 7)",
        rf"\mathrm{{H}}({spot.at('S')}) / \ln {count} = {number(spot.one.assignment_entropy[spot.utterance])}"
        rf"\\ e^{{\mathrm{{H}}}} = {number(spot.one.effective[spot.utterance], 0)} \text{{ of }} {count}",
    )


def prompts(spot: Spot) -> PartEquation:
    """What the others deliver."""
    delivered = r"\\ ".join(
        rf"\lVert P^{{\text{{{latex(sender)}}} \to \text{{{latex(spot.modality)}}}}}_{{{spot.utterance + 1}}} \rVert = "
        rf"{number(norms[spot.utterance])}"
        for sender, norms in spot.one.prompt_norms.items()
    )
    return PartEquation(
        "Every other modality delivers a prompt, made from its prototypes; from block to block an old one is mixed with a fresh one.",
        r"P^{vu}_{l+1} = \lambda \bar P^{vu}_l + (1 - \lambda)\, \tilde P^v_{l+1} \quad (8, 9)",
        delivered,
    )


def propagation(spot: Spot) -> PartEquation:
    """Attention over the conversation."""
    return PartEquation(
        "Features and prompts go through attention over the conversation. A cosine near 0 means that little of the features' own direction is left.",
        r"\bar Z^u = \mathrm{Attention}([Z^u, P^{vu}, P^{wu}]) \quad (3\text{–}5)",
        rf"\cos({spot.at('Z')}, {spot.at(PROPAGATED)}) = {number(spot.one.cosine[spot.utterance])}"
        rf"\\ \text{{normalised entropy of attention: }} {number(spot.one.attention_entropy[spot.utterance])}",
    )


def head(spot: Spot) -> PartEquation:
    """A modality's own prediction."""
    return PartEquation(
        "The modality predicts by itself; under prompts it has also heard of the others.",
        r"Y^u_s = W^u_Y \bar Z^u_s + b^u_Y",
        rf"{spot.at('Y')} = {outcome(spot.task, spot.one.head[spot.utterance])}",
    )


def coordinator(spot: Spot) -> PartEquation:
    """Weights of the modalities."""
    weights = spot.overview.modalities.items()
    symbols = " + ".join(spot.at(r"\bar\omega", name) for name, _ in weights)
    each = [float(one.weight[spot.utterance]) for _, one in weights]
    whole = "=" if round(sum(round(w, 2) for w in each), 2) == 1 else r"\approx"  # what is rounded may add up to 1.01
    return PartEquation(
        "The coordinator weighs the modalities of each utterance; what is missing gets a weight too.",
        r"\bar\omega_s = \mathrm{softmax}(\mathrm{MLP}([\bar Z^a_s, \bar Z^t_s, \bar Z^v_s])) \quad (12, 13)",
        rf"{symbols} \\ = {' + '.join(map(number, each))} {whole} 1",
    )


def fused(spot: Spot) -> PartEquation:
    """The prediction of all together."""
    return PartEquation(
        "The weighed features of all modalities make the fused prediction.",
        r"F_s = [\bar\omega^a_s \bar Z^a_s, \bar\omega^t_s \bar Z^t_s, \bar\omega^v_s \bar Z^v_s] \\ Y_s = \mathrm{head}(F_s) \quad (14, 15)",
        rf"Y_{{{spot.utterance + 1}}} = {outcome(spot.task, spot.overview.fused[spot.utterance])}",
    )


PROPAGATED = r"\bar Z"
EQUATIONS: dict[str, Callable[[Spot], PartEquation]] = {
    "features": features,
    "encoder Z": encoder,
    "prototypes A": prototypes,
    "prompts P": prompts,
    "propagation Z̄": propagation,
    "heads Y": head,
    "coordinator ω̄": coordinator,
    "fused": fused,
}


def outcome(task: Task, values: np.ndarray) -> str:
    """A prediction as LaTeX: the score, or the probability of the likeliest class."""
    if not task.classes:
        return number(values[0])
    best = int(values.argmax())
    return rf"{number(values[best])} \text{{ for {latex(task.classes[best])}}}"


def number(value: float, digits: int = 2) -> str:
    """A number as LaTeX; a dash where there is none."""
    return r"\text{–}" if np.isnan(value) else decimal(float(value), digits)


def latex(name: str) -> str:
    """A name from a file as text in a formula: what means something to LaTeX is left out."""
    return "".join(letter for letter in name if letter.isalnum() or letter in " -.")
