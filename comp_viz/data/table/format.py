"""The format of our own tables: one row an utterance, the columns they have, and what the file says of itself.

Described for people in `docs/data.md`. `write_table` writes such a file, `open_table` opens it without reading it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter, ValidationError

from comp_viz.data.catalogue import UNKNOWN_SOURCE
from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.findings import Finding, Findings, Kind
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

METADATA_KEY = b"comp_viz"  # of our metadata in the schema
TABLE_FORMAT = "comp-viz table 1"
FEATURE_PREFIX = "features."  # what the names of feature columns begin with
STRINGS = ("split", "speaker", "text", "context")
MOST_PROBLEMS = 1000  # rows of problems kept in a file; the counts have all
FURTHEST_SCORE = 1e9  # a score, which is far more than any scale has
ALTERED = "its contents are not those that ComP Viz wrote into it"
CHANGED = (
    "The file was changed after ComP Viz wrote it. Make it again with comp-viz data import SOURCE OUT; "
    "a file saved without the metadata 'comp_viz' is read row by row."
)


@dataclass(frozen=True)
class StoredFindings(Findings):
    """Findings of which only some are listed row by row, and the others counted."""

    unlisted: Counter[tuple[Kind, str, str]] = field(default_factory=Counter)

    def counts(self) -> Counter[tuple[Kind, str, str]]:
        """How often each (kind, modality, reason) was noticed."""
        return super().counts() + self.unlisted


@dataclass(frozen=True)
class StoredTask:
    """A task as the file has it: whole numbers stay whole, as they count in the digest."""

    name: str
    classes: tuple[str, ...]
    low: int | float
    high: int | float
    neutral: int | float


@dataclass(frozen=True)
class TableMetadata:
    """What a file states of itself, beside its columns."""

    format: str
    name: str
    task: StoredTask
    sources: dict[str, str]  # modality -> how its features were made
    licence: str
    digest: str  # `content_digest` of what the file holds
    counts: list[tuple[Kind, str, str, int]]  # of all findings: kind, modality, reason, how often
    problems: list[Finding]  # the first of them, without what is merely missing
    feature_names: dict[str, tuple[str, ...]] = field(default_factory=dict)  # modality -> [D_u], where they are known

    @classmethod
    def of(cls, data: DataSet) -> "TableMetadata":
        """The metadata of a data set; the digest is filled in when the contents are known."""
        counts = [(*what, count) for what, count in data.findings.counts().items()]
        task = StoredTask(**asdict(data.task))
        problems = data.findings.noted[:MOST_PROBLEMS]
        names = dict(data.feature_names)
        return cls(TABLE_FORMAT, data.name, task, dict(data.sources), data.licence, "", counts, problems, names)

    def sources_of(self, modalities: Iterable[str]) -> dict[str, str]:
        """How the features of each modality were made."""
        return {name: self.sources.get(name, UNKNOWN_SOURCE) for name in modalities}

    def names_for(self, widths: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
        """What features are called, of the modalities that have a name for each."""
        return {u: self.feature_names[u] for u, D in widths.items() if len(self.feature_names.get(u, ())) == D}

    def findings(self) -> StoredFindings:
        """The findings; those that are not listed are counted."""
        counts = Counter({(kind, modality, reason): count for kind, modality, reason, count in self.counts})
        return StoredFindings(list(self.problems), counts - Findings(self.problems).counts())


METADATA_ADAPTER = TypeAdapter(TableMetadata)


def write_metadata(about: TableMetadata) -> bytes:
    """The value of our key in the schema metadata."""
    return json.dumps(asdict(about), ensure_ascii=False, allow_nan=False, default=float).encode()


def read_metadata(file: str, metadata: Mapping[bytes, bytes] | None) -> tuple[TableMetadata, Task] | None:
    """What the schema metadata of a file says and the task in it; None when it has none of ours.

    Raises `CompVizError` when it is of another format or not what we write.
    """
    return parse_metadata(file, metadata[METADATA_KEY]) if metadata and METADATA_KEY in metadata else None


def parse_metadata(file: str, text: bytes) -> tuple[TableMetadata, Task]:
    """Read what `write_about` wrote."""
    try:
        about = METADATA_ADAPTER.validate_json(text)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, problem["loc"])) or "all of it"
        raise CompVizError(
            f"{file}: its metadata 'comp_viz' is not ours: {shortened(where, 80)}: {problem['msg']}."
        ) from None
    if about.format != TABLE_FORMAT:
        raise CompVizError(
            f"{file}: its format is {shortened(about.format, 60)!r}, expected {TABLE_FORMAT!r}. Use a newer ComP Viz."
        )
    return about, stored_task(file, about.task)


def stored_task(file: str, stored: StoredTask) -> Task:
    """The task that a file names. Raises `CompVizError` when there can be no such task."""
    if not all(abs(number) <= FURTHEST_SCORE for number in (stored.low, stored.high, stored.neutral)):
        raise CompVizError(
            f"{file}: its metadata 'comp_viz' names a scale wider than {FURTHEST_SCORE:g}, {shortened(repr(stored), 200)}."
        )
    try:
        return Task(**vars(stored))
    except CompVizError as error:
        raise CompVizError(f"{file}: {error}") from None


def table_schema(widths: Mapping[str, int], classes: bool, half: bool) -> pa.Schema:
    """Columns of a file with these modalities, labels that are class numbers or scores, and full or half precision."""
    value = pa.float16() if half else pa.float32()
    return pa.schema(
        [
            pa.field("conversation", pa.string(), nullable=False),
            pa.field("position", pa.int32(), nullable=False),
            pa.field("label", pa.int32() if classes else pa.float32()),
            pa.field("duration", pa.float32()),
            *(pa.field(name, pa.string(), nullable=False) for name in STRINGS),
            *(pa.field(FEATURE_PREFIX + name, pa.list_(value, width)) for name, width in widths.items()),
        ]
    )


def stored_widths(schema: pa.Schema) -> tuple[dict[str, int], bool]:
    """D_u by modality in the order of the file, and whether precision is half; no widths when columns are others."""
    columns: list[Any] = [column for column in schema if column.name.startswith(FEATURE_PREFIX)]
    if not all(pa.types.is_fixed_size_list(column.type) for column in columns):
        return {}, False
    widths = {column.name.removeprefix(FEATURE_PREFIX): column.type.list_size for column in columns}
    return widths, all(pa.types.is_float16(column.type.value_type) for column in columns)
