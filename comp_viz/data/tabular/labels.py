"""The label column of a table: the numbers, texts or categories that Arrow holds, and the names that go with them."""

import json
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from comp_viz.data.labels.column import LabelColumn
from comp_viz.data.tabular.columns import is_text_type
from comp_viz.data.tabular.schema import is_whole_type
from comp_viz.data.tabular.values import column_numbers, column_texts, plain_column

HUGGING_FACE = b"huggingface"  # of the entry in the schema metadata that names the features of a data set


def label_column(column: pa.ChunkedArray, metadata: Mapping[bytes, bytes] | None = None) -> LabelColumn:
    """The labels of a column `[N]`; class numbers of a Hugging Face data set come with their names."""
    column = plain_column(column)
    if pa.types.is_boolean(column.type):
        column = pc.if_else(column, "True", "False")  # as they are in text formats
    if is_text_type(column.type):
        return LabelColumn(None, column_texts(column))
    return LabelColumn(column_numbers(column), whole=is_whole_type(column.type), names=class_names(metadata))


def class_names(metadata: Mapping[bytes, bytes] | None, column: str = "label") -> tuple[str, ...]:
    """What the classes of a column are called by the metadata that the library `datasets` writes; nothing if it says nothing."""
    try:
        feature = json.loads((metadata or {})[HUGGING_FACE])["info"]["features"][column]
        names = feature["names"] if feature["_type"] == "ClassLabel" else ()
    except (LookupError, TypeError, ValueError, RecursionError):
        return ()
    plain = isinstance(names, list) and all(isinstance(name, str) and name for name in names)
    return tuple(names) if plain and len(set(names)) == len(names) > 1 else ()
