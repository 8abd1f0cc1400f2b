"""The table of a sweep: one row for every predictor of every cell under every pattern, with all it takes to repeat it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from comp_viz.data.atomic_write import atomic_write
from comp_viz.evaluation.metrics import METRICS
from comp_viz.sweep.plan import Cell

RESULT_SCHEMA = pa.schema(
    {
        "data": pa.string(),
        "data_digest": pa.string(),
        "fold": pa.int32(),
        "method": pa.string(),
        "trained_under": pa.string(),  # missing pattern in training
        "seed": pa.int64(),
        "select": pa.string(),  # "validation", or "test": the paper's protocol, and optimistic
        "selection": pa.string(),  # the same in words
        "split": pa.string(),  # evaluated on
        "pattern": pa.string(),  # evaluated under
        "missing_rate": pa.float64(),  # realised
        "missing_by_modality": pa.string(),  # JSON
        "mask_seeds": pa.int32(),  # samples of the pattern, seeds 0, 1, …
        "predictor": pa.string(),  # "fused" or a modality
        **{metric: pa.float64() for metric in METRICS},  # mean over mask seeds; null where not defined
        **{f"{metric}_std": pa.float64() for metric in METRICS},
        "epoch": pa.int32(),  # the chosen one, from 0; null for linear models and modalities alone
        "seconds": pa.float64(),  # of training, in the process that finished it
        "linear": pa.bool_(),
        "config": pa.string(),  # JSON
        "recipe": pa.string(),  # JSON
        "versions": pa.string(),  # JSON
        "run": pa.string(),  # the run's folder
        "failure": pa.string(),  # why there are no numbers; null where there are
    }
)


def write_results(path: Path, cells: Sequence[Cell], failures: Mapping[str, str], root: Path) -> int:
    """Write the rows of all cells that are finished or failed, in place of an earlier table; returns how many cells are.

    Where there is none, as when a sweep could not begin, the earlier table is left alone.
    """
    rows, cells_there = [], 0
    for cell in cells:
        own_rows = list(cell_rows(cell, failures, root))
        rows += own_rows
        cells_there += bool(own_rows)
    if not rows:
        return 0
    with atomic_write(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, RESULT_SCHEMA), temporary, compression="zstd")
    return cells_there


def cell_rows(cell: Cell, failures: Mapping[str, str], root: Path) -> Iterator[dict[str, Any]]:
    """Rows of one cell; a single one with the reason when it failed, none when it was not reached."""
    run = cell.run
    head = {
        "data": run.data,
        "data_digest": run.digest,
        "fold": run.fold,
        "method": cell.method,
        "trained_under": run.recipe.missing,
        "seed": run.recipe.seed,
        "select": run.recipe.select,
        "linear": run.linear,
        "config": json.dumps(asdict(run.config)),
        "recipe": json.dumps(asdict(run.recipe)),
        "run": run.folder,
    }
    if run.folder in failures:
        yield head | {"failure": failures[run.folder]}
    elif (path := root / run.folder / run.result).is_file():
        result = json.loads(path.read_text(encoding="utf-8"))
        facts = {name: result[name] for name in ("selection", "epoch", "seconds")}
        for m in result["measurements"]:
            yield head | facts | measurement_columns(m) | {"versions": json.dumps(result["versions"])}


def measurement_columns(m: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of one measurement."""
    return {
        "split": m["split"],
        "pattern": m["pattern"],
        "missing_rate": m["missing_rate"],
        "missing_by_modality": json.dumps(m["realised"]),
        "mask_seeds": m["seeds"],
        "predictor": m["predictor"],
        **m["mean"],
        **{f"{metric}_std": value for metric, value in m["std"].items()},
    }
