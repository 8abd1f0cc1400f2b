"""Reads data sets stored as one `.npz`: padded arrays `[V, S, …]` over V conversations of up to S utterances.

Needed keys: at least two of `audio`, `text`, `video` `[V, S, D]`, `labels [V, S]`, `lengths [V]`. Used when there:
`video_ids`, `split` (0 training, 1 validation, 2 test), `transcripts`, `system_transcripts` (what was said to the speaker),
`speakers`, `duration` (seconds), `audio_names`, `text_names`, `video_names` (`[D]`, what each feature is called).
"""

import zipfile
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comp_viz.data.catalogue import CATALOGUE, catalogue_entry
from comp_viz.data.conversation import MODALITIES, Conversation, Floats
from comp_viz.data.dataset import DataSet
from comp_viz.data.findings import Findings
from comp_viz.data.hdf5 import HDF5_SUFFIXES, load_hdf5
from comp_viz.data.header import Header
from comp_viz.data.infinite import check_left, choose_zero
from comp_viz.data.labels.read import ReadLabels, read_labels
from comp_viz.data.labels.remarks import note_remarks
from comp_viz.data.layouts.choices import Choices
from comp_viz.data.lengths import check_count
from comp_viz.data.memory_budget import check_archive_size
from comp_viz.data.reading import PLAIN_READING, FileReading
from comp_viz.data.splits import split_of, splits_of
from comp_viz.data.unused import match_names, unused_names
from comp_viz.errors import UNREADABLE, CompVizError
from comp_viz.resources import guide
from comp_viz.wording import shortened

# Our keys, and what else they are called: MMSA, MulT and MISA have vision and raw_text.
KEYS = {
    "audio": ("acoustic", "audio_features", "audio_feature", "audio_feat"),
    "text": ("language", "text_features", "text_feature", "text_feat"),
    "video": (
        "vision",
        "visual",
        "video_features",
        "vision_features",
        "visual_features",
        "video_feature",
        "video_feat",
        "visual_feat",
    ),
    "labels": ("label",),
    "lengths": ("length", "seq_len", "seq_lengths"),
    "video_ids": ("video_id", "conversation_ids", "conversation_id", "conversations", "conversation", "ids", "id"),
    "split": ("splits",),
    "transcripts": ("transcript", "raw_text", "words", "sentences"),
    "system_transcripts": ("system_transcript", "context"),
    "speakers": ("speaker",),
    "duration": ("durations",),
    **{f"{name}_names": (f"{name}_feature_names",) for name in MODALITIES},
}
NEEDED = {"labels": "[V, S]", "lengths": "[V], how many utterances each conversation has"}
Arrays = Mapping[str, NDArray[Any]]


def read_npz(path: str | Path, reading: FileReading = PLAIN_READING) -> DataSet:
    """Read a data set, noting what is missing, faulty or not used in it; `reading` say what its labels mean.

    Raises `CompVizError` naming file and field.
    """
    path, findings, questions = Path(path), Findings(), Choices(reading.choices)
    zero = choose_zero(questions)
    questions.check_used()
    held, arrays = load_arrays(path)
    keys = match_names(held, KEYS)
    findings.assume(
        path.name,
        (f"the array {shortened(its, 60)!r} is read as {ours!r}" for ours, its in keys.items() if its != ours),
    )
    findings.not_used(path.name, unused_names("array", held, keys.values(), KEYS))
    modalities = [name for name in MODALITIES if name in arrays]
    if len(modalities) < 2:
        raise CompVizError(
            f"{path.name}: expected features under at least two of {', '.join(MODALITIES)}, found {', '.join(held) or 'nothing'}. "
            f"Save them under these names ({guide('data')})."
        )
    for key in NEEDED:
        if key not in arrays:
            raise CompVizError(
                f"{path.name}: the array {key!r} is missing; found {', '.join(sorted(held))}. Save it too: {NEEDED[key]}."
            )
    count, longest = check_shapes(path, arrays, modalities)
    check_count(path.name, count)
    given = arrays["lengths"].astype(float)
    if not ((given >= 1) & (given <= longest) & (given == np.round(given))).all():
        raise CompVizError(
            f"{path.name}: lengths run from {given.min():g} to {given.max():g}, expected whole numbers from 1 to {longest}."
        )
    lengths = given.astype(int)
    ids = [str(name) for name in arrays["video_ids"]] if "video_ids" in arrays else [f"{v:04d}" for v in range(count)]
    splits = read_splits_of(path, arrays["split"]) if "split" in arrays else [""] * count
    starts = np.cumsum([0, *lengths])
    labels = labels_of(path, arrays["labels"][np.arange(longest) < lengths[:, None]], reading)
    note_remarks(labels.remarks, path.name, ids, starts, findings)
    spoken = "transcripts" in arrays and (arrays["transcripts"] != "").any()
    conversations = tuple(
        one_conversation(
            findings,
            path.name,
            arrays,
            modalities,
            v,
            labels.labels[starts[v] : starts[v + 1]],
            ids[v],
            splits[v],
            spoken,
            zero,
        )
        for v in range(count)
    )
    check_left(path.name, modalities, np.concatenate([c.observed for c in conversations]), findings)
    facts = catalogue_entry(path.stem, labels.task)
    return DataSet(
        facts.name, labels.task, conversations, facts.sources(modalities), facts.licence, findings=findings,
        feature_names=names_of_features(arrays, modalities), choices=questions.made,
    )  # fmt: skip


def labels_of(path: Path, labels: NDArray[Any], reading: FileReading) -> ReadLabels:
    """The labels `[N]` without padding, of the task that is chosen, or that the name of a known file or the labels set."""
    known = CATALOGUE[path.stem].task if path.stem in CATALOGUE else None
    if task := reading.task or known:
        unnamed = known.name if known else "emotion" if task.classes else "score"
        reading = replace(reading, task=replace(task, name=task.name or unnamed))
    return read_labels(path.name, labels, reading)


def read_splits_of(path: Path, values: NDArray[Any]) -> list[str]:
    """The split of each conversation `[V]`. Raises `CompVizError` for a name we do not know."""
    try:
        splits_of(values.tolist())
        return [split_of(value) for value in values.tolist()]
    except CompVizError as error:
        raise CompVizError(f"{path.name}: {error}.") from None


def names_of_features(arrays: Arrays, modalities: list[str]) -> dict[str, tuple[str, ...]]:
    """Names of features, of the modalities that have as many names as features."""
    names = {u: arrays.get(f"{u}_names", np.zeros(0)) for u in modalities}
    return {
        u: tuple(map(str, array))
        for u, array in names.items()
        if array.dtype.kind == "U" and array.shape == arrays[u].shape[2:]
    }


def load_arrays(path: Path) -> tuple[list[str], Arrays]:
    """Names of all arrays of the file, and those that are used by our keys, refusing anything pickled or too large."""
    if path.suffix.lower() in HDF5_SUFFIXES:
        return load_hdf5(path, KEYS)
    try:
        with np.load(path, allow_pickle=False) as archive:
            names = list(archive.files)
            keys = match_names(names, KEYS)
            check_archive_size(path, {f"{its}.npy" for its in keys.values()} | set(keys.values()))
            with zipfile.ZipFile(path) as members:
                arrays = {ours: read_member(members, its) for ours, its in keys.items()}
    except CompVizError:
        raise
    except FileNotFoundError:
        raise CompVizError(
            f"There is no data file {path}. Give its path, or set COMP_VIZ_DATA to the folder that holds it."
        ) from None
    except UNREADABLE as error:
        if "allow_pickle" in str(error):  # NumPy's text goes on to advise loading it unsafely
            raise CompVizError(
                f"{path.name} is no zip archive of plain arrays; it may hold objects, which are never loaded. "
                "Save arrays of numbers and text only, with numpy.savez."
            ) from None
        raise CompVizError(
            f"{path.name} cannot be read as an .npz of plain arrays ({error}). It may be truncated or hold objects."
        ) from None
    if strange := [key for key, value in arrays.items() if not isinstance(value, np.ndarray)]:
        raise CompVizError(
            f"{path.name}: {', '.join(strange[:3])} in it is no array. Save arrays only, with numpy.savez."
        )
    return names, {key: value for key, value in arrays.items() if isinstance(value, np.ndarray)}


def read_member(archive: zipfile.ZipFile, key: str) -> NDArray[Any] | bytes:
    """An array of the archive, unpacked in one go; bytes where it is none, as NumPy gives them.

    NumPy unpacks it in pieces of 256 KB, and lets other threads go on with each: where several visitors keep the server
    busy, waiting for them a thousand times takes ten times as long as reading.
    """
    there = archive.namelist()
    content = archive.read(key if key in there else f"{key}.npy")
    if not content.startswith(np.lib.format.MAGIC_PREFIX):
        return content
    array: NDArray[Any] = np.lib.format.read_array(BytesIO(content), allow_pickle=False)
    return array


def check_shapes(path: Path, arrays: Arrays, modalities: list[str]) -> tuple[int, int]:
    """Make sure every array covers the same V conversations and S utterances; return V and S."""
    labels = arrays["labels"]
    for key in (*modalities, "lengths", "duration"):
        if key in arrays and arrays[key].dtype.kind not in "fiub":
            raise CompVizError(f"{path.name}: {key} holds {arrays[key].dtype}, expected numbers.")
    if not labels.size:
        raise CompVizError(f"{path.name}: labels are empty, so there are no conversations in it.")
    if labels.ndim != 2:
        raise CompVizError(
            f"{path.name}: labels have shape {list(labels.shape)}, expected [conversations, utterances]."
        )
    for key in modalities:
        if arrays[key].ndim != 3 or arrays[key].shape[:2] != labels.shape:
            raise CompVizError(
                f"{path.name}: {key} has shape {list(arrays[key].shape)}, expected {list(labels.shape)} and a width."
            )
    for key in ("transcripts", "system_transcripts", "speakers", "duration"):
        if key in arrays and arrays[key].shape != labels.shape:
            raise CompVizError(
                f"{path.name}: {key} has shape {list(arrays[key].shape)}, expected {list(labels.shape)}."
            )
    for key in ("lengths", "video_ids", "split"):
        if key in arrays and arrays[key].shape != labels.shape[:1]:
            raise CompVizError(
                f"{path.name}: {key} has shape {list(arrays[key].shape)}, expected {list(labels.shape[:1])}."
            )
    return labels.shape[0], labels.shape[1]


def one_conversation(
    findings: Findings,
    file: str,
    arrays: Arrays,
    modalities: list[str],
    v: int,
    labels: Floats,
    name: str,
    split: str,
    spoken: bool,
    zero: bool,
) -> Conversation:
    """Conversation number `v` without its padding; with `spoken`, an empty transcript means that text is missing.

    With `zero`, values that are NaN or infinite become 0.
    """
    length = len(labels)

    def texts(key: str) -> tuple[str, ...]:
        return tuple(map(str, arrays[key][v, :length])) if key in arrays else ("",) * length

    words = texts("transcripts")
    features, observed = {}, []
    for u in modalities:
        features[u], there = findings.admit(file, name, u, arrays[u][v, :length], zero=zero)
        if u == "text" and spoken:
            there = findings.without_words(file, name, u, words, there)
            features[u][~there] = 0
        observed.append(there)
    durations = arrays["duration"][v, :length] if "duration" in arrays else np.full(length, np.nan)
    return Conversation(
        id=name,
        features=features,
        observed=np.stack(observed, axis=1),
        labels=labels,
        words=words,
        context=texts("system_transcripts"),
        speakers=texts("speakers"),
        durations=durations.astype(np.float32),
        split=split,
    )


def peek_npz(path: Path) -> Header | None:
    """Read the headers of the features and the labels alone; None when it is no data set of this layout."""
    try:
        if path.suffix.lower() in HDF5_SUFFIXES:
            data = read_npz(path)
            return Header(data.widths, bool(data.task.classes))
        with zipfile.ZipFile(path) as archive:
            keys = match_names((name.removesuffix(".npy") for name in archive.namelist()), KEYS)
            headers = {
                name: member_header(archive, f"{keys[name]}.npy") for name in keys if name in (*MODALITIES, "labels")
            }
        widths = {name: header[0][-1] for name in MODALITIES if (header := headers.get(name))}
        labels = headers.get("labels")
        if not widths or not labels or "lengths" not in keys:
            return None
        return Header(widths, labels[1].kind != "f" and peek_classes(path, keys))  # what is floating-point is scores
    except UNREADABLE:
        return None


def peek_classes(path: Path, keys: Mapping[str, str]) -> bool:
    """Whether the labels of a file are classes, by reading them alone. Raises what is in `UNREADABLE`."""
    with np.load(path, allow_pickle=False) as archive:
        labels, lengths = archive[keys["labels"]], archive[keys["lengths"]]
    known = labels[np.arange(labels.shape[1]) < lengths[:, None]]
    return bool(labels_of(path, known, PLAIN_READING).task.classes)


def member_header(archive: zipfile.ZipFile, member: str) -> tuple[tuple[int, ...], np.dtype[Any]] | None:
    """Shape and dtype of one array of the file, None where it is not in it."""
    if member not in archive.namelist():
        return None
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    return shape, dtype
