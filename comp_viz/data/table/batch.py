"""Conversations as record batches of our schema."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from comp_viz.data.conversation import Bools, Conversation, Floats, Task
from comp_viz.data.labels.fit import possible
from comp_viz.data.table.format import FEATURE_PREFIX
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

LARGEST_HALF = 65504  # what 16 bits hold


def record_batch(conversations: Sequence[Conversation], task: Task, schema: pa.Schema) -> pa.RecordBatch:
    """Whole conversations as rows of the schema. Raises `CompVizError` naming one that cannot be stored."""
    columns = {
        "conversation": strings([c.id for c in conversations for _ in range(len(c))]),
        "position": pa.array(np.concatenate([np.arange(len(c), dtype=np.int32) for c in conversations])),
        "label": stored_labels(conversations, task),
        "duration": pa.array(np.concatenate([c.durations for c in conversations]), pa.float32(), from_pandas=True),
        "split": strings([c.split for c in conversations for _ in range(len(c))]),
        "speaker": strings([name for c in conversations for name in c.speakers]),
        "text": strings([text for c in conversations for text in c.words]),
        "context": strings([text for c in conversations for text in c.context]),
    }
    for u, modality in enumerate(conversations[0].features):
        half = pa.types.is_float16(schema.field(FEATURE_PREFIX + modality).type.value_type)
        columns[FEATURE_PREFIX + modality] = stored_features(conversations, u, modality, half)
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def strings(values: list[str]) -> pa.Array:
    """A column of strings."""
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError as error:
        raise CompVizError(
            f"The text {shortened(error.object, 80)!r} is not valid Unicode, so it cannot be stored."
        ) from None


def stored_labels(conversations: Sequence[Conversation], task: Task) -> pa.Array:
    """Scores or class numbers, null where unknown."""
    labels = np.concatenate([c.labels for c in conversations])
    unknown = np.isnan(labels)
    refuse(conversations, ~possible(labels, task), f"its label is none of {shortened(task.scale, 80)}")
    kind = pa.int32() if task.classes else pa.float32()
    return pa.array(np.where(unknown, 0, labels), mask=unknown).cast(kind)


def stored_features(conversations: Sequence[Conversation], u: int, modality: str, half: bool) -> pa.Array:
    """Features of one modality, null where missing."""
    observed = np.concatenate([c.observed[:, u] for c in conversations])
    features: Floats = np.concatenate([c.features[modality] for c in conversations])
    features[~observed] = 0
    if half:
        large = f"{modality} features beyond ±{LARGEST_HALF} do not fit 16 bits; store them in full precision"
        refuse(conversations, np.abs(features).max(1) > LARGEST_HALF, large)
    stored = features.astype(np.float16 if half else np.float32)
    zero = f"{modality} features are all zero{' in 16 bits' if half else ''}, which would mean that they are missing"
    refuse(conversations, observed & ~stored.any(1), zero)
    return pa.FixedSizeListArray.from_arrays(pa.array(stored.ravel()), stored.shape[1], mask=pa.array(~observed))


def refuse(conversations: Sequence[Conversation], bad: Bools, reason: str) -> None:
    """Raise `CompVizError` when any of the utterances `[N]` is bad, naming the first."""
    if not bad.any():
        return
    ends = np.cumsum([len(c) for c in conversations])
    row = int(bad.argmax())
    conversation = conversations[int(np.searchsorted(ends, row, side="right"))]
    utterance = row - int(ends[ends <= row].max(initial=0)) + 1
    raise CompVizError(f"Conversation {shortened(conversation.id, 80)!r}, utterance {utterance}: {reason}.")
