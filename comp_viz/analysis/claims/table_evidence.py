"""Evidence for the claims on accuracy from shipped tables of results: intervals over training seeds, or over cuts of the data."""

from pathlib import Path

import numpy as np
import pandas as pd

from comp_viz.analysis.claims.accuracies import ACCURACY_CLAIMS, Accuracies, methods_of_claim
from comp_viz.analysis.claims.effect import effect_of_mean
from comp_viz.analysis.claims.measured_on import MeasuredOn
from comp_viz.analysis.claims.verdict import Evidence
from comp_viz.analysis.prediction import FUSED
from comp_viz.analysis.results import read_results
from comp_viz.data.patterns.entries import Uniform
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError

# Claim -> its table, and the column whose values are the units of its intervals.
CLAIM_TABLES = {
    "gap": ("hazumi.parquet", "seed"),
    "prompting": ("folds.parquet", "fold"),
    "components": ("ablation.parquet", "seed"),
    "modulator": ("ablation.parquet", "seed"),
}
UNIT_NAMES = {"seed": "training seed", "fold": "cut of the data by speaker"}


def claim_rows(folder: Path, key: str) -> pd.DataFrame:
    """The rows of a claim's table that its methods have. Raises `CompVizError` when the file is none."""
    name, unit = CLAIM_TABLES[key]
    rows = read_results(folder / name)
    rows = rows[rows["failure"].isna() & rows["method"].isin(methods_of_claim(key)) & rows["ACC"].notna()]
    if rows.empty or rows[unit].isna().any():
        raise CompVizError(
            f"{name} has no row of {', '.join(methods_of_claim(key))} with a {unit}, which this claim needs."
        )
    return rows


def table_accuracies(rows: pd.DataFrame, unit: str) -> Accuracies:
    """ACC `[X, R]` of every method and predictor, `X` seeds or folds that all have, the other one averaged."""
    wide = rows.pivot_table(index=unit, columns=["method", "predictor", "pattern"], values="ACC", sort=False).dropna()
    by_rate = rows.groupby("pattern", sort=False)["missing_rate"].mean().sort_values(kind="stable")
    patterns = [str(name) for name in by_rate.index]
    values = {}
    for method, predictor in rows[["method", "predictor"]].drop_duplicates().to_numpy().tolist():
        own = wide[method][predictor]
        if set(patterns) <= set(own.columns):
            values[(str(method), str(predictor))] = own[patterns].to_numpy(np.float64)
    modalities = tuple(dict.fromkeys(name for _, name in values if name != FUSED))
    return Accuracies(values, tuple(map(requested_rate, patterns)), modalities, (len(wide), len(patterns)))


def requested_rate(pattern: str) -> float:
    """The missing rate that a pattern of the uniform protocol asks for; NaN of another pattern."""
    parts = Pattern.parse(pattern).parts
    return next((one.rate for one in parts if isinstance(one, Uniform)), float("nan"))


def table_evidence(folder: Path, key: str) -> tuple[Evidence, MeasuredOn]:
    """The effects of a claim on accuracy from its shipped table. Raises `CompVizError` when the table is none of it."""
    rows = claim_rows(folder, key)
    name, unit = CLAIM_TABLES[key]
    acc = table_accuracies(rows, unit)
    primary, *parts = (effect_of_mean(of, values) for of, values in ACCURACY_CLAIMS[key](acc).items())
    lacking = sorted(set(methods_of_claim(key)) - set(rows["method"]))
    words = f"The table has no rows of {', '.join(lacking)}." if lacking else ""
    return Evidence(primary, tuple(parts), acc.shape[0], UNIT_NAMES[unit], words), table_source(name, rows)


def table_source(name: str, rows: pd.DataFrame) -> MeasuredOn:
    """What the rows of a table were measured on."""

    def every(column: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(str, rows[column])))

    return MeasuredOn(
        f"results/{name}", ", ".join(every("data")), every("data_digest"), ", ".join(every("split")), every("pattern"),
        int(rows["mask_seeds"].max()), tuple(sorted({int(seed) for seed in rows["seed"]})), ", ".join(every("trained_under")),
        every("selection"), bool((rows["select"] == "test").any()),
    )  # fmt: skip
