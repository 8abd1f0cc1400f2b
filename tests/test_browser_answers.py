"""What a browser says of a pattern counts only where it is an answer to it, and only for its own session."""

import numpy as np
import pytest

from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Task
from comp_viz.ui.live.availability_matrix import answer_lists, columns_text, parse_columns
from comp_viz.ui.live.browser_answers import read_answer

OBSERVED = np.array([[True, False], [True, True], [False, True]])


def prediction(classes=("a", "b"), seed=0) -> Prediction:
    rng = np.random.default_rng(seed)
    width = len(classes) or 1
    draw = lambda columns: rng.random((3, columns), dtype=np.float32)  # noqa: E731
    return Prediction(
        Task("emotion", classes), OBSERVED, draw(width), {"x": draw(width), "y": draw(width)}, draw(2), ("x", "y")
    )


@pytest.mark.parametrize("classes", [("a", "b"), ()], ids=["classes", "scores"])
def test_an_answer_is_read_as_it_is_written(classes):
    sent, like = prediction(classes, seed=1), prediction(classes, seed=2)
    read = read_answer(answer_lists(sent), like, OBSERVED)
    assert read is not None
    np.testing.assert_allclose(read.fused, sent.fused, atol=1e-5)
    np.testing.assert_allclose(read.coordinator, sent.coordinator, atol=1e-5)
    assert read.heads.keys() == sent.heads.keys()
    assert (read.task, read.modalities, read.weights_from) == (sent.task, sent.modalities, sent.weights_from)


SPOILT = {
    "nothing": lambda answer: None,
    "a text": lambda answer: "x",
    "no heads": lambda answer: answer | {"heads": None},
    "one head": lambda answer: answer | {"heads": {"x": answer["heads"]["x"]}},
    "a row less": lambda answer: answer | {"fused": answer["fused"][1:]},
    "rows of unequal length": lambda answer: answer | {"fused": [[1], [1, 2], [3]]},
    "no number": lambda answer: answer | {"weights": [["x", "y"]] * 3},
    "infinite": lambda answer: answer | {"fused": [[float("inf"), 0]] * 3},
    "not a number": lambda answer: answer | {"fused": [[None, 0]] * 3},
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=list(SPOILT))
def test_what_is_no_answer_is_not_taken(spoil):
    assert read_answer(spoil(answer_lists(prediction())), prediction(), OBSERVED) is None


def test_a_matrix_survives_the_way_to_the_browser_and_back():
    np.testing.assert_array_equal(parse_columns(columns_text(OBSERVED), OBSERVED.shape), OBSERVED)
    assert parse_columns(["10", "01"], OBSERVED.shape) is None
