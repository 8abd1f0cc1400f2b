"""From the table of a sweep to what a paper prints: means over training seeds with their 95 % intervals."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa

from comp_viz.analysis.stats.intervals import student_factor
from comp_viz.data.checked_columns import checked_columns, read_whole, refuse_empty_cells
from comp_viz.errors import UNREADABLE, CompVizError
from comp_viz.evaluation.metrics import METRICS
from comp_viz.resources import find
from comp_viz.sweep.table import RESULT_SCHEMA

# Rows that agree in these are of one table; `select` says which split chose the epoch.
TABLE_COLUMNS = ["data", "split", "select", "trained_under"]
ROW_COLUMNS = [*TABLE_COLUMNS, "method", "predictor", "pattern"]
NEEDED_COLUMNS = {*ROW_COLUMNS, *METRICS, "data_digest", "missing_rate", "seed", "fold", "failure", "run"}
# Columns of the published figures that say which parts of ComP were kept, in the order of `Flags`.
FLAG_COLUMNS = ["knowledge_propagation", "prompt_generation", "coordinator", "gradient_modulation"]
# Data sets of the published figures -> what they are called on screen.
DATASET_NAMES = {
    "CMUMOSI": "CMU-MOSI",
    "CMUMOSEI": "CMU-MOSEI",
    "IEMOCAPFour": "IEMOCAP, 4 classes",
    "IEMOCAPSix": "IEMOCAP, 6 classes",
}


def read_results(path: str | Path) -> pd.DataFrame:
    """The rows of a sweep's table; `"results/hazumi.parquet"` and its like ship. Raises `CompVizError` when the file is none."""
    path = find(path)
    where = f"{path} is no table of a sweep"
    table = checked_columns(read_parquet(path), RESULT_SCHEMA, NEEDED_COLUMNS, where)
    refuse_empty_cells(table.filter(table["failure"].is_null()), [*ROW_COLUMNS, "seed"], where)
    rows: pd.DataFrame = table.to_pandas()
    return rows


MOST_RESULTS = 200_000  # rows


def read_parquet(path: Path) -> pa.Table:
    """A Parquet file. Raises `CompVizError` when it is damaged, something else, or has more rows than results have."""
    try:
        return read_whole(path, MOST_RESULTS)
    except (*UNREADABLE, pa.ArrowException) as error:
        raise CompVizError(
            f"{path} cannot be read as a table of results ({' '.join(str(error).split())[:200]})."
        ) from None


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """One line for every method, predictor, pattern and metric: mean over training seeds, half width of its interval, seeds.

    Folds count as parts of one whole: they are averaged for each seed first. Failed runs and metrics that are not
    defined are left out; the order is that of the table.
    """
    values = rows[rows["failure"].isna()].melt(
        id_vars=[*ROW_COLUMNS, "seed", "fold"], value_vars=list(METRICS), var_name="metric", value_name="value"
    )
    by_seed = values.dropna(subset=["value"]).groupby([*ROW_COLUMNS, "metric", "seed"], sort=False)["value"].mean()
    groups = by_seed.groupby([*ROW_COLUMNS, "metric"], sort=False)
    summary = groups.agg(mean="mean", half="sem", seeds="count").reset_index()
    return summary.assign(half=summary["half"] * summary["seeds"].map(student_factor))


def matched(summary: pd.DataFrame) -> pd.DataFrame:
    """Of methods trained under several patterns, what each reaches under the very pattern it was trained under."""
    same = summary[summary["pattern"] == summary["trained_under"]]
    return same.assign(trained_under="the pattern it is evaluated under") if same["pattern"].nunique() > 1 else same[:0]


def read_published_results(path: Path, classes: bool) -> pd.DataFrame:
    """The figures the paper prints for tasks of this kind: table, dataset, method, flags, metric, `mean`.

    `mean` is a share, with `pattern` and `predictor` as in our own tables. Tables 1 (classes) and 2 (scores) compare methods;
    Table 3 is the ablation, on one data set of each kind.
    """
    rows = pd.read_csv(path)
    patterns = [f"uniform({rate:g})" for rate in rows["missing_rate"]]
    rows = rows.assign(pattern=patterns, predictor="fused", mean=rows["value_percent"] / 100)
    return rows[rows["dataset"].str.startswith("IEMOCAP") == classes]


def named_by_flags(published: pd.DataFrame, flags: Mapping[str, tuple[bool, ...]]) -> pd.DataFrame:
    """The rows of the paper's Table 3, under our names for what each kept."""
    rows = published[published["table"] == 3]
    names = {kept: name for name, kept in flags.items()}
    return rows.assign(method=[names[tuple(row)] for row in rows[FLAG_COLUMNS].astype(bool).to_numpy().tolist()])
