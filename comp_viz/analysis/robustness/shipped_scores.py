"""Scores of shipped checkpoints under every drawing of the Robustness page, measured once and kept as a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from comp_viz.analysis.results import read_parquet
from comp_viz.analysis.robustness.drawings import Drawing, Scores
from comp_viz.data.atomic_write import atomic_write
from comp_viz.data.checked_columns import checked_columns, refuse_empty_cells
from comp_viz.errors import UNREADABLE, CompVizError

SCORE_SCHEMA = pa.schema(
    {
        "pattern": pa.string(),
        "seed": pa.int32(),
        "missing_rate": pa.float64(),
        "modality": pa.list_(pa.string()),
        "missing": pa.list_(pa.float64()),  # missing rate of each modality
        "predictor": pa.string(),
        "metric": pa.string(),
        "values": pa.list_(pa.float32()),  # of all, and with each group of conversations left out
    }
)


@dataclass(frozen=True)
class MeasuredWith:
    """What a table was measured with, kept in its metadata: another checkpoint or other data have no part in it."""

    checkpoint_digest: str
    data_digest: str
    split: str

    @property
    def metadata(self) -> dict[bytes, bytes]:
        """The same as Parquet keeps it."""
        return {f"comp-viz {name}".encode(): value.encode() for name, value in vars(self).items()}


def write_scores(path: Path, measured: Mapping[Drawing, Scores], of: MeasuredWith) -> None:
    """Write the scores of a checkpoint on a split."""
    rows = [
        {
            "pattern": drawing.pattern, "seed": drawing.seed, "missing_rate": scores.missing_rate,
            "modality": list(scores.missing_by_modality), "missing": list(scores.missing_by_modality.values()),
            "predictor": predictor, "metric": metric, "values": values.tolist(),
        }
        for drawing, scores in measured.items()
        for predictor, by_metric in scores.values.items()
        for metric, values in by_metric.items()
    ]  # fmt: skip
    with atomic_write(path) as temporary:
        table = pa.Table.from_pylist(rows, SCORE_SCHEMA.with_metadata(of.metadata))
        pq.write_table(table, temporary, compression="zstd")


def find_scores(folder: Path, of: MeasuredWith) -> dict[Drawing, Scores]:
    """The scores in `folder` that were measured with exactly this; empty where there are none.

    Raises `CompVizError` when a file of that name is no such table.
    """
    for path in sorted(folder.glob("*.parquet")):
        try:
            metadata = pq.read_schema(path).metadata or {}
        except (*UNREADABLE, pa.ArrowException) as error:
            raise CompVizError(f"{path} cannot be read as a table of scores ({str(error)[:200]}).") from None
        if of.metadata.items() <= metadata.items():
            return read_scores(path)
    return {}


def read_scores(path: Path) -> dict[Drawing, Scores]:
    """The scores of such a table by drawing. Raises `CompVizError` when the file is none."""
    where = f"{path} is no table of scores"
    table = checked_columns(read_parquet(path), SCORE_SCHEMA, SCORE_SCHEMA.names, where)
    refuse_empty_cells(table, SCORE_SCHEMA.names, where)
    measured: dict[Drawing, Scores] = {}
    for row in table.to_pylist():
        drawing = Drawing(row["pattern"], row["seed"])
        missing = dict(zip(row["modality"], row["missing"], strict=True))
        scores = measured.get(drawing, Scores(row["missing_rate"], missing, {}))
        by_metric = dict(scores.values.get(row["predictor"], {})) | {row["metric"]: np.array(row["values"], np.float64)}
        measured[drawing] = Scores(row["missing_rate"], missing, {**scores.values, row["predictor"]: by_metric})
    return measured
