"""The feature files of the published layout: a folder per extractor with an `.npy` or a folder of frames per utterance."""

import math
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from comp_viz.data.conversation import Bools, Floats
from comp_viz.data.findings import Findings
from comp_viz.data.published.labels import Talk
from comp_viz.errors import UNREADABLE, CompVizError
from comp_viz.wording import shortened

MAX_FILE = 128 * 2**20  # bytes of a feature file: 32,768 frames of 1,024 values
MAX_HEADER = 10_000  # bytes of its header, the limit of NumPy itself
MAX_WIDTH = 65_536  # values of a feature vector


class Unusable(Exception):
    """A feature file is there and cannot be used."""

    def __init__(self, file: str, reason: str) -> None:
        self.file, self.reason = file, reason


@dataclass(frozen=True)
class FeatureFolder:
    """The folder of one extractor, by what is in it. Nothing outside it is read, whatever ids and links say."""

    name: str
    real: Path  # where it is once links to it are followed, as it may live on another disk
    entries: dict[str, os.DirEntry[str]]  # by name
    by_speaker: bool  # frames show both speakers, F and M, and an utterance has those of its own

    @classmethod
    def of(cls, folder: Path, by_speaker: bool) -> "FeatureFolder":
        """List the folder, once."""
        try:
            return cls(folder.name, folder.resolve(), folder_entries(folder), by_speaker)
        except CompVizError as error:
            raise CompVizError(f"The folder {folder} {error}.") from None

    def read(self, utterance: str, speaker: str) -> Floats | None:
        """Features `[D]` of an utterance, None where there are none. Raises `Unusable`."""
        if entry := self.entries.get(f"{utterance}.npy"):
            return self.vector(entry, entry.name)
        if entry := self.entries.get(utterance):
            return self.frames(entry, speaker)
        if reason := no_file_name(utterance):
            raise Unusable(self.name, f"its id {reason}, so no file can have its name")
        return None

    def file_of(self, utterance: str) -> str:
        """The file or folder of an utterance as findings call it, that of the extractor where there is none."""
        entry = self.entries.get(f"{utterance}.npy") or self.entries.get(utterance)
        return self.named(entry.name) if entry else self.name

    def frames(self, folder: os.DirEntry[str], speaker: str) -> Floats | None:
        """The mean `[D]` of the frames in a folder, of one speaker where that matters."""
        self.check(folder, folder.name)
        if self.by_speaker and speaker not in ("F", "M"):
            raise Unusable(self.named(folder.name), f"its speaker is {shortened(speaker, 40)!r}, expected F or M")
        try:
            inside = sorted(folder_entries(folder.path).items())
        except CompVizError as error:
            raise Unusable(self.named(folder.name), str(error)) from None
        frames = [
            frame
            for name, entry in inside
            if name.endswith(".npy") and (not self.by_speaker or speaker_of(name) == speaker)
            if (frame := self.vector(entry, f"{folder.name}/{name}")) is not None
        ]
        if len({len(frame) for frame in frames}) > 1:
            raise Unusable(self.named(folder.name), "its frames have different widths")
        return mean(np.stack(frames)) if frames else None

    def vector(self, entry: os.DirEntry[str], name: str) -> Floats | None:
        """Features `[D]` of one file, the mean over time where it has several rows, None where it has no rows."""
        self.check(entry, name)
        try:
            if not entry.is_file():
                raise CompVizError("is no plain file")
            return read_vector(entry.path)
        except CompVizError as error:
            raise Unusable(self.named(name), str(error)) from None
        except UNREADABLE:
            raise Unusable(self.named(name), "cannot be read as an .npy file of numbers") from None

    def check(self, entry: os.DirEntry[str], name: str) -> None:
        """Make sure that a link leads to a place in the folder."""
        if entry.is_symlink() and not Path(os.path.realpath(entry.path)).is_relative_to(self.real):
            raise Unusable(self.named(name), "is a link to outside its folder, which is not followed")

    def named(self, name: str) -> str:
        """A file as findings call it."""
        return f"{self.name}/{name}".encode(errors="backslashreplace").decode()


def folder_entries(folder: str | Path) -> dict[str, os.DirEntry[str]]:
    """What is in a folder, by name. Raises `CompVizError`."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry for entry in entries}
    except OSError as error:
        raise CompVizError(f"cannot be listed ({error.strerror})") from None


def speaker_of(name: str) -> str:
    """The speaker that a frame is named for, F or M: the last of these letters, as in `000123_F.npy`; "" without one."""
    return next((letter for letter in reversed(name) if letter in "FM"), "")


def no_file_name(utterance: str) -> str:
    """Why no file can be named for this id, "" when one can."""
    if "/" in utterance or "\0" in utterance:
        return "has a slash or a zero byte"
    if utterance in ("", ".", ".."):
        return f"is {utterance!r}"
    return "is longer than a file name may be" if len(f"{utterance}.npy".encode()) > 255 else ""


# One file


def read_vector(path: str) -> Floats | None:
    """Features `[D]` of an `.npy` file of `[D]` or `[T, D]`, averaged over T; None for none. Raises `CompVizError`."""
    with open(path, "rb", buffering=0) as file:
        if os.fstat(file.fileno()).st_size > MAX_FILE:
            raise CompVizError(f"is larger than {MAX_FILE >> 20} MB, more than the features of an utterance take")
        content = file.read()
    version, start = content[6:8], 10 if content[6:7] == b"\x01" else 12
    end = start + int.from_bytes(content[8:start], "little")
    if content[:6] != b"\x93NUMPY" or not start < end <= start + MAX_HEADER:
        raise CompVizError("is no .npy file")
    shape, fortran, dtype = parse_header(version, content[8:end])
    if dtype.kind not in "fiub":
        raise CompVizError(f"holds {'Python objects' if dtype.hasobject else dtype}, expected numbers")
    size = math.prod(shape)
    if min(shape, default=1) < 0 or size * dtype.itemsize > len(content) - end:
        raise CompVizError(
            f"is cut short: {len(content) - end} bytes for an array of shape {shortened(str(shape), 60)}"
        )
    if not size:
        return None
    array = np.frombuffer(content, dtype, size, end).reshape(shape, order="F" if fortran else "C")
    return averaged(np.atleast_1d(array.squeeze()))


@lru_cache(maxsize=256)  # files of one extractor share a few headers
def parse_header(version: bytes, text: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether columns come first, and dtype that the header of an `.npy` file tells."""
    if version not in (b"\x01\x00", b"\x02\x00"):
        raise CompVizError(f"has version {version!r} of the .npy format, expected 1.0 or 2.0")
    read = np.lib.format.read_array_header_1_0 if version[0] == 1 else np.lib.format.read_array_header_2_0
    return read(BytesIO(text))


def averaged(array: np.ndarray[Any, Any]) -> Floats:
    """`[D]` from `[D]` or `[T, D]`."""
    if array.ndim > 2 or array.shape[-1] > MAX_WIDTH:
        raise CompVizError(f"has shape {list(array.shape)}, expected [D] or [frames, D] with D up to {MAX_WIDTH:,}")
    return mean(array if array.ndim == 2 else array[None])


def mean(rows: np.ndarray[Any, Any]) -> Floats:
    """The mean `[D]` of rows `[T, D]`; what is too large for a float becomes infinite, to be found as such."""
    with np.errstate(over="ignore", invalid="ignore"):
        averages: Floats = rows.mean(0, dtype=np.float64).astype(np.float32)
    return averages


# All files of a modality


@dataclass(frozen=True)
class Vectors:
    """Features of the `S` utterances of a conversation as the files have them."""

    rows: list[Floats | None]  # [S] of [D], None where there are none
    faults: dict[int, Unusable]  # by number of the utterance, counted from 0


def read_modality(
    extractor: FeatureFolder,
    modality: str,
    talks: Sequence[Talk],
    findings: Findings,
    step: Callable[[], None],
    zero: bool = False,
) -> list[tuple[Floats, Bools]]:
    """Features `[S, D]` of each conversation, zeros where missing, and which of them are there `[S]`.

    D is the width that most files have. What is missing or unusable is noted; with `zero`, values that are NaN or infinite
    become 0. `step` is called after each utterance.
    Raises `CompVizError` when there is nothing for any utterance.
    """
    read = [read_talk(extractor, talk, step) for talk in talks]
    width = common_width(extractor, modality, read)
    return [
        usable_features(extractor, modality, talk, vectors, width, findings, zero)
        for talk, vectors in zip(talks, read, strict=True)
    ]


def read_talk(extractor: FeatureFolder, talk: Talk, step: Callable[[], None]) -> Vectors:
    """Read the files of one conversation."""
    vectors = Vectors([], {})
    for s, (utterance, speaker) in enumerate(zip(talk.utterances, talk.speakers, strict=True)):
        try:
            vectors.rows.append(extractor.read(utterance, speaker))
        except Unusable as fault:
            vectors.faults[s] = fault
            vectors.rows.append(None)
        step()
    return vectors


def common_width(extractor: FeatureFolder, modality: str, read: Sequence[Vectors]) -> int:
    """The width of most features, the first of those that are equally frequent."""
    widths = Counter(len(row) for vectors in read for row in vectors.rows if row is not None)
    if not widths:
        fault = next((fault for vectors in read for fault in vectors.faults.values()), None)
        why = f"{fault.file} {fault.reason}" if fault else "no file has the name of an utterance"
        raise CompVizError(f"{extractor.name} has no {modality} features: {why}. Is it of another data set?")
    return widths.most_common(1)[0][0]


def usable_features(
    extractor: FeatureFolder, modality: str, talk: Talk, vectors: Vectors, width: int, findings: Findings, zero: bool
) -> tuple[Floats, Bools]:
    """Features `[S, D]` of one conversation and which are there `[S]`, each of the others noted once."""
    faults = {s: (fault.file, fault.reason) for s, fault in vectors.faults.items()}
    features, present = np.zeros((len(vectors.rows), width), np.float32), np.zeros(len(vectors.rows), bool)
    for s, row in enumerate(vectors.rows):
        if row is not None and len(row) == width:
            features[s], present[s] = row, True
        elif row is not None:
            faults[s] = extractor.file_of(talk.utterances[s]), f"has {len(row)} values, expected {width} as most files"
    noted = Findings()
    features, observed = noted.admit("", talk.id, modality, features, present, zero)
    for finding in noted.rows:
        s = (finding.utterance or 0) - 1
        if s in faults:
            file, reason = faults[s]
            findings.problem(file, f"{reason}, kept as missing", talk.id, finding.utterance, modality)
        else:
            findings.rows.append(replace(finding, file=extractor.file_of(talk.utterances[s])))
    return features, observed
