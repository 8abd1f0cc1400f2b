"""Performance gap and under-optimisation, the two problems that ComP treats, with intervals over training seeds."""

from pathlib import Path

import numpy as np
import pandas as pd

from comp_viz.analysis.modulation.telemetry import telemetry_frame
from comp_viz.analysis.shipped_results import ResultsTable, paired_difference
from comp_viz.analysis.stats.intervals import half_width_of_mean
from comp_viz.training.telemetry import read_telemetry

ALONE, WITHOUT_PROMPTING, COMP = "alone", "no-prompting", "comp"
OTHER_METHOD = "other"  # the open checkpoint, where it is of another method
METHOD_NAMES = {
    ALONE: "each modality alone",
    WITHOUT_PROMPTING: "without prompting",
    COMP: "ComP",
    OTHER_METHOD: "this checkpoint",
}  # method -> on screen
CURVE_COLUMNS = ["method", "of", "epoch", "stage", "value", "low", "high", "seeds"]


def gaps(table: ResultsTable, pattern: str) -> pd.DataFrame:
    """Performance gap of every method: ACC of its best head minus that of its worst, for each seed; mean and half interval.

    Columns: method, mean, half (NaN from one seed), seeds, best and worst (the heads with the highest and lowest mean).
    """
    rows = []
    for method in METHOD_NAMES:
        heads = table.accuracy(method, pattern).drop(columns="fused", errors="ignore")
        if heads.empty:
            continue
        gap, means = heads.max(axis=1) - heads.min(axis=1), heads.mean()
        rows.append((method, gap.mean(), half_width_of_mean(gap), len(gap), means.idxmax(), means.idxmin()))
    return pd.DataFrame(rows, columns=["method", "mean", "half", "seeds", "best", "worst"])


def joint_minus_alone(table: ResultsTable, pattern: str) -> pd.DataFrame:
    """ACC of each modality's head after joint training minus that of the modality trained alone, paired by seed.

    Below zero the modality is under-optimised. Columns: method, modality, mean, half (NaN from one seed), seeds, joint, alone.
    """
    alone = table.accuracy(ALONE, pattern)
    rows = []
    for method in (WITHOUT_PROMPTING, COMP):
        joint = table.accuracy(method, pattern)
        for name in alone.columns.intersection(joint.columns, sort=False):
            levels = joint[name].mean(), alone[name].mean()
            rows.append((method, name, *paired_difference(joint[name], alone[name]), *levels))
    return pd.DataFrame(rows, columns=["method", "modality", "mean", "half", "seeds", "joint", "alone"])


def read_accuracy(folder: Path) -> pd.DataFrame:
    """ACC by epoch out of a `telemetry` folder: split, of, epoch, stage, value; empty where nothing was recorded."""
    rows = telemetry_frame(read_telemetry(folder, "epochs"))
    return rows[rows["quantity"] == "ACC"][["split", "of", "epoch", "stage", "value"]].reset_index(drop=True)


def curves_of_runs(runs: dict[str, pd.DataFrame], split: str) -> pd.DataFrame:
    """Curves of single runs, method -> `read_accuracy`: the columns `CURVE`, without a band."""
    parts = [rows[rows["split"] == split].assign(method=method) for method, rows in runs.items()]
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=CURVE_COLUMNS)
    return whole.assign(low=np.nan, high=np.nan, seeds=1)[CURVE_COLUMNS]


def curves_of_table(table: ResultsTable, split: str) -> pd.DataFrame:
    """Curves of a sweep at every epoch: mean over seeds, lowest and highest seed; the columns `CURVE`.

    A range and no interval: with two or three seeds an interval of every epoch would be too wide to see anything.
    """
    rows = table.epochs[(table.epochs["split"] == split) & table.epochs["method"].isin(list(METHOD_NAMES))]
    groups = rows.groupby(["method", "of", "epoch", "stage"], sort=False)["value"]
    return groups.agg(value="mean", low="min", high="max", seeds="count").reset_index()[CURVE_COLUMNS]


def read_ratios(folder: Path, probabilities: bool) -> pd.DataFrame:
    """Discrepancy ratio of every modality by recorded epoch of the training pass: epoch, modality, ratio, share.

    `ρ^u = Σ_i s_i^u / mean over v≠u of Σ_i s_i^v` over training utterances that count. Where errors were recorded as
    `probabilities`, one minus that of the truth, `s` is that probability; else, as for scores, 1 where the head was right.
    """
    rows = telemetry_frame(read_telemetry(folder, "utterances"))
    rows = rows[rows["correct"].notna()]
    confidence = 1 - rows["error"] if probabilities else rows["correct"].astype(float)
    sums = confidence.groupby([rows["epoch"], rows["modality"]], sort=False).sum().reset_index(name="sum")
    of_epoch = sums.groupby("epoch", sort=False)["sum"]
    others = (of_epoch.transform("sum") - sums["sum"]) / (of_epoch.transform("size") - 1).clip(lower=1)
    N = rows.groupby(["epoch", "modality"], sort=False).size().to_numpy()
    return pd.DataFrame(
        {"epoch": sums["epoch"], "modality": sums["modality"], "ratio": sums["sum"] / others, "share": sums["sum"] / N}
    )
