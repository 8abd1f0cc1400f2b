"""Features of a table that are in no column of lists: a column each, lists written as text, or a path to a file in each row."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comp_viz.data.published.features import read_vector
from comp_viz.data.table.format import FEATURE_PREFIX
from comp_viz.data.tabular.columns import Columns, is_text_type
from comp_viz.data.tabular.names import feature_modality
from comp_viz.data.tabular.numbered import in_sequence, numbered_columns
from comp_viz.data.tabular.schema import is_list, is_number
from comp_viz.errors import UNREADABLE, CompVizError
from comp_viz.wording import shortened

LISTS = pa.list_(pa.float32())
FILES_AT_ONCE = 512
NUMPY = ".npy"
WRITTEN_LIST = re.compile(r"\[[-+\d.,;eEnaNif\s]*\d[-+\d.,;eEnaNif\s]*\]")


class FeatureSource(ABC):
    """Where the features of a modality are in a table."""

    names: tuple[str, ...]  # the columns that they are in
    kind: pa.DataType = LISTS

    @abstractmethod
    def lists(self, batch: pa.RecordBatch, first: int) -> Iterator[pa.Array]:
        """Features of a batch whose first row is number `first` of the table, some rows at a time; null where there are none."""


@dataclass(frozen=True)
class ListColumn(FeatureSource):
    """A column of lists."""

    names: tuple[str, ...]
    kind: pa.DataType

    def lists(self, batch: pa.RecordBatch, first: int) -> Iterator[pa.Array]:
        """The lists as they are."""
        yield batch.column(0)


@dataclass(frozen=True)
class NumberedColumns(FeatureSource):
    """A column a feature."""

    names: tuple[str, ...]

    @property
    def kind(self) -> pa.DataType:
        """Lists of as many numbers as there are columns."""
        return pa.list_(pa.float32(), len(self.names))

    def lists(self, batch: pa.RecordBatch, first: int) -> Iterator[pa.Array]:
        """The columns beside each other; null where all of them are empty."""
        columns = [
            column.cast(pa.float32(), safe=False).fill_null(np.nan).to_numpy(zero_copy_only=False) for column in batch
        ]
        features = np.stack(columns, axis=1)
        empty = pa.array(np.isnan(features).all(1))
        yield pa.FixedSizeListArray.from_arrays(pa.array(features.ravel()), len(columns), mask=empty)


@dataclass(frozen=True)
class WrittenLists(FeatureSource):
    """Lists as text, as `[0.1, 0.2]` of pandas or `[0.1 0.2]` of NumPy."""

    file: str
    names: tuple[str, ...]

    def lists(self, batch: pa.RecordBatch, first: int) -> Iterator[pa.Array]:
        """The numbers between the brackets. Raises `CompVizError` for what is no number."""
        texts = pc.utf8_trim(batch.column(0).cast(pa.string()), "[]() \n\r\t")
        if cut := pc.index(pc.match_substring(texts, "..."), True).as_py() + 1:
            raise CompVizError(
                f"{self.file} row {first + cut}: NumPy left numbers of {shortened(self.names[0], 60)!r} out as '...' when it was written. "
                "They are lost; write .tolist() of each array, or a column a feature."
            )
        texts = pc.if_else(pc.equal(texts, ""), None, texts)
        parts = pc.split_pattern(pc.replace_substring_regex(texts, r"[,;\s]+", " "), " ")
        try:
            yield parts.cast(LISTS)
        except pa.ArrowInvalid as error:
            raise CompVizError(
                f"{self.file}: a list in {shortened(self.names[0], 60)!r} holds what is no number ({shortened(str(error), 120)})."
            ) from None


@dataclass(frozen=True)
class NumpyFiles(FeatureSource):
    """Paths to `.npy` files from the table's folder, and never out of it."""

    folder: Path
    names: tuple[str, ...]
    faults: dict[int, str] = field(default_factory=dict)  # row of the table -> why it has no features

    def lists(self, batch: pa.RecordBatch, first: int) -> Iterator[pa.Array]:
        """What the files hold, the mean over time where that is several rows."""
        paths = batch.column(0).to_pylist()
        for start in range(0, len(paths), FILES_AT_ONCE):
            part = paths[start : start + FILES_AT_ONCE]
            yield pa.array([self.vector(path, first + start + n) for n, path in enumerate(part)], LISTS)

    def vector(self, path: str | None, row: int) -> np.ndarray[tuple[int], np.dtype[np.float32]] | None:
        """Features of one row, None where there are none; why is kept unless the row names no file."""
        if not path or not path.strip():
            return None
        try:
            return read_vector(str(self.inside(path.strip())))
        except CompVizError as error:
            self.faults[row] = f"{shortened(path, 80)!r} {error}"
        except UNREADABLE:
            self.faults[row] = f"{shortened(path, 80)!r} cannot be read as an {NUMPY} file of numbers"
        return None

    def inside(self, path: str) -> Path:
        """The file in the table's folder. Raises `CompVizError` when it is elsewhere or not there."""
        place = (self.folder / path.replace("\\", "/")).resolve()
        if not place.is_relative_to(self.folder.resolve()):
            raise CompVizError("is outside the table's folder, which is not looked at")
        if place.suffix != NUMPY or not place.is_file():
            raise CompVizError(f"is no {NUMPY} file beside the table")
        return place


class GatheredColumns(Columns):
    """A table with its features gathered into a column of lists a modality."""

    def __init__(self, base: Columns, sources: Mapping[str, FeatureSource]) -> None:
        self.base = base
        self.sources = {FEATURE_PREFIX + modality: source for modality, source in sources.items()}
        gone = {name for source in sources.values() for name in source.names}
        own = [column for column in base.schema if column.name not in gone]
        lists = [pa.field(name, source.kind) for name, source in self.sources.items()]
        super().__init__(base.file, pa.schema([*own, *lists], base.schema.metadata), base.assumed)
        self.left_aside = base.left_aside

    def table(self, names: Sequence[str]) -> pa.Table:
        """Some of the columns that are no gathered features."""
        return self.base.table(names)

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Some of the columns, some rows at a time; of gathered features one modality at a time."""
        if not set(names) & self.sources.keys():
            yield from self.base.batches(names)
            return
        (name,) = names
        source, first = self.sources[name], 0
        for batch in self.base.batches(source.names):
            for lists in source.lists(batch.select(list(source.names)), first):
                yield pa.record_batch([lists], [name])
            first += len(batch)

    def faults(self) -> dict[tuple[str, int], str]:
        """Modality and row of the table -> why it has no features, of what was read so far."""
        return {
            (name.removeprefix(FEATURE_PREFIX), row): reason
            for name, source in self.sources.items()
            if isinstance(source, NumpyFiles)
            for row, reason in source.faults.items()
        }


def gather_features(columns: Columns, folder: Path, given: Mapping[str, str]) -> Columns:
    """The table with features in columns of lists, wherever they are in it; as it is when they are so already.

    `given` say which column has the features of a modality, or how the names of its columns begin; else names say it. Paths
    are looked up from `folder`. Raises `CompVizError` when a modality is in the table in two ways.
    """
    sources = {modality: given_source(columns, name, folder) for modality, name in given.items() if name}
    gone = {name for source in sources.values() for name in source.names}
    left = [column for column in columns.schema if column.name not in gone]
    numbers = [column.name for column in left if is_number(column.type)]
    for modality, names in numbered_columns(columns.file, numbers).items():
        if modality not in given:
            add_source(columns.file, sources, modality, NumberedColumns(names))
    for name in (column.name for column in left if is_text_type(column.type) and column.name != "text"):
        modality = feature_modality(name) or ""
        if modality and modality not in given and (source := text_source(columns, name, folder)):
            add_source(columns.file, sources, modality, source)
    there = {column.name.removeprefix(FEATURE_PREFIX) for column in left if column.name.startswith(FEATURE_PREFIX)}
    if twice := sorted(there & {u for u, source in sources.items() if FEATURE_PREFIX + u not in source.names}):
        raise CompVizError(
            f"{columns.file}: {twice[0]} features are there twice, in {FEATURE_PREFIX}{twice[0]} and elsewhere. Drop one."
        )
    return GatheredColumns(columns, sources) if sources else columns


def given_source(columns: Columns, name: str, folder: Path) -> FeatureSource:
    """The features in a column of this name, or in those whose names are this and a number. Raises `CompVizError`."""
    if name in columns.schema.names:
        kind = columns.schema.field(name).type
        source = ListColumn((name,), kind) if is_list(kind) else text_source(columns, name, folder)
        if source is None:
            raise CompVizError(
                f"{columns.file}: the column {shortened(name, 60)!r} holds neither lists of numbers nor paths to {NUMPY} files."
            )
        return source
    numbers = {
        int(rest): column
        for column in columns.schema.names
        if (rest := column.removeprefix(name).strip("[]")).isdigit() and column.startswith(name)
    }
    if not numbers:
        raise CompVizError(
            f"{columns.file} has no column {shortened(name, 60)!r}, nor any whose names are that and a number."
        )
    return NumberedColumns(in_sequence(columns.file, name, numbers))


def add_source(file: str, sources: dict[str, FeatureSource], modality: str, source: FeatureSource) -> None:
    """Add where a modality is. Raises `CompVizError` when it is known from elsewhere."""
    if modality in sources:
        raise CompVizError(
            f"{file}: {modality} features are there twice, in {shortened(sources[modality].names[0], 60)!r} and {shortened(source.names[0], 60)!r}. Drop one."
        )
    sources[modality] = source


def text_source(columns: Columns, name: str, folder: Path) -> FeatureSource | None:
    """What a column of text is, by its first entry; None when it is neither lists nor paths."""
    for batch in columns.batches([name]):
        there = batch.column(0).cast(pa.string()).drop_null()
        if len(there):
            first = there[0].as_py().strip()
            if WRITTEN_LIST.fullmatch(first):
                return WrittenLists(columns.file, (name,))
            return NumpyFiles(folder, (name,)) if first.lower().endswith(NUMPY) else None
    return None
