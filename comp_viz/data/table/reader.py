"""Opens our own tables memory-mapped: what is known of the utterances is read, a conversation when it is asked for."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from comp_viz.data.conversation import Bools, Conversation, Floats, Task
from comp_viz.data.dataset import DataSet, Lazy, Utterances
from comp_viz.data.table.arrow_file import ArrowFile, explain_damage
from comp_viz.data.table.format import CHANGED, TableMetadata, read_metadata, stored_widths, table_schema
from comp_viz.data.table.mapped_file import MappedFile
from comp_viz.data.table.rows import feature_views, gather_utterances
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened


def open_table(path: str | Path) -> DataSet:
    """Open one of our Arrow files without reading features. Raises `CompVizError` when it is damaged or was changed."""
    about, task, conversations = map_table(Path(path))
    sources = about.sources_of(conversations.utterances.modalities)
    names = about.names_for(conversations[0].widths)
    return DataSet(about.name, task, conversations, sources, about.licence, about.digest, about.findings(), names)


def is_table(path: Path) -> bool:
    """Whether an Arrow file says that it is one of ours. Raises `CompVizError` when it is no Arrow file."""
    file = ArrowFile.open(path)
    with explain_damage(path):
        return read_metadata(path.name, file.schema.metadata) is not None


def map_table(path: Path) -> tuple[TableMetadata, Task, "TableConversations"]:
    """What one of our files says, its task, and its conversations, which are read as they are asked for."""
    file = ArrowFile.open(path)
    with explain_damage(path):
        metadata = read_metadata(path.name, file.schema.metadata)
        if metadata is None:
            raise CompVizError(f"{path.name} was not written by ComP Viz: its schema has no metadata 'comp_viz'.")
        about, task = metadata
        check_schema(path.name, file.schema, bool(task.classes))
        if file.claims()[1]:
            raise CompVizError(f"{path.name}: its contents are compressed, so they cannot be mapped. {CHANGED}")
        batches = [batch for batch in file.batches() if len(batch)]
        for batch in batches:
            batch.validate(full=True)
        conversations = TableConversations(path.name, batches, task, file.mapped)
    file.mapped.look([file.mapped.buffer.size])
    return about, task, conversations


def check_schema(file: str, schema: pa.Schema, classes: bool) -> None:
    """Make sure that the columns are those we write."""
    widths, half = stored_widths(schema)
    if len(widths) < 2 or not schema.equals(table_schema(widths, classes, half)):
        names = ", ".join(f"{column.name} ({column.type})" for column in schema)
        raise CompVizError(f"{file}: its columns are not those of a table of ours: {shortened(names, 500)}. {CHANGED}")


class TableConversations(Lazy):
    """The conversations of record batches of our schema, none of them cut by the end of a batch."""

    def __init__(
        self, file: str, batches: Sequence[pa.RecordBatch], task: Task, mapped: MappedFile | None = None
    ) -> None:
        """Gather what is known of the utterances. Raises `CompVizError` when rows are not as we write them."""
        if not batches:
            raise CompVizError(f"{file} has no rows.")
        self.file, self.batches, self.mapped = file, batches, mapped
        self.views = [feature_views(batch) for batch in batches]
        self.begins = np.cumsum([0, *map(len, batches)])  # number of each batch's first utterance
        self.known = gather_utterances(file, batches, task)

    @property
    def utterances(self) -> Utterances:
        """What is known without reading features."""
        return self.known

    def one(self, row: int) -> Conversation:
        """Conversation number `row`. Raises `CompVizError` when features that should be there are not."""
        features = self.features(row)
        for utterance, modality, reason in self.faults(row, features):
            raise CompVizError(
                f"{self.file}: conversation {shortened(self.known.ids[row], 80)!r}, utterance {utterance}, {modality}: {reason}. "
                f"The file is damaged; comp-viz data check {self.file} lists everything that is wrong."
            )
        known, part, rows = self.known, *self.place(row)
        utterances = slice(*known.starts[row : row + 2])
        words, context = (tuple(self.batches[part].column(name)[rows].to_pylist()) for name in ("text", "context"))
        self.look(sum(map(len, column)) for column in (words, context))
        return Conversation(
            id=known.ids[row],
            features=features,
            observed=known.observed[utterances],
            labels=known.labels[utterances],
            words=words,
            context=context,
            speakers=tuple(known.speakers[utterances].tolist()),
            durations=known.durations[utterances],
            split=known.splits[row],
        )

    def look(self, sizes: Iterable[int]) -> None:
        """Bytes read from places in the file, where there is one."""
        if self.mapped:
            self.mapped.look(sizes)

    def place(self, row: int) -> tuple[int, slice]:
        """The batch of a conversation, and its rows there."""
        first, last = self.known.starts[row : row + 2]
        part = int(np.searchsorted(self.begins, first, side="right")) - 1
        return part, slice(int(first - self.begins[part]), int(last - self.begins[part]))

    def features(self, row: int) -> dict[str, Floats]:
        """Features of a conversation by modality as the file has them, `[S, D_u]`, with zeros where missing."""
        if self.mapped:
            self.mapped.check_unchanged()
        part, rows = self.place(row)
        observed = self.known.observed[slice(*self.known.starts[row : row + 2])]
        views = {name: view[rows] for name, view in self.views[part].items()}
        with np.errstate(invalid="ignore"):  # of NaN in a damaged file, which `faults` finds
            features = {name: view.astype(np.float32) for name, view in views.items()}
        self.look(view.nbytes for view in views.values())
        for u, x in enumerate(features.values()):
            x[~observed[:, u]] = 0
        return features

    def faults(self, row: int, features: dict[str, Floats]) -> Iterator[tuple[int, str, str]]:
        """What cannot be in the `features` of a conversation: utterance (from 1), modality and what is wrong."""
        observed = self.known.observed[slice(*self.known.starts[row : row + 2])]
        for u, (modality, x) in enumerate(features.items()):
            finite: Bools = np.asarray(np.isfinite(x).all(1))
            for s in np.flatnonzero(observed[:, u] & ~(finite & (x != 0).any(1))):
                reason = "features are all zero but not marked as missing" if finite[s] else "NaN or infinite features"
                yield int(s) + 1, modality, reason
