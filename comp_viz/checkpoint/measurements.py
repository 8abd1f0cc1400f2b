"""How well a finished model did: metrics under missing patterns, on parts of the test split, and calibration."""

from collections.abc import Sequence
from dataclasses import dataclass

from comp_viz.wording import percent

SHARE_METRICS = ("ACC", "UA", "F1")  # metrics that are read in percent


@dataclass(frozen=True)
class Measurement:
    """One predictor's metrics on one split under one missing pattern, mean and standard deviation over mask seeds."""

    split: str
    pattern: str
    missing_rate: float  # realised: share of what was there that the pattern took away, mean over seeds
    realised: dict[str, float]  # the same by modality
    seeds: int
    predictor: str  # "fused" or a modality
    mean: dict[str, float | None]
    std: dict[str, float | None]


@dataclass(frozen=True)
class Reliability:
    """Predictions in bins of equal width by the probability of the predicted class, from 0 to 1."""

    count: tuple[int, ...]  # [bins] predictions
    confidence: tuple[float, ...]  # [bins] mean probability of the predicted class, 0 in an empty bin
    accuracy: tuple[float, ...]  # [bins] share of correct predictions, 0 in an empty bin
    error: float  # expected calibration error: mean distance of the two over all predictions


@dataclass(frozen=True)
class PartMeasurement:
    """One predictor on one part of the test split, nothing taken away from what it has."""

    name: str  # "speech"
    predictor: str  # "fused" or a modality
    utterances: int  # with a label
    majority: float  # ACC of always answering with the most frequent label
    metrics: dict[str, float | None]
    reliability: Reliability


def part_table(parts: Sequence[PartMeasurement], temperature: dict[str, float]) -> list[str]:
    """The parts as Markdown: a table of metrics, and the reliability of the fused prediction."""
    names = list(parts[0].metrics)
    lines = [
        "## By part of the test split",
        "",
        "Nothing taken away from what a part has; all but the errors in percent.",
        "ECE is the expected calibration error over ten bins: how far probabilities are from accuracy.",
        "",
        f"| part | predictor | utterances | most frequent label | {' | '.join(names)} | ECE |",
        "|---" * (5 + len(names)) + "|",
    ]
    for p in parts:
        values = ["not defined" if v is None else percent(v, 1) for v in p.metrics.values()]
        lines.append(
            f"| {p.name} | {p.predictor} | {p.utterances:,} | {percent(p.majority, 1)} | {' | '.join(values)} | {p.reliability.error:.3f} |"
        )
    lines += [
        "",
        "Accuracy of fused predictions, by the probability they were given (number of predictions):",
        "",
    ]
    fused = [p for p in parts if p.predictor == "fused"]
    N = len(parts[0].reliability.count)
    bins = [n for n in range(N) if any(p.reliability.count[n] for p in fused)]
    lines.append(f"| part | {' | '.join(f'{n / N:.1f} to {(n + 1) / N:.1f}' for n in bins)} |")
    lines.append("|---" * (1 + len(bins)) + "|")
    for p in fused:
        r = p.reliability
        cells = [f"{percent(r.accuracy[n])} ({r.count[n]})" if r.count[n] else "" for n in bins]
        lines.append(f"| {p.name} | {' | '.join(cells)} |")
    if temperature:
        temperatures = ", ".join(f"{name} {value:.2f}" for name, value in temperature.items())
        lines += [
            "",
            f"Before saving, logits were divided by temperatures fitted on the validation split: {temperatures}.",
        ]
    return [*lines, ""]
