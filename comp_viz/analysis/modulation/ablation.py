"""The effect of the gradient modulator on finished models: our ablation with and without it, and the paper's."""

from pathlib import Path

import pandas as pd

from comp_viz.analysis.results import named_by_flags, read_published_results
from comp_viz.analysis.shipped_results import ResultsTable, paired_difference
from comp_viz.analysis.stats.intervals import half_width_of_mean
from comp_viz.training.contenders import ABLATION

WITH_MODULATOR, WITHOUT_MODULATOR = (
    "comp",
    "KP+PG+Cr",
)  # the rows of the paper's Table 3 that differ in the modulator alone


def modulator_effect(table: ResultsTable) -> pd.DataFrame:
    """Fused ACC with the modulator minus without it, seed by seed, under every pattern.

    Columns: pattern, rate, mean, half (NaN from one seed), seeds, and of both rows their mean and half interval.
    """
    rows = []
    for pattern in table.patterns:
        on, off = (table.accuracy(method, pattern).get("fused") for method in (WITH_MODULATOR, WITHOUT_MODULATOR))
        if on is None or off is None:
            continue
        rate = table.rows.loc[table.rows["pattern"] == pattern, "missing_rate"].mean()
        rows.append(
            (
                pattern,
                rate,
                *paired_difference(on, off),
                on.mean(),
                half_width_of_mean(on),
                off.mean(),
                half_width_of_mean(off),
            )
        )
    columns = ["pattern", "rate", "mean", "half", "seeds", "with", "with_half", "without", "without_half"]
    return pd.DataFrame(rows, columns=columns)


def published_modulator_effect(path: Path, classes: bool) -> pd.DataFrame:
    """The same out of the paper's Table 3, single numbers on other data: dataset, rate, mean, with, without."""
    rows = named_by_flags(read_published_results(path, classes), ABLATION)
    rows = rows[(rows["metric"] == "ACC") & rows["method"].isin([WITH_MODULATOR, WITHOUT_MODULATOR])]
    wide = rows.pivot_table(index=["dataset", "missing_rate"], columns="method", values="mean").dropna().reset_index()
    table = pd.DataFrame({"dataset": wide["dataset"], "rate": wide["missing_rate"]})
    return table.assign(
        mean=wide[WITH_MODULATOR] - wide[WITHOUT_MODULATOR],
        **{"with": wide[WITH_MODULATOR], "without": wide[WITHOUT_MODULATOR]},
    )
