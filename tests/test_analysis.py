from dataclasses import replace

import numpy as np
import pytest

from comp_viz.analysis.live.change import change
from comp_viz.analysis.prediction import Prediction, decide, predict_conversation, true_decisions
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.conversation import Task
from comp_viz.figures.live.heading import weight_sentence
from comp_viz.figures.live.timeline import timeline_title

SCORE = Task("sentiment", low=1, high=7, neutral=5)
CLASSES = Task("emotion", ("calm", "glad", "cross"))


def made(task, fused, observed, coordinator=None):
    fused = np.asarray(fused, np.float32)
    fused = fused[:, None] if fused.ndim == 1 else fused
    observed = np.asarray(observed, bool)
    weights = np.full(observed.shape, 1 / observed.shape[1], np.float32) if coordinator is None else coordinator
    heads = dict.fromkeys(("audio", "text", "video"), fused)
    return Prediction(task, observed, fused, heads, np.asarray(weights, np.float32), tuple(heads))


def test_scores_are_in_label_units_and_probabilities_sum_to_1(small_checkpoint, small_lab):
    checkpoint = load_checkpoint(small_checkpoint)
    conversation = small_lab.conversations[0]
    here = predict_conversation(checkpoint, conversation, conversation.observed)
    shifted = replace(checkpoint, card=replace(checkpoint.card, task=SCORE))
    moved = predict_conversation(shifted, conversation, conversation.observed)
    np.testing.assert_allclose(moved.fused, here.fused + 5, rtol=1e-5)
    np.testing.assert_allclose(here.coordinator.sum(1), 1, atol=1e-5)


def test_what_the_recording_lacks_stays_missing_whatever_is_asked(small_checkpoint, small_lab):
    whole = small_lab.conversations[0]
    lacking = replace(whole, observed=whole.observed & np.array([True, False, True]))
    checkpoint = load_checkpoint(small_checkpoint)
    prediction = predict_conversation(checkpoint, lacking, np.ones_like(whole.observed))
    kept = predict_conversation(checkpoint, lacking, lacking.observed)
    np.testing.assert_array_equal(prediction.fused, kept.fused)
    assert not prediction.observed[:, 1].any()


def test_decisions_and_truth_follow_the_protocol():
    assert decide(SCORE, np.array([[5.1], [4.9], [5.0]])).tolist() == [1, 0, 0]
    assert true_decisions(SCORE, np.array([5.2, 4, 5, np.nan], np.float32)).tolist() == [1, 0, -1, -1]
    assert decide(CLASSES, np.array([[0.2, 0.7, 0.1]])).tolist() == [1]
    assert true_decisions(CLASSES, np.array([0, 2, np.nan], np.float32)).tolist() == [0, 2, -1]


def test_change_counts_flips_accuracy_and_the_furthest_move():
    complete = made(SCORE, [6, 4, 5.5, 3], np.ones((4, 3)))
    here = made(SCORE, [6, 5.5, 4.5, 3.2], [[1, 0, 1], [1, 0, 1], [1, 0, 1], [1, 0, 1]])
    changed = change(here, complete, np.array([6, 4, 6, 5], np.float32))
    assert changed.flipped.tolist() == [False, True, True, False]
    np.testing.assert_allclose(changed.difference, [0, 1.5, -1, 0.2], atol=1e-6)
    assert changed.most_changed == 1
    assert (changed.complete_accuracy, changed.accuracy) == (1, pytest.approx(1 / 3))
    assert changed.missing == {"audio": 0, "text": 4, "video": 0}
    assert changed.missing_share == pytest.approx(1 / 3)


def test_change_of_classes_is_that_of_the_complete_decisions_probability():
    complete = made(CLASSES, [[0.1, 0.8, 0.1]], np.ones((1, 3)))
    here = made(CLASSES, [[0.6, 0.3, 0.1]], [[1, 0, 0]])
    changed = change(here, complete, np.array([np.nan], np.float32))
    np.testing.assert_allclose(changed.difference, [-0.5], atol=1e-6)
    assert changed.flipped.all()
    assert changed.accuracy is None


@pytest.mark.parametrize(
    ("observed", "scores", "sentence"),
    [
        (np.ones((2, 3)), [6, 4], "Nothing is taken away: predictions for 2 utterances as recorded"),
        ([[1, 0, 1], [1, 0, 1]], [6, 4], "Without text, none of 2 predictions flip; accuracy stays at 100\u202f%"),
        ([[1, 0, 1], [1, 1, 1]], [4, 4], "With a single entry missing, 1 of 2 predictions flips; accuracy falls from 100\u202f% to 50\u202f%"),
        ([[1, 0, 0], [1, 0, 0]], [4, 6], "Without text and video, 2 of 2 predictions flip; accuracy falls from 100\u202f% to 0\u202f%"),
        ([[0, 0, 0], [0, 0, 0]], [6, 6], "With everything missing, 1 of 2 predictions flips; accuracy falls from 100\u202f% to 50\u202f%"),
        ([[1, 0, 0], [1, 1, 1]], [6, 4], "With 33\u202f% of entries missing, none of 2 predictions flip; accuracy stays at 100\u202f%"),
    ],
)  # fmt: skip
def test_the_sentence_says_what_happened(observed, scores, sentence):
    complete = made(SCORE, [6, 4], np.ones((2, 3)))
    changed = change(made(SCORE, scores, observed), complete, np.array([6, 4], np.float32))
    assert timeline_title(changed) == sentence


def test_the_sentence_names_the_weight_that_moved_most():
    complete = made(SCORE, [6, 4], np.ones((2, 3)), [[0.3, 0.4, 0.3]] * 2)
    here = made(SCORE, [6, 4], [[1, 0, 1]] * 2, [[0.35, 0.2, 0.45]] * 2)
    assert weight_sentence(change(here, complete, np.array([6, 4], np.float32))) == (
        "The mean coordinator weight of text falls from 0.40 to 0.20."
    )


def test_a_modality_the_recording_never_had_is_not_called_taken_away():
    never = np.array([[1, 1, 0], [1, 1, 0]], bool)
    complete = made(SCORE, [6, 4], never)
    here = made(SCORE, [6, 4], [[1, 0, 0], [1, 0, 0]])
    assert timeline_title(change(here, complete, np.array([6, 4], np.float32))).startswith("Without text,")


def test_a_title_stays_a_line_whatever_modalities_are_called():
    names = ("electrodermal activity", "facial landmarks", "prosody of the voice")
    complete, here = (
        replace(
            made(SCORE, scores, observed), heads=dict.fromkeys(names, np.zeros((2, 1), np.float32)), modalities=names
        )
        for scores, observed in (([6, 4], np.ones((2, 3))), ([4, 4], [[0, 1, 0], [0, 1, 0]]))
    )
    title = timeline_title(change(here, complete, np.array([6, 4], np.float32)))
    assert title == "With 67\u202f% missing, 1 of 2 predictions flips; accuracy falls from 100\u202f% to 50\u202f%"
