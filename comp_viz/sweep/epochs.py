"""The second table of a sweep: how accurate every head was epoch by epoch, out of the telemetry of the same runs."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from comp_viz.data.atomic_write import atomic_write
from comp_viz.sweep.plan import Cell
from comp_viz.training.run import TELEMETRY
from comp_viz.training.telemetry import TABLES, WORD, read_telemetry

QUANTITIES = ("ACC", "coordinator")  # what is kept: a run's own telemetry has the rest
CELL = pa.schema(  # as in the table of results, to be joined with it
    {"data": WORD, "fold": pa.int32(), "method": WORD, "trained_under": WORD, "seed": pa.int64(), "run": WORD}
)
EPOCH_SCHEMA = pa.schema([*CELL, *TABLES["epochs"]])


def epochs_path(table: Path) -> Path:
    """Where the epochs of a sweep's table lie: `hazumi_epochs.parquet` beside `hazumi.parquet`."""
    return table.with_stem(f"{table.stem}_epochs")


def is_epochs(path: Path) -> bool:
    """Whether a file is named as the epochs of a sweep."""
    return path.stem.endswith("_epochs")


def write_epochs(path: Path, cells: Sequence[Cell], root: Path) -> None:
    """Write the epochs of all finished cells, in their order. Linear models have none.

    Raises `CompVizError` when a run's telemetry is damaged.
    """
    tables = [cell_epochs(cell, root) for cell in cells if (root / cell.run.folder / cell.run.result).is_file()]
    whole = pa.concat_tables([EPOCH_SCHEMA.empty_table(), *tables]).unify_dictionaries().combine_chunks()
    with atomic_write(path) as temporary:
        pq.write_table(whole, temporary, compression="zstd")


def cell_epochs(cell: Cell, root: Path) -> pa.Table:
    """What is kept of one cell's telemetry."""
    run = cell.run
    epochs = read_telemetry(root / run.folder / TELEMETRY, "epochs")
    epochs = epochs.filter(pc.is_in(epochs["quantity"], pa.array(QUANTITIES)))
    of_cell = {
        "data": run.data,
        "fold": run.fold,
        "method": cell.method,
        "trained_under": run.recipe.missing,
        "seed": run.recipe.seed,
        "run": run.folder,
    }
    columns = [pa.array([of_cell[field.name]] * len(epochs), field.type) for field in CELL]
    return pa.table([*columns, *epochs.columns], EPOCH_SCHEMA)
