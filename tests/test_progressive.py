"""Measurements made part by part: order, a moment at a time, and nothing measured twice."""

from collections.abc import Callable

import pytest

from comp_viz.ui.cache import progressive
from comp_viz.ui.cache.progressive import MeasuredParts, ProgressiveMeasurement, measure_for_a_moment, open_parts


@pytest.fixture
def make() -> Callable[..., ProgressiveMeasurement]:
    """A measurement of some parts that notes, under its name, what it measures: `make(name, parts)`; `make.log` is the notes."""
    log: list[str] = []

    def begin(name: str, parts: str, measured: MeasuredParts | None = None) -> ProgressiveMeasurement:
        def measure(part: str) -> str:
            log.append(f"{name}{part}")
            return part.upper()

        return ProgressiveMeasurement(parts, measured or MeasuredParts(), measure)

    begin.log = log
    return begin


def test_parts_are_measured_in_order_and_measurements_in_turn(make, monkeypatch):
    monkeypatch.setattr(progressive, "MOMENT", 1e9)
    first, second = make("1", "abc"), make("2", "xy")
    assert [part for _, part in open_parts([first, second])] == ["a", "x", "b", "y", "c"]
    measure_for_a_moment([first, second])
    assert make.log == ["1a", "2x", "1b", "2y", "1c"]
    assert first.values == {"a": "A", "b": "B", "c": "C"}
    assert open_parts([first, second]) == []


def test_a_moment_ends_after_the_part_that_outlasts_it(make, monkeypatch):
    monkeypatch.setattr(progressive, "MOMENT", 0.0)
    measurement = make("", "abc")
    assert not measurement.begun
    for expected in ("a", "ab", "abc", "abc"):
        measure_for_a_moment([measurement])
        assert measurement.begun
        assert "".join(measurement.values) == expected


def test_what_another_visitor_measured_is_there(make, monkeypatch):
    monkeypatch.setattr(progressive, "MOMENT", 1e9)
    shared = MeasuredParts()
    mine, other = make("mine ", "ab", shared), make("other ", "bc", shared)
    measure_for_a_moment([other])
    assert mine.values == {"b": "B"}  # of its own parts alone
    measure_for_a_moment([mine])
    assert make.log == ["other b", "other c", "mine a"]
    assert list(mine.values) == ["a", "b"]
