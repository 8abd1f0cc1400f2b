"""Counts of equal utterances in feature space: one a place, off every mark and off one another."""

import numpy as np
import pytest

from comp_viz.analysis.prototypes.feature_space import Cloud
from comp_viz.figures.prototypes.equal_counts import PANEL, count_labels
from comp_viz.figures.style import LIGHT

ENDS = [[0.0, 10.0], [-1.0, 1.0]]


def crowded(rng, dims):
    """Three modalities whose missing utterances lie near one another, amid crosses, as before propagation."""
    clouds, middle = [], np.array([5, 0, 0][:dims])
    for name, count in (("audio", 55), ("text", 3), ("video", 2)):
        missing = np.tile(rng.normal(0, 0.05, dims) + middle, (count, 1))
        at = np.concatenate([missing, rng.uniform(0, 1, (4, dims))]).astype(np.float32)
        clouds.append(Cloud("encoded", name, np.arange(len(at)), at, at))
    crosses = rng.normal(0, 0.1, (30, dims)) * 2 + middle
    return clouds, np.concatenate([*(cloud.at for cloud in clouds), crosses])


def in_pixels(x, y):
    return (np.array([x, y]) - [ENDS[0][0], ENDS[1][0]]) / [10, 2] * PANEL


def spot_of(label):
    """The middle of a number, in pixels of its panel."""
    return in_pixels(label["x"], label["y"]) + np.array([label["ax"], -label["ay"]])


def test_a_count_lies_on_no_mark_and_on_no_other_count(rng):
    clouds, marks = crowded(rng, 2)
    labels = count_labels(clouds, marks, ENDS, LIGHT, 0)
    assert [label["text"] for label in labels] == ["×55", "×3"]  # of two equal ones nothing is said
    spots = [spot_of(label) for label in labels]
    for spot in spots:
        assert min(np.linalg.norm(spot - in_pixels(x, y)) for x, y in marks) > 20
        assert ((spot > 0) & (spot < PANEL)).all()
    assert abs(spots[0][1] - spots[1][1]) >= 16
    assert all(label["bgcolor"] == LIGHT.ground and label["font"]["size"] >= 12 for label in labels)


@pytest.mark.parametrize("corner", [(0, -1), (0, 1), (10, -1), (10, 1)])
def test_a_count_in_a_corner_is_not_cut_off(corner):
    at = np.tile(np.float32(corner), (4, 1))
    (label,) = count_labels([Cloud("fused", "", np.arange(4), at, at)], at, ENDS, LIGHT, 2)
    assert ((spot_of(label) >= 14) & (spot_of(label) <= PANEL - 14)).all()
    assert (label["xref"], label["yref"]) == ("x3", "y3")


def test_in_three_dimensions_counts_are_above_each_other(rng):
    clouds, marks = crowded(rng, 3)
    labels = count_labels(clouds, marks, [*ENDS, [-1.0, 1.0]], LIGHT, 0)
    assert abs(labels[0]["ay"] - labels[1]["ay"]) >= 16
    assert all("z" in label and "xref" not in label for label in labels)


def test_different_utterances_have_no_count(rng):
    at = rng.uniform(0, 1, (9, 2)).astype(np.float32)
    assert count_labels([Cloud("encoded", "text", np.arange(9), at, at)], at, ENDS, LIGHT, 0) == []
