"""Computational sequences of CMU-MultimodalSDK (`.csd`, HDF5): a folder with labels and two or more modalities.

https://github.com/CMU-MultiComp-Lab/CMU-MultimodalSDK: each file has one group with `data/<video>/features [T, D]` and
`data/<video>/intervals [T, 2]` in seconds; those aligned to labels have `<video>[<number>]` for `<video>`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa

from comp_viz.data.conversation import Task
from comp_viz.data.extra import import_format_library
from comp_viz.data.findings import Findings
from comp_viz.data.hdf5 import hdf5_member
from comp_viz.data.layouts.choices import Choices
from comp_viz.data.layouts.frame import FeatureColumn, ReaderFrame, rows_of
from comp_viz.data.layouts.given import Given
from comp_viz.data.layouts.layout import FileLayout
from comp_viz.data.layouts.pooling import Pooling, Repaired, pool_block
from comp_viz.errors import UNREADABLE, CompVizError
from comp_viz.wording import shortened

SUFFIX = ".csd"
# Modality -> what the names of its sequences hold.
KNOWN = {
    "audio": ("covarep", "opensmile", "acoustic", "audio", "wav2vec"),
    "video": ("facet", "openface", "visual", "video"),
    "text": ("glove", "wordvector", "bert", "embedding"),
}
LABELS, WORDS = ("label",), ("timestampedwords", "words", "transcript")
MOSEI_COLUMNS = ("sentiment", "happy", "sad", "anger", "surprise", "disgust", "fear")
SEGMENT = re.compile(r"(.+)\[(\d+)\]")
SILENCE = ("sp", "sil", "")
MOST_FRAMES = 1 << 30  # bytes of the frames of one video


@dataclass(frozen=True)
class Sequence:
    """One computational sequence."""

    path: Path
    library: ModuleType  # h5py

    def open(self) -> Any:
        """The file. Raises what h5py raises."""
        return self.library.File(self.path, "r")

    def group(self, file: Any) -> Any:
        """The group `data` of the file. Raises `CompVizError`."""
        for name in file:
            group = hdf5_member(self.library, file, name)
            if isinstance(group, self.library.Group) and "data" in group:
                return hdf5_member(self.library, group, "data")
        raise CompVizError(f"{self.path.name} has no group with 'data' in it, as computational sequences have.")

    def segment(self, data: Any, key: str) -> tuple[Any, Any] | None:
        """Features `[T, D]` and intervals `[T, 2]` of a video or an aligned segment, None where there are none."""
        name = next((name for name in (key, SEGMENT.sub(r"\1", key)) if name in data), None)
        if name is None:
            return None
        group = hdf5_member(self.library, data, name)
        features, intervals = (hdf5_member(self.library, group, part) for part in ("features", "intervals"))
        if features.nbytes > MOST_FRAMES or len(features.shape) != 2 or intervals.shape != (features.shape[0], 2):
            raise CompVizError(
                f"{self.path.name}, {shortened(name, 60)}: features {features.shape} and intervals {intervals.shape}, expected [T, D] and [T, 2]."
            )
        return features[:], intervals[:]


@dataclass(frozen=True)
class Labelled:
    """One row of labels: what it is of, from when to when."""

    key: str  # in the files
    video: str
    position: int
    start: float
    end: float
    values: tuple[float, ...]


class SequenceFrames(FeatureColumn):
    """Features of a modality, pooled from what lies in the interval of each label."""

    def __init__(
        self, modality: str, sequence: Sequence, rows: list[Labelled], pooling: Pooling, findings: Findings
    ) -> None:
        self.modality, self.sequence, self.rows, self.pooling, self.findings = (
            modality,
            sequence,
            rows,
            pooling,
            findings,
        )
        self.kind = pa.list_(pa.float32())

    def arrays(self) -> Iterator[pa.Array]:
        """All rows in order, those of a video together."""
        repaired = Repaired()
        with self.sequence.open() as file:
            data, key, held = self.sequence.group(file), None, None
            made: list[Any] = []
            for row in self.rows:
                if row.key != key:
                    key, held = row.key, self.sequence.segment(data, row.key)
                    yield pa.array(made, self.kind)
                    made = []
                made.append(self.vector(row, held, repaired))
            yield pa.array(made, self.kind)
        if repaired.utterances:
            reason = f"{repaired.values:,} values of {repaired.utterances:,} utterances infinite or NaN, {self.pooling.repair} (choice infinite)"
            self.findings.problem(self.sequence.path.name, reason, modality=self.modality)

    def vector(self, row: Labelled, held: tuple[Any, Any] | None, repaired: Repaired) -> Any:
        """The vector of one row, None where nothing lies in its interval."""
        if held is None:
            return None
        features, intervals = held
        middles = intervals.mean(1)
        chosen = (middles >= row.start) & (middles < row.end)
        if not chosen.any():
            return None
        block = features[chosen].astype(np.float32)[None]
        return pool_block(block, np.ones(block.shape[:2], bool), self.pooling, repaired)[0]


class ComputationalSequences(FileLayout):
    """A folder of them."""

    name = "CMU-MultimodalSDK"
    holds = "computational sequences (.csd), one of labels and two of audio, video and text"

    def by_name(self, given: Given) -> bool:
        """Folders with two or more of them."""
        try:
            return given.path.is_dir() and len(sequence_files(given.path)) > 1
        except OSError:
            return False

    def recognise(self, given: Given) -> bool:
        """By their endings."""
        return self.by_name(given)

    def read(self, given: Given, choices: Choices) -> ReaderFrame:
        """The labels, and what lies in the interval of each."""
        library = import_format_library("h5py", f"{given.path.name} holds computational sequences (HDF5)")
        files, findings = sequence_files(given.path), Findings()
        labels = first_named(files, LABELS)
        if labels is None:
            raise CompVizError(
                f"{given.path}: no sequence of labels among {', '.join(path.name for path in files)[:300]}."
            )
        pooling = Pooling.choose(choices)
        try:
            rows = read_labelled(Sequence(labels, library))
            words = first_named(files, WORDS)
            texts = words_within(Sequence(words, library), rows) if words else None
        except UNREADABLE as error:
            if isinstance(error, CompVizError):
                raise
            raise CompVizError(f"{given.path.name} cannot be read ({str(error)[:150]}). Download it again.") from None
        width = len(rows[0].values)
        names = MOSEI_COLUMNS if width == len(MOSEI_COLUMNS) else tuple(f"column {number}" for number in range(width))
        column = names.index(choices.pick("labels", names, "which of the labels are learned")) if width > 1 else 0
        values = [row.values[column] for row in rows]
        sources = {u: path for u, path in ((u, first_named(files, known)) for u, known in KNOWN.items()) if path}
        used = {labels, words, *sources.values()}
        return ReaderFrame(
            given.path.name,
            rows_of(
                conversation=[row.video for row in rows], position=[row.position for row in rows], label=values,
                start=[row.start for row in rows], end=[row.end for row in rows], text=texts,
            ),
            {u: SequenceFrames(u, Sequence(path, library), rows, pooling, findings) for u, path in sources.items()},
            Task("sentiment") if names[column] in ("sentiment", "column 0") and max(map(abs, values)) <= 3 else None,
            sources={u: f"{path.stem}, {pooling} of what lies in the interval" for u, path in sources.items()},
            unused={path.name: "another sequence of the same kind, or of none that is known" for path in files if path not in used},
            findings=findings,
        )  # fmt: skip


def sequence_files(folder: Path) -> list[Path]:
    """The sequences in a folder."""
    return [path for path in sorted(folder.iterdir()) if path.suffix.lower() == SUFFIX and path.is_file()]


def first_named(files: list[Path], names: tuple[str, ...]) -> Path | None:
    """The first file whose name holds the first of these that any holds."""
    plain = {path: path.stem.lower().replace("_", "").replace(" ", "") for path in files}
    return next((path for name in names for path in files if name in plain[path]), None)


def read_labelled(sequence: Sequence) -> list[Labelled]:
    """All rows of labels, those of a video together and in order of time."""
    rows = []
    with sequence.open() as file:
        data = sequence.group(file)
        for key in sorted(
            data, key=lambda key: (SEGMENT.sub(r"\1", key), int(match[2]) if (match := SEGMENT.fullmatch(key)) else 0)
        ):
            features, intervals = sequence.segment(data, key) or (np.zeros((0, 1)), np.zeros((0, 2)))
            match = SEGMENT.fullmatch(key)
            order = np.argsort(intervals[:, 0], kind="stable")
            for rank, row in enumerate(order):
                place = int(match[2]) if match and len(order) == 1 else rank
                start, end = map(float, intervals[row])
                rows.append(
                    Labelled(key, match[1] if match else key, place, start, end, tuple(map(float, features[row])))
                )
    if not rows:
        raise CompVizError(f"{sequence.path.name} has no labels.")
    return rows


def words_within(sequence: Sequence, rows: list[Labelled]) -> list[str]:
    """What is said in the interval of each row of labels `[N]`."""
    texts, key, held = [], None, None
    with sequence.open() as file:
        data = sequence.group(file)
        for row in rows:
            if row.key != key:
                key, held = row.key, sequence.segment(data, row.key)
            spoken = []
            for word, (start, end) in zip(*held, strict=True) if held else ():
                text = word[0].decode("utf-8", "replace") if isinstance(word[0], bytes) else str(word[0])
                if row.start <= (start + end) / 2 < row.end and text not in SILENCE:
                    spoken.append(text)
            texts.append(" ".join(spoken))
    return texts
