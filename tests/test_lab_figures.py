"""Attainable beside reached: what a checkpoint reaches, and the figures of the Lab page."""

from dataclasses import replace

import numpy as np
import pytest

from comp_viz.analysis.lab.attainable import attainable_at
from comp_viz.analysis.lab.reached import accuracy_with_error, reached_accuracy
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.conversation import Task
from comp_viz.data.lab.make import lab, lab_truth
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.patterns.pattern import PROTOCOL, Pattern
from comp_viz.errors import CompVizError
from comp_viz.evaluation.evaluate import evaluate
from comp_viz.figures.lab.attainable import attainable_chart, attainable_rates_chart
from comp_viz.figures.lab.heading import lab_heading
from comp_viz.figures.lab.truth import truth_chart
from comp_viz.figures.style import DARK, LIGHT


def test_what_is_reached_is_what_evaluation_says(small_checkpoint, small_lab):
    checkpoint = load_checkpoint(small_checkpoint)
    pattern = Pattern.parse("only(text)")
    (result,) = reached_accuracy(checkpoint, small_lab, [pattern])
    measured = evaluate(
        checkpoint.model, small_lab.task, checkpoint.standardise, small_lab.split("test"), "test", [pattern], 1
    )
    assert result.accuracy == pytest.approx(measured[0].mean["ACC"])


def test_data_that_do_not_fit_are_refused(small_checkpoint):
    with pytest.raises(CompVizError, match="Labels do not match"):
        reached_accuracy(
            load_checkpoint(small_checkpoint), lab(LabSettings(classes=3, conversations=(2, 2, 2))), PROTOCOL
        )


def test_the_error_is_that_of_drawing_conversations(rng):
    chance, lengths = 0.7, np.full(400, 10)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    counted = np.ones(4_000, bool)
    draws = [accuracy_with_error(rng.random(4_000) < chance, counted, starts) for _ in range(200)]
    spread = np.std([draw.accuracy for draw in draws])
    assert np.mean([draw.error for draw in draws]) == pytest.approx(spread, rel=0.15)
    halves = accuracy_with_error(np.arange(4_000) % 2 == 0, np.arange(4_000) % 2 == 0, starts)
    assert (halves.accuracy, halves.error) == (1, 0)


def test_the_shipped_model_stays_below_what_is_attainable():
    checkpoint = load_checkpoint("checkpoints/lab")
    data = lab()
    for estimate, (rate, best) in zip(
        reached_accuracy(checkpoint, data, PROTOCOL), attainable_at(LabSettings()).items(), strict=True
    ):
        assert estimate.accuracy < best.together.accuracy + 3 * estimate.error
        assert estimate.accuracy > best.without_context.accuracy - 0.02, rate


def test_the_heading_says_what_is_attainable_and_whether_the_checkpoint_reads_the_lab():
    assert lab_heading(0.841, 0.823) == ("84.1\u202f% accuracy is attainable; the open checkpoint reaches 82.3\u202f%")
    assert lab_heading(0.841, None) == "84.1\u202f% accuracy is attainable; the open checkpoint cannot read this lab"


def test_bars_and_diamonds_stand_for_their_numbers():
    limits = {"only audio": 0.7, "all, utterance by itself": 0.8, "all modalities": 0.9}
    figure = attainable_chart(limits, {"only audio": 0.6, "all modalities": 0.85}, 0.5, LIGHT)
    assert list(figure.data[0].x) == [0.7, 0.8, 0.9]
    assert list(figure.data[1].x) == [0.6, 0.85]
    assert list(figure.data[1].y) == [figure.data[0].y[0], figure.data[0].y[2]]
    assert figure.layout.meta == "Audio alone allows 70.0\u202f% accuracy, all modalities 90.0\u202f%"
    assert figure.layout.shapes[0].x0 == 0.5
    assert len(attainable_chart(limits, {}, 0.5, DARK).data) == 1
    lines = attainable_rates_chart({0: 0.9, 0.5: 0.8}, {0: 0.85, 0.5: 0.7}, {0: 0.86, 0.5: 0.75}, DARK)
    assert lines.layout.meta == "80.0\u202f% accuracy is attainable at missing rate 0.5"
    assert [line.name for line in lines.data] == [
        "best attainable", "best, utterance by itself", "reached by the open checkpoint",
    ]  # fmt: skip


@pytest.mark.parametrize("classes", [0, 3])
def test_the_truth_of_a_conversation_is_drawn_as_it_is(classes):
    settings = LabSettings(classes=classes, consensus=0.5, hard=0.5, conversations=(1, 1, 2), lengths=(12, 12))
    data = lab(settings)
    conversation = data.split("test")[0]
    truth = lab_truth(settings)[conversation.id]
    figure = truth_chart(
        data.task, data.modalities, truth.state, truth.expressed, truth.hard, conversation.labels, LIGHT
    )
    emotion, label, *otherwise = figure.data
    assert np.array_equal(emotion.y, truth.state)
    assert np.array_equal(label.y, conversation.labels)
    assert sum(len(trace.x) for trace in otherwise) == (truth.expressed != truth.state[:, None]).sum()
    assert len(figure.layout.shapes) == truth.hard.sum()
    if classes:
        assert list(figure.layout.yaxis.ticktext) == list(data.task.classes)


def test_predictions_for_classes_are_decided_by_the_likeliest(small_lab, small_checkpoint, monkeypatch):
    checkpoint = load_checkpoint(small_checkpoint)
    fitted = replace(small_lab, task=Task("emotion", ("a", "b")), conversations=tuple(
        replace(c, labels=np.ones_like(c.labels)) for c in small_lab.conversations
    ))  # fmt: skip
    monkeypatch.setattr("comp_viz.checkpoint.folder.Checkpoint.check", lambda self, data: None)
    logits = np.array([[0.0, 1.0]], np.float32)
    monkeypatch.setattr(
        "comp_viz.analysis.lab.reached.predict",
        lambda model, stream, observed: {"fused": np.repeat(logits, len(observed), 0)},
    )
    (result,) = reached_accuracy(checkpoint, fitted, [Pattern()])
    assert result.accuracy == 1
