"""What columns a table of one row an utterance may have, and of which types."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import pyarrow as pa

from comp_viz.data.conversation import MODALITIES
from comp_viz.data.table.format import FEATURE_PREFIX
from comp_viz.data.tabular.columns import is_text_type
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

Feature = TypeVar("Feature")
WHICH = {  # required column -> what to do where it is missing
    "conversation": "Say which column it is: --choose conversation=COLUMN.",
    "position": 'Say which column it is, --choose position=COLUMN, or position="order of rows" where rows are in order.',
    "label": "Say which column it is: --choose label=COLUMN.",
}
REQUIRED = tuple(WHICH)
MOST_FEATURES = 65_536  # of a modality


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values of a column, which may be categories."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def is_whole_type(kind: pa.DataType) -> bool:
    """Whether a column is of whole numbers, also as decimals without a place after the point."""
    kind = plain_type(kind)
    return bool(pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale <= 0))


def is_number(kind: pa.DataType) -> bool:
    """Whether a column is of whole or broken numbers, decimals too."""
    kind = plain_type(kind)
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def is_name(kind: pa.DataType) -> bool:
    """Whether a column is of names, which may be whole numbers."""
    return bool(is_text_type(kind) or is_whole_type(kind))


def is_list(kind: pa.DataType) -> bool:
    """Whether a column is of lists of numbers."""
    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(lists and is_number(kind.value_type))


def is_list_of_objects(kind: pa.DataType) -> bool:
    """Whether a column is of lists of objects with fields, as of the utterances of a conversation."""
    return bool((pa.types.is_list(kind) or pa.types.is_large_list(kind)) and pa.types.is_struct(kind.value_type))


# Column -> what it holds, in words, and the test of its type. A column that is empty throughout may have none.
EXPECTED: dict[str, tuple[str, Callable[[pa.DataType], bool]]] = {
    "conversation": ("text or whole numbers", is_name),
    "position": ("whole numbers", is_number),
    "label": ("numbers or text", lambda kind: is_text_type(kind) or is_number(kind) or pa.types.is_boolean(kind)),
    "split": ("text or 0, 1 and 2", lambda kind: is_text_type(kind) or is_number(kind)),
    "speaker": ("text or whole numbers", is_name),
    "start": ("numbers of seconds", is_number),
    "end": ("numbers of seconds", is_number),
    "duration": ("numbers of seconds", is_number),
    "text": ("text", is_text_type),
    "context": ("text", is_text_type),
}


def check_columns(file: str, schema: pa.Schema) -> tuple[list[str], dict[str, str]]:
    """The columns of our schema that a file has besides features, and the feature column of each modality.

    Raises `CompVizError` naming the column, what was expected and what came.
    """
    names, present = schema.names, ", ".join(schema.names)
    nested = [column.name for column in schema if is_list_of_objects(column.type)]
    for name in REQUIRED:
        if name not in names and nested:
            raise CompVizError(
                f"{file}: the column {name!r} is missing, and {shortened(nested[0], 60)!r} holds several objects a row; expected a row an "
                "utterance. Write each of these objects as a row, with the id of its conversation."
            )
        if name not in names:
            raise CompVizError(
                f"{file}: the column {name!r} is missing, expected {EXPECTED[name][0]}; found {shortened(present, 500)}. {WHICH[name]}"
            )
    for column in schema:
        if column.name in EXPECTED or column.name.startswith(FEATURE_PREFIX):
            check_column(file, column, names.count(column.name))
    modalities = [name.removeprefix(FEATURE_PREFIX) for name in names if name.startswith(FEATURE_PREFIX)]
    if len(modalities) < 2:
        raise CompVizError(
            f"{file}: expected at least two columns of features, such as {FEATURE_PREFIX}audio and {FEATURE_PREFIX}text; found {shortened(present, 500)}."
        )
    return [name for name in EXPECTED if name in names], {name: FEATURE_PREFIX + name for name in modalities}


def check_column(file: str, column: pa.Field, times: int) -> None:
    """Make sure that a column is there once, and of a type it may have."""
    if times > 1:
        raise CompVizError(f"{file}: the column {shortened(column.name, 80)!r} is there {times} times, expected once.")
    expected, fits = EXPECTED.get(column.name, ("lists of numbers, all of one length", is_list))
    if not fits(column.type) and not (column.name in EXPECTED and pa.types.is_null(column.type)):
        raise CompVizError(
            f"{file}: the column {shortened(column.name, 80)!r} holds {shortened(str(column.type), 80)}, expected {expected}."
        )
    if column.name == FEATURE_PREFIX or (
        pa.types.is_fixed_size_list(column.type) and not 1 <= column.type.list_size <= MOST_FEATURES
    ):
        raise CompVizError(
            f"{file}: the column {shortened(column.name, 80)!r} ({shortened(str(column.type), 80)}) should be {FEATURE_PREFIX}MODALITY with 1 to {MOST_FEATURES:,} numbers a row."
        )


def in_order(features: Mapping[str, Feature]) -> dict[str, Feature]:
    """Features by modality, as columns or their names: audio, text, video, then the others as they come."""
    return dict(
        sorted(
            features.items(), key=lambda item: MODALITIES.index(item[0]) if item[0] in MODALITIES else len(MODALITIES)
        )
    )
