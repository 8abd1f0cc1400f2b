"""Reads data sets stored as one `.npz`: padded arrays `[V, S, …]` over V conversations of up to S utterances.

Needed keys: at least two of `audio`, `text`, `video` `[V, S, D]`, `labels [V, S]`, `lengths [V]`. Used when there:
`video_ids`, `split` (0 training, 1 validation, 2 test), `transcripts`, `system_transcripts` (what was said to the speaker),
`speakers`, `duration` (seconds), `audio_names`, `text_names`, `video_names` (`[D]`, what each feature is called).
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comp_viz.data.catalogue import CATALOGUE, catalogue_entry
from comp_viz.data.conversation import MODALITIES, SPLITS, Conversation
from comp_viz.data.dataset import DataSet
from comp_viz.data.findings import Findings
from comp_viz.data.header import Header
from comp_viz.data.labels import note_one_sided
from comp_viz.errors import UNREADABLE, CompVizError

MAX_CLASSES = 1000
Arrays = Mapping[str, NDArray[Any]]


def read_npz(path: str | Path) -> DataSet:
    """Read a data set, noting what is missing or faulty in it. Raises `CompVizError` naming file and field."""
    path = Path(path)
    arrays = load_arrays(path)
    modalities = [name for name in MODALITIES if name in arrays]
    if len(modalities) < 2:
        raise CompVizError(
            f"{path.name}: expected features under at least two of {', '.join(MODALITIES)}, found {modalities or 'none'}."
        )
    for key in ("labels", "lengths"):
        if key not in arrays:
            raise CompVizError(f"{path.name}: the array {key!r} is missing; found {', '.join(sorted(arrays))}.")
    count, longest = check_shapes(path, arrays, modalities)
    lengths = arrays["lengths"].astype(int)
    if lengths.min() < 1 or lengths.max() > longest:
        raise CompVizError(
            f"{path.name}: lengths run from {lengths.min()} to {lengths.max()}, expected 1 to {longest}."
        )
    labels = arrays["labels"][np.arange(longest) < lengths[:, None]]
    check_labels(path, labels)
    facts, findings = catalogue_entry(path.stem, labels), Findings()
    if path.stem not in CATALOGUE and not facts.task.classes:
        note_one_sided(path.name, labels, findings)
    spoken = "transcripts" in arrays and (arrays["transcripts"] != "").any()
    conversations = tuple(
        one_conversation(findings, path.name, arrays, modalities, v, int(lengths[v]), spoken) for v in range(count)
    )
    return DataSet(
        facts.name, facts.task, conversations, facts.sources(modalities), facts.licence, findings=findings,
        feature_names=names_of_features(arrays, modalities),
    )  # fmt: skip


def names_of_features(arrays: Arrays, modalities: list[str]) -> dict[str, tuple[str, ...]]:
    """Names of features, of the modalities that have as many names as features."""
    names = {u: arrays.get(f"{u}_names", np.zeros(0)) for u in modalities}
    return {
        u: tuple(map(str, array))
        for u, array in names.items()
        if array.dtype.kind == "U" and array.shape == arrays[u].shape[2:]
    }


def load_arrays(path: Path) -> Arrays:
    """All arrays of the file, refusing anything pickled."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
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
    return arrays


def check_labels(path: Path, labels: NDArray[Any]) -> None:
    """Make sure labels `[N]` without padding are finite scores or NaN, or class numbers counted from 0."""
    if np.issubdtype(labels.dtype, np.integer):
        if labels.min() < 0 or labels.max() >= MAX_CLASSES:
            raise CompVizError(
                f"{path.name}: labels are class numbers from {labels.min()} to {labels.max()}, expected 0 to below {MAX_CLASSES}. "
                "Scores are stored as floating-point numbers."
            )
    elif np.isinf(labels).any():
        raise CompVizError(
            f"{path.name}: labels are infinite at {int(np.isinf(labels).sum())} utterances. Use NaN for unknown."
        )


def check_shapes(path: Path, arrays: Arrays, modalities: list[str]) -> tuple[int, int]:
    """Make sure every array covers the same V conversations and S utterances; return V and S."""
    labels = arrays["labels"]
    for key in (*modalities, "labels", "lengths", "split", "duration"):
        if key in arrays and arrays[key].dtype.kind not in "fiub":
            raise CompVizError(f"{path.name}: {key} holds {arrays[key].dtype}, expected numbers.")
    if not labels.size:
        raise CompVizError(f"{path.name}: labels are empty, so there are no conversations in it.")
    if "split" in arrays and not np.isin(arrays["split"], range(len(SPLITS))).all():
        raise CompVizError(
            f"{path.name}: split should be 0 (training), 1 (validation) or 2 (test), got {np.unique(arrays['split'])[:5].tolist()}."
        )
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
    findings: Findings, file: str, arrays: Arrays, modalities: list[str], v: int, length: int, spoken: bool
) -> Conversation:
    """Conversation number `v` without its padding; with `spoken`, an empty transcript means that text is missing."""
    name = str(arrays["video_ids"][v]) if "video_ids" in arrays else f"{v:04d}"

    def texts(key: str) -> tuple[str, ...]:
        return tuple(map(str, arrays[key][v, :length])) if key in arrays else ("",) * length

    words = texts("transcripts")
    features, observed = {}, []
    for u in modalities:
        features[u], there = findings.admit(file, name, u, arrays[u][v, :length])
        if u == "text" and spoken:
            there = findings.without_words(file, name, u, words, there)
            features[u][~there] = 0
        observed.append(there)
    durations = arrays["duration"][v, :length] if "duration" in arrays else np.full(length, np.nan)
    return Conversation(
        id=name,
        features=features,
        observed=np.stack(observed, axis=1),
        labels=arrays["labels"][v, :length].astype(np.float32),
        words=words,
        context=texts("system_transcripts"),
        speakers=texts("speakers"),
        durations=durations.astype(np.float32),
        split=SPLITS[int(arrays["split"][v])] if "split" in arrays else "",
    )


def peek_npz(path: Path) -> Header | None:
    """Read the headers of a data file alone; None when it is no data set of this layout."""
    try:
        with zipfile.ZipFile(path) as archive:
            headers = {name: member_header(archive, f"{name}.npy") for name in (*MODALITIES, "labels")}
        widths = {name: header[0][-1] for name in MODALITIES if (header := headers[name])}
        labels = headers["labels"]
    except UNREADABLE:
        return None
    return Header(widths, np.issubdtype(labels[1], np.integer)) if widths and labels else None


def member_header(archive: zipfile.ZipFile, member: str) -> tuple[tuple[int, ...], np.dtype[Any]] | None:
    """Shape and dtype of one array of the file, None where it is not in it."""
    if member not in archive.namelist():
        return None
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    return shape, dtype
