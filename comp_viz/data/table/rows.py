"""From record batches of our schema to what is known of the utterances, and to views of their features."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from comp_viz.data.conversation import SPLITS, Bools, Floats, Task
from comp_viz.data.dataset import Utterances
from comp_viz.data.labels.fit import possible
from comp_viz.data.table.format import CHANGED, FEATURE_PREFIX, STRINGS
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened


def gather_utterances(file: str, batches: Sequence[pa.RecordBatch], task: Task) -> Utterances:
    """All utterances of the batches, without features. Raises `CompVizError` when rows are not as we write them."""
    parts = [batch_utterances(file, batch, task) for batch in batches]
    return Utterances(
        parts[0].modalities,
        tuple(name for part in parts for name in part.ids),
        tuple(name for part in parts for name in part.splits),
        np.cumsum(np.concatenate([[0], *(part.lengths for part in parts)])),
        np.concatenate([part.observed for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.speakers for part in parts]),
        np.concatenate([part.durations for part in parts]),
    )


def batch_utterances(file: str, batch: pa.RecordBatch, task: Task) -> Utterances:
    """The utterances of one batch."""
    for name in ("conversation", "position", *STRINGS):
        if batch.column(name).null_count:
            raise CompVizError(f"{file}: column {name!r} has empty cells. {CHANGED}")
    features = {
        name.removeprefix(FEATURE_PREFIX): name for name in batch.schema.names if name.startswith(FEATURE_PREFIX)
    }
    begins = np.flatnonzero(np.append(True, changes(batch.column("conversation"))))
    splits = batch.column("split").take(pa.array(begins)).to_pylist()
    check_order(file, batch, begins)
    if odd := sorted(set(splits) - {*SPLITS, ""}):
        raise CompVizError(f"{file}: there is no split {shortened(odd[0], 60)!r}, only {', '.join(SPLITS)}. {CHANGED}")
    return Utterances(
        tuple(features),
        tuple(batch.column("conversation").take(pa.array(begins)).to_pylist()),
        tuple(splits),
        np.append(begins, len(batch)),
        np.stack([batch.column(name).is_valid().to_numpy(zero_copy_only=False) for name in features.values()], axis=1),
        batch_labels(file, batch, task),
        shared_strings(batch.column("speaker")),
        floats(batch.column("duration")),
    )


def check_order(file: str, batch: pa.RecordBatch, begins: NDArray[np.intp]) -> None:
    """Make sure that positions count from 0 in every conversation, and that all its rows are of one split."""
    counted = np.arange(len(batch)) - np.repeat(begins, np.diff(begins, append=len(batch)))
    if not np.array_equal(batch.column("position").to_numpy(), counted):
        raise CompVizError(f"{file}: its rows are not in order of conversation and position. {CHANGED}")
    if not np.isin(np.flatnonzero(changes(batch.column("split"))) + 1, begins).all():
        raise CompVizError(f"{file}: a conversation in it is of several splits. {CHANGED}")


def changes(column: pa.Array) -> Bools:
    """Whether each value but the first differs from the one before."""
    differs: Bools = pc.not_equal(column[1:], column[:-1]).to_numpy(zero_copy_only=False)
    return differs


def batch_labels(file: str, batch: pa.RecordBatch, task: Task) -> Floats:
    """Labels, NaN where unknown. Raises `CompVizError` for what is no label of the task."""
    labels = floats(batch.column("label"))
    if not (fits := possible(labels, task)).all():
        raise CompVizError(f"{file}: label {labels[~fits][0]:g} is none of {shortened(task.scale, 80)}. {CHANGED}")
    return labels


def floats(column: pa.Array) -> Floats:
    """Numbers, NaN where there are none."""
    numbers: Floats = column.to_numpy(zero_copy_only=False).astype(np.float32)
    return numbers


def shared_strings(column: pa.Array) -> NDArray[np.object_]:
    """Strings, equal ones held once."""
    encoded = column.dictionary_encode()
    strings: NDArray[np.object_] = np.array([*encoded.dictionary.to_pylist(), ""], dtype=object)[
        encoded.indices.to_numpy()
    ]
    return strings


def feature_views(batch: pa.RecordBatch) -> dict[str, NDArray[Any]]:
    """Features by modality as the batch has them, `[R, D_u]`; what is where they are missing means nothing."""
    views = {}
    for name in batch.schema.names:
        if name.startswith(FEATURE_PREFIX):
            column = batch.column(name)
            flat = column.values.to_numpy(zero_copy_only=True)
            views[name.removeprefix(FEATURE_PREFIX)] = flat.reshape(-1, column.type.list_size)[column.offset :][
                : len(column)
            ]
    return views
