"""Long measurements made part by part: what one visitor had measured, the next one finds done."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Any, Generic, TypeVar

MOMENT = 0.4  # seconds of measuring between two looks at the page
ONE_AT_A_TIME = threading.Lock()  # two who measure at once would only slow each other down, and everybody else
PartT = TypeVar("PartT")  # hashable: what is measured in one go
ValueT = TypeVar("ValueT")  # what is kept of it


@dataclass(frozen=True)
class MeasuredParts(Generic[PartT, ValueT]):
    """The parts measured so far; grows, shared by all visitors who ask the same."""

    values: dict[PartT, ValueT] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)  # so that no two visitors measure the same part


@dataclass(frozen=True)
class ProgressiveMeasurement(Generic[PartT, ValueT]):
    """Parts to measure in their order, and how to measure one."""

    parts: Sequence[PartT]
    measured: MeasuredParts[PartT, ValueT]
    measure: Callable[[PartT], ValueT]

    @property
    def values(self) -> dict[PartT, ValueT]:
        """What is measured so far of these parts, in their order."""
        return {part: self.measured.values[part] for part in self.parts if part in self.measured.values}

    @property
    def begun(self) -> bool:
        """Whether any part is measured."""
        return any(part in self.measured.values for part in self.parts)

    def add(self, part: PartT) -> None:
        """Measure a part, unless it is measured already."""
        with self.measured.turn:
            if part not in self.measured.values:
                self.measured.values[part] = self.measure(part)


Measurements = Sequence[ProgressiveMeasurement[Any, Any]]


def open_parts(measurements: Measurements) -> list[tuple[ProgressiveMeasurement[Any, Any], Any]]:
    """What is still to be measured: the first part of every measurement, then the second of every one, and so on."""
    in_turn = chain.from_iterable(zip_longest(*([(one, part) for part in one.parts] for one in measurements)))
    return [pair for pair in in_turn if pair and pair[1] not in pair[0].measured.values]


def measure_for_a_moment(measurements: Measurements) -> None:
    """Measure open parts in their order until a moment has gone by; nothing while another visitor measures."""
    if not ONE_AT_A_TIME.acquire(blocking=False):
        return
    try:
        end = time.monotonic() + MOMENT
        for measurement, part in open_parts(measurements):
            measurement.add(part)
            if time.monotonic() > end:
                return
    finally:
        ONE_AT_A_TIME.release()
