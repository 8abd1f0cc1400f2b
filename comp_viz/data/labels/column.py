"""A column of labels as a file has it: numbers or texts, and which entries plainly stand for no label."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comp_viz.data.dataset import Doubles
from comp_viz.data.reading import FileReading
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

# What stands for "no label": what pandas, NumPy, R and Windows write, and IEMOCAP's mark of no agreement.
NO_LABEL = ("", "nan", "<na>", "na", "n/a", "null", "nat", "?", "-", "-nan(ind)", "nan(ind)", "xxx")
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?|[+-]?inf(inity)?")
WHOLE = re.compile(r"[+-]?\d+")


@dataclass(frozen=True)
class LabelColumn:
    """Labels `[N]`, either `numbers` (NaN where unknown) or `texts` ("" where unknown), as the file has them."""

    numbers: Doubles | None
    texts: NDArray[np.object_] | None = None
    whole: bool = False  # numbers are stored as whole ones
    names: tuple[str, ...] = ()  # of class numbers counted from 0, where the file has them (Hugging Face ClassLabel)

    @classmethod
    def of(cls, values: Any) -> "LabelColumn":
        """From an array or a list of numbers, texts, bytes or None; raises `CompVizError` for anything else."""
        array = np.asarray(values)
        if array.dtype.kind in "iu":
            return cls(array.astype(np.float64), whole=True)
        if array.dtype.kind == "f":
            return cls(array.astype(np.float64))
        if array.dtype.kind in "US":
            return cls(None, np.array([plain_text(value) for value in array.tolist()], dtype=object))
        if array.dtype.kind != "O":
            raise CompVizError(f"labels are of type {array.dtype}, expected numbers or text")
        entries = array.tolist()
        if odd := [value for value in entries if isinstance(value, bool) or not is_entry(value)]:
            raise CompVizError(f"labels are of type {type(odd[0]).__name__}, expected numbers or text")
        there = [value for value in entries if value is not None]
        if any(isinstance(value, str | bytes) for value in there):
            return cls(None, np.array([plain_text(value) for value in entries], dtype=object))
        numbers = np.array([np.nan if value is None else value for value in entries], np.float64)
        return cls(numbers, whole=bool(there) and all(isinstance(value, int | np.integer) for value in there))

    def __len__(self) -> int:
        return len(self.numbers if self.numbers is not None else self.texts if self.texts is not None else ())


def is_entry(value: object) -> bool:
    """Whether a value can be a label or the lack of one."""
    return value is None or isinstance(value, str | bytes | int | float | np.integer | np.floating)


def plain_text(value: object) -> str:
    """A label as text, "" where there is none."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None or value != value else str(value)


def label_key(text: str) -> str:
    """What two spellings of a label have in common: neither capitals nor blanks count."""
    return " ".join(text.split()).casefold()


def is_no_label(text: str, reading: FileReading) -> bool:
    """Whether a text stands for no label: it is listed as that, or always means it and is not the name of a class."""
    key = label_key(text)
    if key in map(label_key, reading.unknown):
        return True
    return key in NO_LABEL and not (key and reading.task and key in map(label_key, reading.task.classes))


def numbers_in(texts: NDArray[np.object_], labelled: NDArray[np.bool_]) -> LabelColumn | None:
    """The numbers that texts `[N]` spell where they are `labelled`, `None` when no label is a number.

    Raises `CompVizError` when some are numbers and others words.
    """
    counts = Counter(texts[labelled].tolist())
    spelled = {text: tidy for text in counts if NUMBER.fullmatch(tidy := text.strip().replace("\u2212", "-").lower())}
    if not spelled:
        return None
    if words := sorted(set(counts) - set(spelled)):
        raise CompVizError(
            f"{sum(counts[text] for text in spelled):,} labels are numbers, such as {shortened(min(spelled), 60)!r}, and "
            f"{sum(counts[text] for text in words):,} are words, such as {shortened(words[0], 60)!r}. "
            f"Say which mean that there is no label, --unknown={shortened(','.join(words[:5]), 80)}, or write them all alike"
        )
    value = {text: float(tidy.replace(",", ".")) for text, tidy in spelled.items()}
    numbers = np.array(
        [value.get(text, np.nan) if there else np.nan for text, there in zip(texts, labelled, strict=True)]
    )
    return LabelColumn(numbers, whole=all(WHOLE.fullmatch(tidy) for tidy in spelled.values()))
