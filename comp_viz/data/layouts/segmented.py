"""A folder with a table of segments, or files of an annotation tool, and beside it the frames of each modality."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from comp_viz.data.conversation import Floats
from comp_viz.data.dataset import Doubles
from comp_viz.data.findings import Findings
from comp_viz.data.layouts.choices import Choices
from comp_viz.data.layouts.frame import FeatureColumn, ReaderFrame
from comp_viz.data.layouts.frame_table import FRAME_SUFFIXES, FrameTable, read_frame_table
from comp_viz.data.layouts.given import Given
from comp_viz.data.layouts.layout import FileLayout
from comp_viz.data.layouts.pooling import Pooling, Repaired, pool_block
from comp_viz.data.layouts.segments import SEGMENT_READERS, read_annotations, segment_rows
from comp_viz.data.published.features import read_vector
from comp_viz.data.tabular.columns import Columns
from comp_viz.data.tabular.kinds import READERS, open_columns
from comp_viz.data.tabular.memory import MemoryColumns
from comp_viz.data.tabular.names import feature_modality
from comp_viz.data.tabular.roles import NamedColumns, Roles, find_roles
from comp_viz.data.tabular.schema import EXPECTED
from comp_viz.data.tabular.values import column_numbers, column_texts
from comp_viz.errors import UNREADABLE, CompVizError
from comp_viz.wording import shortened

# Modality -> how the names of its extractors begin.
SOURCES = {
    "audio": ("opensmile", "egemaps", "gemaps", "compare", "is09", "is10", "is13", "covarep", "librosa", "mfcc", "wav2vec", "hubert"),
    "text": ("bert", "roberta", "deberta", "glove", "sentence"),
    "video": ("openface", "py-feat", "pyfeat", "py_feat", "facet", "clip", "resnet"),
}  # fmt: skip
FRAME_RATES = ("30", "25", "24", "29.97", "50", "60")
ID_COLUMNS = ("utterance_id", "utt_id", "id", "clip", "clip_id", "file", "filename", "name", "segment", "segment_id")
NUMPY = ".npy"
ROWS_AT_ONCE = 256
ALL_TIERS = "all that belong to no other"


def source_modality(name: str) -> str | None:
    """The modality of a file or folder of frames, by its name."""
    plain = name.lower()
    return next((u for u, begins in SOURCES.items() if plain.startswith(begins)), None) or feature_modality(name)


@dataclass(frozen=True)
class Contents:
    """What is in such a folder."""

    segments: list[Path]  # one table, or files of an annotation tool
    sources: dict[str, Path]  # modality -> a folder with files of frames, or a file with those of all

    @classmethod
    def of(cls, folder: Path) -> "Contents | None":
        """By names alone; None when it is no such folder."""
        inside = [
            path for path in sorted(folder.iterdir()) if not path.name.startswith((".", "_")) and not path.is_symlink()
        ]
        sources: dict[str, Path] = {}
        for path in inside:
            if (path.is_dir() or path.suffix.lower() in FRAME_SUFFIXES) and (u := source_modality(path.stem)):
                sources.setdefault(u, path)
        left = [path for path in inside if path not in sources.values()]
        tables = [path for path in left if path.suffix.lower() in READERS and path.suffix.lower() != ".json"]
        marked = [path for place in (folder, *(p for p in left if p.is_dir())) for path in sorted(place.iterdir())]
        marked = [path for path in marked if path.suffix.lower() in SEGMENT_READERS]
        segments = marked or (tables if len(tables) == 1 else [])
        return cls(segments, sources) if segments and len(sources) > 1 else None


@dataclass
class FrameSource:
    """The frames of a modality: a folder with a file a conversation or an utterance, or one file of all."""

    place: Path
    rate: float | None
    held: tuple[Path, FrameTable] | None = None  # the table read last

    @cached_property
    def files(self) -> dict[str, Path]:
        """Files by name without ending."""
        if self.place.is_file():
            return {}
        endings = (*FRAME_SUFFIXES, NUMPY)
        return {p.stem: p for p in sorted(self.place.iterdir()) if p.suffix.lower() in endings and not p.is_symlink()}

    def frames(self, keys: tuple[str, ...], start: float, end: float) -> Floats | None:
        """Frames `[T, D]` of an utterance, None where there are none; the last of its keys is its conversation."""
        key = next((key for key in keys if key in self.files), None)
        path = self.place if self.place.is_file() else self.files[key] if key else None
        if path is None:
            return None
        if path.suffix.lower() == NUMPY:
            vector = read_vector(str(path))
            return None if vector is None else vector[None]
        if self.held is None or self.held[0] != path:
            self.held = path, read_frame_table(path, self.rate)
        table = self.held[1]
        rows = table.rows(keys, start, end, whole=key is not None and key != keys[-1])
        return table.values[rows] if rows.any() else None

    def needs_rate(self) -> bool:
        """Whether frames are numbered without times."""
        first = (
            self.place
            if self.place.is_file()
            else next((p for p in self.files.values() if p.suffix.lower() != NUMPY), None)
        )
        return (
            first is not None
            and read_frame_table(first).times is None
            and read_frame_table(first, 1.0).times is not None
        )


@dataclass
class FramePlaces:
    """Where the utterances `N` are."""

    keys: list[tuple[str, ...]]
    starts: Doubles
    ends: Doubles


class PooledFrames(FeatureColumn):
    """Features of a modality, pooled from the frames of each utterance."""

    def __init__(
        self, modality: str, source: FrameSource, places: FramePlaces, pooling: Pooling, file: str, findings: Findings
    ) -> None:
        self.modality, self.source, self.places, self.pooling = modality, source, places, pooling
        self.file, self.findings, self.kind = file, findings, pa.list_(pa.float32())

    def arrays(self) -> Iterator[pa.Array]:
        """All rows in order. What cannot be read is noted."""
        repaired, faults, rows = Repaired(), dict[str, int](), []
        for keys, start, end in zip(self.places.keys, self.places.starts, self.places.ends, strict=True):
            rows.append(self.vector(keys, start, end, repaired, faults))
            if len(rows) == ROWS_AT_ONCE:
                yield pa.array(rows, self.kind)
                rows = []
        yield pa.array(rows, self.kind)
        for reason in faults:
            self.findings.problem(self.file, f"{reason}, kept as missing", modality=self.modality)
        if repaired.utterances:
            reason = f"{repaired.values:,} values of {repaired.utterances:,} utterances infinite or NaN, {self.pooling.repair} (choice infinite)"
            self.findings.problem(self.file, reason, modality=self.modality)

    def vector(
        self, keys: tuple[str, ...], start: float, end: float, repaired: Repaired, faults: dict[str, int]
    ) -> NDArray[np.float32] | None:
        """The vector of one utterance, None where there is none."""
        try:
            frames = self.source.frames(keys, start, end)
        except CompVizError as error:
            faults[str(error)] = faults.get(str(error), 0) + 1
            return None
        except UNREADABLE as error:
            faults[f"{self.source.place.name}: {shortened(str(error), 100)}"] = 1
            return None
        if frames is None:
            return None
        pooled = pool_block(frames[None], np.ones((1, len(frames)), bool), self.pooling, repaired)
        vector: NDArray[np.float32] = pooled[0]
        return vector


class SegmentedFrames(FileLayout):
    """Segments and frames."""

    name = "segments beside frames"
    holds = (
        "a table of utterances (conversation, start, end, label), or files of ELAN, Praat or subtitles, and for two modalities a folder or "
        "a file of frames named for its extractor or modality, such as openface/ and opensmile.csv"
    )

    def by_name(self, given: Given) -> bool:
        """Folders with both."""
        try:
            return given.path.is_dir() and Contents.of(given.path) is not None
        except OSError:
            return False

    def recognise(self, given: Given) -> bool:
        """By what is in the folder."""
        return self.by_name(given)

    def read(self, given: Given, choices: Choices) -> ReaderFrame:
        """The segments, and the frames of each pooled."""
        contents, findings = Contents.of(given.path), Findings()
        if contents is None:
            raise CompVizError(f"{given.path} has no segments beside frames.")
        columns = read_segments(given.path.name, contents.segments, choices)
        named = name_segments(columns, choices, contents.segments[0].stem)
        rows = named.table([name for name in EXPECTED if name in named.schema.names])
        findings.assume(given.path.name, named.assumed)
        places = places_of(named, rows)
        pooling = Pooling.choose(choices)
        sources = {u: FrameSource(path, None) for u, path in contents.sources.items()}
        if any(source.needs_rate() for source in sources.values()):
            rate = float(choices.pick("frame rate", FRAME_RATES, "frames a second, of tables that number them only"))
            sources = {u: FrameSource(path, rate) for u, path in contents.sources.items()}
        features = {
            u: PooledFrames(u, source, places, pooling, given.path.name, findings) for u, source in sources.items()
        }
        return ReaderFrame(
            given.path.name, rows, features, findings=findings,
            sources={u: f"{path.name}, {pooling} of the utterance's frames" for u, path in contents.sources.items()},
            unused={name: "no column of ours" for name in named.schema.names if name not in EXPECTED},
        )  # fmt: skip


def read_segments(file: str, paths: Sequence[Path], choices: Choices) -> Columns:
    """The segments as a table."""
    if paths[0].suffix.lower() not in SEGMENT_READERS:
        return open_columns(paths[0])
    read = {path.stem: read_annotations(path) for path in paths}
    tiers = sorted({segment.tier for made in read.values() for segment in made.segments} - {""})
    tier = (
        choices.pick("utterances", (ALL_TIERS, *tiers), "which tier has the utterances")
        if len(tiers) > 1
        else ALL_TIERS
    )
    rows = [row for name, made in read.items() for row in segment_rows(name, made, "" if tier == ALL_TIERS else tier)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return MemoryColumns(file, pa.table({name: [row.get(name) for row in rows] for name in names}))


def name_segments(columns: Columns, choices: Choices, stem: str) -> Columns:
    """The table under our names. Where none is the label, it is asked for; a single conversation may be without a name."""
    names = columns.schema.names
    auto = find_roles(columns, {"label": ""})
    chosen = dict(auto.columns)
    free = [name for name in names if name not in chosen.values()]
    if "label" not in names:
        likely = sorted(free, key=lambda name: name.lower() not in ("emotion", "sentiment", "label", "labels"))
        if not likely:
            raise CompVizError(
                f"{columns.file}: no labels, only {shortened(', '.join(names), 200)}. Add a column 'label', or a tier with labels, empty where unknown."
            )
        chosen["label"] = choices.pick("label", likely, "which column has the labels")
    else:
        chosen["label"] = "label"
    if "conversation" not in chosen or "position" not in chosen:
        columns = completed(columns, chosen, stem)
        chosen |= {
            "conversation": chosen.get("conversation", "conversation"),
            "position": chosen.get("position", "position"),
        }
    return NamedColumns(columns, Roles(chosen))


def completed(columns: Columns, chosen: dict[str, str], stem: str) -> MemoryColumns:
    """The table with a conversation, one for all rows, and with positions in order of time, where it has none."""
    table = columns.table(columns.schema.names)
    if "conversation" not in chosen:
        table = table.append_column("conversation", pa.array([stem] * len(table)))
    if "position" not in chosen:
        starts = column_numbers(table[chosen["start"]]) if "start" in chosen else np.arange(len(table), dtype=float)
        names = column_texts(table[chosen.get("conversation", "conversation")])
        ranks = pd.Series(starts).groupby(names).rank(method="first").fillna(0).astype(int) - 1
        table = table.append_column("position", pa.array(ranks.to_numpy()))
    return MemoryColumns(columns.file, table, columns.assumed)


def places_of(columns: Columns, rows: pa.Table) -> FramePlaces:
    """Under which names and from when to when the frames of each utterance are."""
    conversations, positions = column_texts(rows["conversation"]), column_numbers(rows["position"])
    ids = [name for name in columns.schema.names if name.lower() in ID_COLUMNS]
    columns_of_ids = [column_texts(columns.table([name])[name]) for name in ids]
    keys = [
        (*(Path(texts[n]).stem for texts in columns_of_ids), f"{name}_{positions[n]:g}", name)
        for n, name in enumerate(conversations)
    ]
    unknown = np.full(len(rows), np.nan)
    starts, ends = (column_numbers(rows[name]) if name in rows.column_names else unknown for name in ("start", "end"))
    return FramePlaces(keys, starts, ends)
