"""What the splits of data files are called, in words and in numbers, and which of ours each one is."""

import math
import re
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np

from comp_viz.data.conversation import SPLITS
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

# Split -> what others call it; capitals, and blanks and quotes around a name, do not matter.
SPLIT_NAMES = {
    "train": ("train", "training", "trn", "0"),
    "validation": ("validation", "valid", "val", "dev", "devel", "development", "1"),  # MMSA, MERTools, MELD, MuSe
    "test": ("test", "testing", "tst", "2"),
}
KNOWN_SPLITS = {name: split for split, names in SPLIT_NAMES.items() for name in names}
NO_SPLIT = ("", "nan", "none", "null", "<na>")
EXPECTED_SPLITS = "train, validation (valid, val, dev) or test, or 0, 1 and 2 for them"


def split_of(value: object) -> str:
    """The split that a value names: one of `SPLITS`, or "" where it names none (None, NaN, blank).

    Capitals and blanks do not matter, text may be bytes, and 0, 1, 2 (also as `0.0` or text) are training, validation and
    test. Raises `CompVizError` for anything else.
    """
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return ""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    name = text.strip(" \t\r\n\0'\"").casefold()
    name = name.removesuffix(".0") if name[:1].isdigit() else name
    if name in NO_SPLIT:
        return ""
    if isinstance(value, bool | np.bool_) or name not in KNOWN_SPLITS:
        raise CompVizError(f"split {shortened(text, 60)!r} is none we know; expected {EXPECTED_SPLITS}")
    return KNOWN_SPLITS[name]


def splits_of(values: Iterable[Hashable]) -> dict[Any, str | None]:
    """The split that each of the different values of a column names, "" for none, `None` for a name we do not know.

    Raises `CompVizError` for numbers that do not count from 0 to 2, as then the others would be taken for what they are not.
    """
    named = {value: known_split(value) for value in set(values)}
    numbers = {value: split for value, split in named.items() if is_numeric(value)}
    if None in numbers.values() or ("validation" in numbers.values() and "train" not in named.values()):
        raise CompVizError(
            f"splits are the numbers {', '.join(sorted(map(str, numbers)))}; expected 0 for training, 1 for validation and "
            f"2 for test. Write {', '.join(SPLITS)} instead"
        )
    return named


def known_split(value: object) -> str | None:
    """The split that a value names, `None` when we do not know the name."""
    try:
        return split_of(value)
    except CompVizError:
        return None


def is_numeric(value: object) -> bool:
    """Whether a value is a number or the text of one."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return bool(re.fullmatch(r"\s*[+-]?\d+(\.\d*)?\s*", text))
