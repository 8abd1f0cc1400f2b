"""Four claims as differences of accuracies, the same whether the units are training seeds, cuts or conversations.

A claim's effects are functions of accuracies `[X, R]` under `R` missing patterns: `X` are seeds or cuts of a table of
results, or resamples of conversations.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from comp_viz.analysis.prediction import FUSED
from comp_viz.analysis.stats.sums import Values

COMP, WITHOUT_PROMPTS, ALONE, NOTHING = "comp", "no-prompting", "alone", "none"
# Part of ComP -> the row of the paper's Table 3 that lacks it and nothing else.
LACKING = {
    "propagation": "PG+Cr+GM",
    "prompts": "KP+Cr+GM",
    "coordinator": "KP+PG+GM",
    "gradient modulator": "KP+PG+Cr",
}
GAP, FUSED_GAIN = "gap that ComP closes", "fused accuracy"


@dataclass(frozen=True)
class Accuracies:
    """ACC of predictors under `R` patterns, `[X, R]` each; NaN of what was not measured."""

    values: Mapping[tuple[str, str], Values]  # method, predictor -> [X, R]
    rates: tuple[float, ...]  # [R], requested missing rates
    modalities: tuple[str, ...]
    shape: tuple[int, int]  # X, R

    def of(self, method: str, predictor: str = FUSED) -> Values:
        """`[X, R]` of one predictor."""
        return self.values.get((method, predictor), np.full(self.shape, np.nan))

    def gap(self, method: str) -> Values:
        """Best minus worst modality head, `[X, R]`."""
        heads = np.stack([self.of(method, u) for u in self.modalities])
        difference: Values = heads.max(0) - heads.min(0)
        return difference


AccuracyEffects = dict[str, Values]  # what an effect is of -> [X], the mean over patterns; the first is the primary one


def over_patterns(difference: Values) -> Values:
    """The mean `[X]` over patterns of a difference `[X, R]`."""
    mean: Values = difference.mean(1)
    return mean


def gap_effects(acc: Accuracies) -> AccuracyEffects:
    """Under-optimisation: accuracy alone minus jointly without prompts, mean of the modalities, then of each; and the gap."""
    lost = {u: over_patterns(acc.of(ALONE, u) - acc.of(WITHOUT_PROMPTS, u)) for u in acc.modalities}
    closed = over_patterns(acc.gap(WITHOUT_PROMPTS) - acc.gap(COMP))
    return {"all modalities": np.mean([*lost.values()], axis=0), **lost, GAP: closed}


def prompting_effects(acc: Accuracies) -> AccuracyEffects:
    """Fused accuracy with prompts minus without, mean of the missing rates, then at each."""
    gain = acc.of(COMP) - acc.of(WITHOUT_PROMPTS)
    by_rate = {f"missing rate {rate:g}": gain[:, i] for i, rate in enumerate(acc.rates)}
    return {"all missing rates": over_patterns(gain), **by_rate}


def component_effects(acc: Accuracies) -> AccuracyEffects:
    """Fused accuracy of ComP minus that without all of its parts, then without each."""
    whole = acc.of(COMP)
    without = {part: over_patterns(whole - acc.of(row)) for part, row in LACKING.items()}
    return {"all four together": over_patterns(whole - acc.of(NOTHING)), **without}


def modulator_effects(acc: Accuracies) -> AccuracyEffects:
    """How much smaller the gap between heads is with the modulator than without it, and how much better the fused accuracy."""
    row = LACKING["gradient modulator"]
    return {
        "gap between heads": over_patterns(acc.gap(row) - acc.gap(COMP)),
        FUSED_GAIN: over_patterns(acc.of(COMP) - acc.of(row)),
    }


ACCURACY_CLAIMS: dict[str, Callable[[Accuracies], AccuracyEffects]] = {
    "gap": gap_effects,
    "prompting": prompting_effects,
    "components": component_effects,
    "modulator": modulator_effects,
}


def methods_of_claim(key: str) -> tuple[str, ...]:
    """The methods that a claim compares."""
    return {
        "gap": (COMP, WITHOUT_PROMPTS, ALONE),
        "prompting": (COMP, WITHOUT_PROMPTS),
        "components": (COMP, NOTHING, *LACKING.values()),
        "modulator": (COMP, LACKING["gradient modulator"]),
    }[key]
