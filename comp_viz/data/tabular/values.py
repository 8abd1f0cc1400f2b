"""From Arrow columns of whatever type to strings, numbers and rows of features."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from comp_viz.data.conversation import Floats
from comp_viz.data.dataset import Doubles, Ints
from comp_viz.data.tabular.columns import is_text_type


def plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The same column, with categories of numbers as numbers, and views of strings as strings."""
    kind = column.type
    if pa.types.is_string_view(kind):
        return column.cast(pa.large_string())
    if pa.types.is_dictionary(kind) and not is_text_type(kind):
        return column.cast(kind.value_type)
    return column


def column_texts(column: pa.ChunkedArray) -> NDArray[np.object_]:
    """Strings `[N]`, "" where there is none; equal ones of a chunk are held once."""
    column = plain_column(column)
    if not is_text_type(column.type):
        column = column.cast(pa.string())
    return np.concatenate([np.empty(0, dtype=object), *map(chunk_texts, column.chunks)])


def chunk_texts(chunk: pa.Array) -> NDArray[np.object_]:
    """Strings of one chunk."""
    encoded = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
    values = np.array([*(value or "" for value in encoded.dictionary.to_pylist()), ""], dtype=object)
    indices = encoded.indices.cast(pa.int64()).fill_null(len(values) - 1)
    texts: NDArray[np.object_] = values[indices.to_numpy()]
    return texts


def column_numbers(column: pa.ChunkedArray) -> Doubles:
    """Numbers `[N]`, NaN where there is none."""
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    numbers: Doubles = column.to_numpy().astype(np.float64)
    return numbers


def column_lists(column: pa.Array) -> tuple[NDArray[Any], Ints]:
    """The numbers in a column of lists one after the other, NaN where a cell is empty, and how many each row `[R]` has."""
    lengths: Ints = pc.list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return column.flatten().to_numpy(zero_copy_only=False), lengths


def column_matrix(column: pa.Array, width: int) -> tuple[Floats, Ints]:
    """Features `[R, width]`, zeros where a row has another length, and the lengths `[R]`.

    What is too large for a float becomes infinite.
    """
    flat, lengths = column_lists(column)
    fits = lengths == width
    features = np.zeros((len(lengths), width), np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        features[fits] = flat[np.repeat(fits, lengths)].reshape(-1, width)
    return features, lengths
