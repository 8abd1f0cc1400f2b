"""Tables of one row a frame, as OpenFace, openSMILE (CSV with semicolons, ARFF) and py-feat write them."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from comp_viz.data.conversation import Bools, Floats
from comp_viz.data.dataset import Doubles
from comp_viz.data.memory_budget import check_size
from comp_viz.data.tabular.delimited import Grammar
from comp_viz.data.tabular.dialect import read_dialect
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

FRAME_SUFFIXES = (".csv", ".tsv", ".arff")
ATTRIBUTE = re.compile(r"@attribute\s+(?:'([^']*)'|\"([^\"]*)\"|(\S+))\s+(\S.*)", re.IGNORECASE)
MOST_HEADER = 100_000  # lines before the first row of an ARFF
KEY_COLUMNS = ("name", "file", "filename", "input", "clip", "video")  # say what a row is about
TIME_COLUMNS = ("timestamp", "frametime", "time", "start")  # seconds, the first that is there
END_COLUMN = "end"
FRAME_COLUMN, SUCCESS_COLUMN = "frame", "success"
NO_FEATURES = (
    *KEY_COLUMNS, *TIME_COLUMNS, END_COLUMN, FRAME_COLUMN, SUCCESS_COLUMN, "frameindex", "frame_idx", "face_id", "confidence", "class",
    "approx_time", "identity", "facerectx", "facerecty", "facerectwidth", "facerectheight", "facescore", "faceid",
)  # fmt: skip


@dataclass(frozen=True)
class FrameTable:
    """`T` frames of a file."""

    names: tuple[str, ...]  # [D] of features
    values: Floats  # [T, D]
    times: Doubles | None  # [T] seconds, None where the table has no times
    keys: NDArray[np.object_] | None  # [T] what each row is about, without folder and ending

    def rows(self, keys: tuple[str, ...], start: float, end: float, whole: bool) -> Bools:
        """Which frames `[T]` are of an utterance: by the first of its keys that the table has, else by time.

        `whole` says that the file itself is the utterance's.
        """
        chosen = np.ones(len(self.values), bool)
        if self.keys is not None and len(set(self.keys.tolist())) > 1:
            key = next((key for key in keys if (self.keys == key).any()), None)
            if key is None:
                return np.zeros(len(self.values), bool)
            chosen = np.asarray(self.keys == key)
            whole = whole or key != keys[-1]
        if whole or self.times is None or np.isnan(start) or np.isnan(end):
            return chosen
        return chosen & (self.times >= start) & (self.times < end)


def read_frame_table(path: Path, rate: float | None = None) -> FrameTable:
    """Read a table of frames; `rate` is their number in a second, where the table numbers them only. Raises `CompVizError`."""
    check_size(path.name, path.stat().st_size)
    grammar = arff_grammar(path) if path.suffix.lower() == ".arff" else csv_grammar(path)
    plain = {name.strip().lower(): name for name in grammar.names}
    features = [name for name in grammar.names if name.strip().lower() not in NO_FEATURES]
    if not features:
        raise CompVizError(f"{path.name}: no columns of features, only {shortened(', '.join(grammar.names), 200)}.")
    values = pa.Table.from_batches(
        grammar.batches(dict.fromkeys(features, pa.float32())), schema_of(features, pa.float32())
    )
    matrix = np.stack([column.to_numpy() for column in values.columns], axis=1).astype(np.float32)
    others = [name for key, name in plain.items() if key in NO_FEATURES]
    texts = (
        pa.Table.from_batches(grammar.batches(dict.fromkeys(others, pa.string())), schema_of(others, pa.string()))
        if others
        else None
    )

    def column(key: str) -> NDArray[np.object_] | None:
        return texts[plain[key]].to_numpy() if texts and key in plain else None

    there = ~np.isnan(matrix).all(1)
    if (success := column(SUCCESS_COLUMN)) is not None:
        there &= pd.to_numeric(pd.Series(success), errors="coerce").fillna(0).to_numpy() > 0  # the face was lost
    keys = next((made for key in KEY_COLUMNS if (made := column(key)) is not None), None)
    times = frame_times(
        {key: made for key in (*TIME_COLUMNS, END_COLUMN, FRAME_COLUMN) if (made := column(key)) is not None}, rate
    )
    return FrameTable(
        tuple(name.strip() for name in features),
        matrix[there],
        None if times is None else times[there],
        None if keys is None else np.array([key_of(key) for key in keys[there]], dtype=object),
    )


def schema_of(names: list[str], kind: pa.DataType) -> pa.Schema:
    """Columns of one type."""
    return pa.schema([(name, kind) for name in names])


def key_of(text: str | None) -> str:
    """What a row is about: a name without quotes, folder and ending."""
    return PurePosixPath((text or "").strip("'\" ").replace("\\", "/")).stem


def frame_times(columns: dict[str, NDArray[np.object_]], rate: float | None) -> Doubles | None:
    """Seconds of each frame, its middle where it has an end; None where there are none."""
    key = next((key for key in TIME_COLUMNS if key in columns), None)
    if key is None:
        numbers = columns.get(FRAME_COLUMN)
        return None if numbers is None or rate is None else seconds_of(numbers) / rate
    times = seconds_of(columns[key])
    return (times + seconds_of(columns[END_COLUMN])) / 2 if key == "start" and END_COLUMN in columns else times


def seconds_of(texts: NDArray[np.object_]) -> Doubles:
    """Seconds from numbers, or from `0 days 00:00:01.5` as opensmile for Python writes; NaN where it is neither."""
    series = pd.Series(texts, dtype=object)
    numbers = pd.to_numeric(series, errors="coerce")
    if numbers.isna().all():
        numbers = pd.to_timedelta(series, errors="coerce").dt.total_seconds()
    seconds: Doubles = numbers.to_numpy(np.float64)
    return seconds


def csv_grammar(path: Path) -> Grammar:
    """How a CSV is to be read."""
    dialect = read_dialect(path)
    return Grammar(path, dialect.header, dialect.encoding, dialect.delimiter, dialect.decimal)


def arff_grammar(path: Path) -> Grammar:
    """How an ARFF is to be read: its attributes are the columns, its rows are as in CSV. Raises `CompVizError`."""
    names: list[str] = []
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in zip(range(1, MOST_HEADER), file, strict=False):
            if line.strip().lower().startswith("@data"):
                return Grammar(path, tuple(names), quote="'", skipped=number)
            if match := ATTRIBUTE.match(line.strip()):
                names.append(next(filter(None, match.groups()[:3]), f"attribute {number}"))
    raise CompVizError(f"{path.name}: no line @data, after which an ARFF has its rows. It may be cut short.")
