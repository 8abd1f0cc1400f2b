"""Metrics against scikit-learn, and the protocols around them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, mean_absolute_error

from comp_viz.data.conversation import Task
from comp_viz.evaluation.metrics import class_metrics, correlation, metrics

SCORE = Task("sentiment")
HAZUMI = Task("sentiment", low=1, high=7, neutral=5)
FOUR = Task("emotion", ("a", "b", "c", "d"))


@given(seed=st.integers(0, 10**6), n=st.integers(1, 60), classes=st.integers(2, 6))
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore")
def test_class_metrics_agree_with_scikit_learn(seed, n, classes):
    rng = np.random.default_rng(seed)
    truth, predicted = rng.integers(0, classes, (2, n))
    result = class_metrics(predicted, truth, classes)
    assert result["ACC"] == pytest.approx(accuracy_score(truth, predicted))
    assert result["F1"] == pytest.approx(f1_score(truth, predicted, average="weighted", zero_division=0))
    assert result["UA"] == pytest.approx(balanced_accuracy_score(truth, predicted))


def test_classes_come_from_the_largest_logit():
    logits = np.float32([[0, 3, 1, 2], [9, 0, 0, 0], [0, 0, 0, 1]])
    assert metrics(FOUR, logits, np.float32([1, 0, 2]))["ACC"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("task", [SCORE, HAZUMI])
def test_sign_metrics_agree_with_scikit_learn_and_drop_exactly_the_neutral(task):
    rng = np.random.default_rng(3)
    labels = (task.neutral + rng.integers(-4, 5, 400) / 2).astype(np.float32)
    labels[:5] = task.neutral + np.float32(1e-3)  # almost neutral is not neutral
    scores = rng.standard_normal((400, 1)).astype(np.float32)
    scores[:20] = 0
    result = metrics(task, scores, labels)
    kept = labels != task.neutral
    assert 0 < (~kept).sum() < 100
    truth, predicted = labels[kept] > task.neutral, scores[kept, 0] > 0
    assert result["ACC"] == pytest.approx(accuracy_score(truth, predicted))
    assert result["F1"] == pytest.approx(f1_score(truth, predicted, average="weighted"))
    assert result["MAE"] == pytest.approx(mean_absolute_error(labels - task.neutral, scores[:, 0]), rel=1e-5)
    assert result["CORR"] == pytest.approx(np.corrcoef(labels, scores[:, 0])[0, 1], rel=1e-5)


@pytest.mark.parametrize(("task", "C"), [(SCORE, 1), (FOUR, 4)])
def test_utterances_without_a_label_are_left_out(task, C):
    rng = np.random.default_rng(0)
    predictions, labels = rng.standard_normal((50, C)), rng.integers(0, 4, 50).astype(np.float32)
    unknown = rng.random(50) < 0.4
    some = np.where(unknown, np.nan, labels)
    assert metrics(task, predictions, some) == metrics(task, predictions[~unknown], labels[~unknown])


@pytest.mark.parametrize(("task", "C"), [(SCORE, 1), (FOUR, 4)])
@pytest.mark.parametrize("n", [0, 5])
def test_what_cannot_be_computed_is_nan(task, C, n):
    result = metrics(task, np.zeros((n, C), np.float32), np.full(n, np.nan, np.float32))
    assert list(result) == (["ACC", "UA", "F1"] if task.classes else ["ACC", "F1", "MAE", "CORR"])
    assert all(np.isnan(value) for value in result.values())


def test_only_neutral_labels_still_have_a_distance():
    result = metrics(SCORE, np.float32([[1], [-1]]), np.zeros(2, np.float32))
    assert np.isnan(result["ACC"])
    assert result["MAE"] == 1


def test_correlation_needs_two_values_that_vary():
    assert np.isnan(correlation(np.array([1.0]), np.array([2.0])))
    assert np.isnan(correlation(np.ones(4), np.arange(4.0)))
    assert correlation(np.arange(4.0), -2 * np.arange(4.0)) == pytest.approx(-1)


def test_perfect_predictions_are_perfect():
    labels = np.float32([1, 2, 6, 7, 5, 3.5])
    assert metrics(HAZUMI, (labels - 5)[:, None], labels) == pytest.approx({"ACC": 1, "F1": 1, "MAE": 0, "CORR": 1})
    assert metrics(FOUR, np.eye(4), np.arange(4.0)) == {"ACC": 1, "UA": 1, "F1": 1}


def test_values_are_plain_floats():
    for result in (
        metrics(SCORE, np.float32([[1], [2]]), np.float32([1, 2])),
        metrics(FOUR, np.eye(4), np.arange(4.0)),
    ):
        assert all(type(value) is float for value in result.values())
