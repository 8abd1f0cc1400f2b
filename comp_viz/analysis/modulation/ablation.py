"""What the gradient modulator is worth in finished models: our ablation with and without it, and the paper's."""

from pathlib import Path

import pandas as pd

from comp_viz.analysis.results import named_by_flags, read_published
from comp_viz.analysis.shipped_results import Compared, paired
from comp_viz.analysis.stats.intervals import half_width_of_mean
from comp_viz.training.methods import ABLATION

WITH, WITHOUT = "comp", "KP+PG+Cr"  # the rows of the paper's Table 3 that differ in the modulator alone


def effect(table: Compared) -> pd.DataFrame:
    """Fused ACC with the modulator less without it, seed by seed, under every pattern.

    Columns: pattern, rate, mean, half (NaN from one seed), seeds, and of both rows their mean and half interval.
    """
    found = []
    for pattern in table.patterns:
        on, off = (table.accuracy(method, pattern).get("fused") for method in (WITH, WITHOUT))
        if on is None or off is None:
            continue
        rate = table.rows.loc[table.rows["pattern"] == pattern, "missing_rate"].mean()
        found.append(
            (pattern, rate, *paired(on, off), on.mean(), half_width_of_mean(on), off.mean(), half_width_of_mean(off))
        )
    columns = ["pattern", "rate", "mean", "half", "seeds", "with", "with_half", "without", "without_half"]
    return pd.DataFrame(found, columns=columns)


def published_effect(path: Path, classes: bool) -> pd.DataFrame:
    """The same out of the paper's Table 3, single numbers on other data: dataset, rate, mean, with, without."""
    rows = named_by_flags(read_published(path, classes), ABLATION)
    rows = rows[(rows["metric"] == "ACC") & rows["method"].isin([WITH, WITHOUT])]
    wide = rows.pivot_table(index=["dataset", "missing_rate"], columns="method", values="mean").dropna().reset_index()
    found = pd.DataFrame({"dataset": wide["dataset"], "rate": wide["missing_rate"]})
    return found.assign(mean=wide[WITH] - wide[WITHOUT], **{"with": wide[WITH], "without": wide[WITHOUT]})
