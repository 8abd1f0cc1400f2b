"""The telemetry of a run: Parquet tables that grow while it trains, and can be read at any time.

A run under way keeps each table as part files, `telemetry/steps/000010.parquet` from epoch 10 on; a finished one has them
joined, `telemetry/steps.parquet`. docs/telemetry.md explains every column.
"""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from comp_viz.data.atomic_write import atomic_write
from comp_viz.data.checked_columns import read_whole, refuse_empty_cells
from comp_viz.errors import UNREADABLE, CompVizError
from comp_viz.wording import shortened

MOST_ROWS = {
    "epochs": 1_000_000,
    "steps": 500_000,
    "gradients": 2_000_000,
    "utterances": 20_000_000,
}  # of a run of weeks
WORD = pa.dictionary(pa.int32(), pa.string())
TABLES = {
    # One row for every number that sums up an epoch.
    "epochs": pa.schema(
        {"epoch": pa.int32(), "stage": pa.int8(), "split": WORD, "quantity": WORD, "of": WORD, "value": pa.float32()}
    ),
    # One row for every modality in every step of stage 2: coefficients by position, and the share that was clipped.
    "steps": pa.schema(
        {
            "epoch": pa.int32(), "step": pa.int32(), "modality": WORD,
            "coefficients": pa.list_(pa.float32()), "guarded": pa.float32(),
        }
    ),
    # One row for every module and modality in every step; modality "all" for weights that serve all of them.
    "gradients": pa.schema(
        {"epoch": pa.int32(), "step": pa.int32(), "module": WORD, "modality": WORD, "norm": pa.float32()}
    ),
    # One row for every modality of every training utterance in every epoch; no coefficient in stage 1.
    "utterances": pa.schema(
        {
            "epoch": pa.int32(), "conversation": WORD, "utterance": pa.int32(), "modality": WORD, "observed": pa.bool_(),
            "coefficient": pa.float16(), "error": pa.float16(), "correct": pa.bool_(),
        }
    ),
}  # fmt: skip
MAY_BE_EMPTY = {
    "value",
    "coefficient",
    "error",
    "correct",
}  # of what has no label, was not modulated, or is not defined


class Telemetry:
    """Gathers tables epoch by epoch and writes them as part files into `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.waiting: dict[str, list[pa.Table]] = {name: [] for name in TABLES}

    def add(self, tables: Mapping[str, pa.Table]) -> None:
        """Take the tables of one epoch, to be written with the next `flush`."""
        for name, table in tables.items():
            if len(table):
                self.waiting[name].append(table)

    def flush(self) -> None:
        """Write what waits as one part a table, named after its first epoch."""
        for name, tables in self.waiting.items():
            if tables:
                write_telemetry(
                    join_tables(tables), self.folder / name / f"{tables[0]['epoch'][0].as_py():06d}.parquet"
                )
                tables.clear()

    def cut(self, epoch: int) -> None:
        """Forget everything from `epoch` on, and what a killed run was about to write.

        Parts must not reach across `epoch`: flush whenever the run can be resumed.
        """
        for part in self.folder.glob("*/*.parquet"):
            if not part.stem.isdigit() or int(part.stem) >= epoch:
                part.unlink()

    def join(self, folder: Path) -> None:
        """Write every table whole into `folder`, in place of those of an earlier run."""
        self.flush()
        for left in folder.glob(".*.parquet"):  # by a run that was killed right here
            left.unlink()
        for name in TABLES:
            write_telemetry(
                join_tables([TABLES[name].empty_table(), *table_parts(self.folder, name)]), folder / f"{name}.parquet"
            )


def join_tables(tables: list[pa.Table]) -> pa.Table:
    """Tables one after the other, with one dictionary for all their words."""
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def write_telemetry(table: pa.Table, path: Path) -> None:
    """Write a Parquet file, whole or not at all."""
    with atomic_write(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def table_parts(folder: Path, name: str) -> list[pa.Table]:
    """The parts of a table, in order of their epochs."""
    return [read_telemetry_file(path, name) for path in sorted((folder / name).glob("[0-9]*.parquet"))]


def read_telemetry_file(path: Path, name: str) -> pa.Table:
    """One file of a table. Raises `CompVizError` when it is damaged or something else."""
    try:
        table = read_whole(path, MOST_ROWS[name]).cast(TABLES[name])
    except (*UNREADABLE, pa.ArrowException) as error:
        raise CompVizError(
            f"{path} is no telemetry that can be read ({shortened(' '.join(str(error).split()), 300)}). Copy it again, or repeat the run."
        ) from None
    refuse_empty_cells(table, set(table.column_names) - MAY_BE_EMPTY, f"{path} is no telemetry that can be read")
    return table


def read_telemetry(folder: Path, name: str) -> pa.Table:
    """The table `name` of a `telemetry` folder, joined or in parts; empty where there is none yet."""
    whole = folder / f"{name}.parquet"
    return (
        read_telemetry_file(whole, name)
        if whole.is_file()
        else join_tables([TABLES[name].empty_table(), *table_parts(folder, name)])
    )


def thinned(tables: Mapping[str, pa.Table], epochs: int) -> dict[str, pa.Table]:
    """All tables with at most `epochs` epochs, evenly spread, the first and the last among them; `epochs` itself stays whole."""
    last = pc.max(tables["epochs"]["epoch"]).as_py() or 0
    kept = pa.array(sorted({round(i * last / max(epochs - 1, 1)) for i in range(epochs)}), pa.int32())
    return {
        name: table if name == "epochs" else table.filter(pc.is_in(table["epoch"], kept))
        for name, table in tables.items()
    }
