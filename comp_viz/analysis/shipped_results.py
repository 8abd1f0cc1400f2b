"""The shipped tables of sweeps: finding the one that compares given methods on given data, and comparing seed by seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from comp_viz.analysis.results import TABLE_COLUMNS, read_parquet, read_results
from comp_viz.analysis.stats.intervals import half_width_of_mean
from comp_viz.data.checked_columns import checked_columns
from comp_viz.sweep.epochs import EPOCH_SCHEMA, epochs_path, is_epochs


@dataclass(frozen=True)
class ResultsTable:
    """Rows of one sweep that agree in data, split, selection and training pattern."""

    name: str  # of the file
    rows: pd.DataFrame  # as `results.read_results` gives them, without failed runs
    epochs: pd.DataFrame  # ACC by epoch of the same runs: method, seed, epoch, stage, split, of, value; may be empty

    @property
    def digest(self) -> str:
        """Of the data."""
        return str(self.rows["data_digest"].iloc[0])

    @property
    def patterns(self) -> list[str]:
        """Missing patterns they were evaluated under, by missing rate."""
        rates = self.rows.groupby("pattern")["missing_rate"].mean().sort_values(kind="stable")
        return [str(pattern) for pattern in rates.index]

    @property
    def on_test(self) -> bool:
        """Whether epochs were chosen on the test split, the paper's protocol: every number is then optimistic."""
        return bool((self.rows["select"] == "test").any())

    @property
    def seeds(self) -> int:
        """Training seeds of the method that has most."""
        return int(self.rows.groupby("method")["seed"].nunique().max())

    @property
    def by_cut(self) -> bool:
        """Whether every run was tested on a cut of the data, another part of the speakers each time."""
        return bool(self.rows["fold"].notna().all())

    @property
    def protocol(self) -> str:
        """Data, split, training pattern and selection, as text."""
        one = self.rows.iloc[0]
        return f"{self.data}, {one['split']} split, trained under {self.trained_under}, epoch chosen on the {one['select']} split"

    @property
    def data(self) -> str:
        """Name of the data."""
        return str(self.rows["data"].iloc[0])

    @property
    def trained_under(self) -> str:
        """Missing pattern in training."""
        return str(self.rows["trained_under"].iloc[0])

    def accuracy(self, method: str, pattern: str) -> pd.DataFrame:
        """ACC `[seed x predictor]` of a method under a pattern, folds averaged; empty where there is none."""
        rows = self.rows[(self.rows["method"] == method) & (self.rows["pattern"] == pattern)].dropna(subset=["ACC"])
        return rows.pivot_table(index="seed", columns="predictor", values="ACC", sort=False)


def find_table(
    folder: Path, methods: Sequence[str], digest: str | None = None, cuts_of: str | None = None
) -> ResultsTable | None:
    """Of the tables in `folder` the rows that compare all of `methods`: those with most seeds, of these with most patterns.

    None where there are none. With `digest` only rows on those data, with `cuts_of` only tables by cut of the data of this
    name: every cut has a digest of its own. Raises `CompVizError` when a file is no table of results.
    """
    tables = [
        ResultsTable(path.name, rows, accuracy_by_epoch_of(path, rows))
        for path in sorted(folder.glob("*.parquet"))
        if not is_epochs(path)
        for rows in tables_in(read_results(path), digest)
        if set(methods) <= set(rows["method"])
    ]
    if cuts_of is not None:
        tables = [table for table in tables if table.by_cut and table.data == cuts_of]
    return max(tables, key=lambda table: (table.seeds, len(table.patterns)), default=None)


def tables_in(rows: pd.DataFrame, digest: str | None) -> list[pd.DataFrame]:
    """Rows of a file that are of one table, without failed runs."""
    rows = rows[rows["failure"].isna()]
    if digest is not None:
        rows = rows[rows["data_digest"] == digest]
    return [part for _, part in rows.groupby(TABLE_COLUMNS, sort=False)]


def accuracy_by_epoch_of(path: Path, rows: pd.DataFrame) -> pd.DataFrame:
    """Accuracy by epoch of the runs in `rows`, from the table beside theirs."""
    columns = ["method", "seed", "epoch", "stage", "split", "of", "value"]
    beside = epochs_path(path)
    if not beside.is_file():
        return pd.DataFrame(columns=columns)
    table = checked_columns(
        read_parquet(beside), EPOCH_SCHEMA, {*columns, "run", "quantity"}, f"{beside} holds no epochs of a sweep"
    )
    epochs = table.to_pandas()
    epochs = epochs[(epochs["quantity"] == "ACC") & epochs["run"].isin(rows["run"])]
    chosen: pd.DataFrame = epochs[columns].astype({"method": str, "split": str, "of": str}).reset_index(drop=True)
    return chosen


def paired_difference(first: pd.Series, second: pd.Series) -> tuple[float, float, int]:
    """First minus second, seed by seed: mean, half its 95 % interval (NaN from one seed), and how many seeds both have."""
    difference = (first - second).dropna()
    return float(difference.mean()), half_width_of_mean(difference), len(difference)
