"""The coefficients a conversation would produce now, against a naive computation and what holds of any batch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from page_cases import write_case

from comp_viz.analysis.modulation.coefficients import conversation_coefficients
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.card import TrainingCard
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.figures.modulation.coefficients import coefficients_chart, coefficients_span
from comp_viz.figures.style import LIGHT

CASES = ("usual", "four modalities", "two modalities", "two utterances")


@pytest.fixture
def opened(tmp_path):
    def make(case="usual", **recipe):
        data = write_case(case, tmp_path)
        checkpoint = load_checkpoint(tmp_path / "checkpoints" / "case", "cpu")
        if recipe:
            training = TrainingCard("uniform(0.3)", 1, "validation", 0, recipe, 0.0)
            checkpoint = replace(checkpoint, card=replace(checkpoint.card, training=training))
        return checkpoint, data.conversations[5]

    return make


def naive(checkpoint, conversation, heads):
    """Coefficients before clipping, utterance by utterance."""
    task, labels = checkpoint.card.task, conversation.labels
    counted = [s for s, y in enumerate(labels) if not np.isnan(y) and (task.classes or y != task.neutral)]

    def error(u, s):
        y = heads[u][s].astype(float)
        return 1 - y[int(labels[s])] if task.classes else abs(y[0] - labels[s])

    def relative(u, v, s):
        return error(u, s) - error(v, s)

    out = np.full((len(labels), len(heads)), np.nan)
    for i, u in enumerate(heads):
        for s in counted:
            parts = []
            for v in heads:
                if v != u:
                    total = sum(relative(u, v, j) for j in counted)
                    parts.append((total - relative(u, v, s)) / total)
            out[s, i] = np.mean(parts)
    return out, counted


@pytest.mark.parametrize("case", CASES)
def test_coefficients_are_those_of_the_models_own_heads(case, opened):
    checkpoint, conversation = opened(case)
    result = conversation_coefficients(checkpoint, conversation, conversation.observed)
    heads = predict_conversation(checkpoint, conversation, conversation.observed).heads
    expected, counted = naive(checkpoint, conversation, heads)
    assert np.flatnonzero(result.counted).tolist() == counted
    np.testing.assert_allclose(
        result.raw, expected, rtol=2e-2, atol=2e-3
    )  # sums of small differences of rounded numbers
    np.testing.assert_allclose(result.clipped, np.clip(result.raw, 0, 2))


@pytest.mark.parametrize("case", CASES)
def test_the_mean_is_the_same_whatever_the_errors(case, opened):
    checkpoint, conversation = opened(case)
    for observed in (conversation.observed, conversation.observed & False):
        result = conversation_coefficients(checkpoint, conversation, observed)
        assert result.mean == pytest.approx(1 - 1 / result.count, abs=1e-4)
        assert result.expected_mean == 1 - 1 / result.count


def test_the_clip_range_is_that_of_the_recipe(opened):
    checkpoint, conversation = opened(clip=[0.9, 1.1], error="probability")
    result = conversation_coefficients(checkpoint, conversation, conversation.observed)
    assert result.clip == (0.9, 1.1)
    assert np.nanmin(result.clipped) >= np.float32(0.9)
    assert np.nanmax(result.clipped) <= np.float32(1.1)
    outside = (result.raw[result.counted] < 0.9) | (result.raw[result.counted] > 1.1)
    assert result.clipped_count == outside.sum() > 0
    unclipped = replace(
        checkpoint, card=replace(checkpoint.card, training=replace(checkpoint.card.training, recipe={"clip": None}))
    )
    assert conversation_coefficients(unclipped, conversation, conversation.observed).clipped_count == 0


def test_the_error_of_classes_is_that_of_the_recipe(opened):
    checkpoint, conversation = opened("four modalities", error="reference")
    with torch.inference_mode():
        result = conversation_coefficients(checkpoint, conversation, conversation.observed)
    assert result.error[result.counted].max() > 1  # a distance to a class number, no probability


def test_without_a_label_that_counts_there_are_none(opened):
    checkpoint, conversation = opened()
    unknown = replace(conversation, labels=np.full(len(conversation), np.nan, np.float32))
    neutral = replace(conversation, labels=np.zeros(len(conversation), np.float32))
    assert conversation_coefficients(checkpoint, unknown, unknown.observed) is None
    assert conversation_coefficients(checkpoint, neutral, neutral.observed) is None


def test_the_chart_marks_every_counted_utterance_and_crosses_what_is_clipped(opened):
    checkpoint, conversation = opened(clip=[0.9, 1.1])
    result = conversation_coefficients(checkpoint, conversation, conversation.observed)
    figure = coefficients_chart(result, result.table()[:0], conversation.words, 1, coefficients_span([result]), LIGHT)
    marks = [trace for trace in figure.data if trace.customdata is not None]
    assert len(marks) == 3
    for u, trace in enumerate(marks):
        assert trace.customdata.tolist() == np.flatnonzero(result.counted).tolist()
        np.testing.assert_allclose(trace.y, result.clipped[result.counted, u], atol=1e-4)
    crosses = [trace for trace in figure.data if trace.marker.symbol == "x-thin-open"]
    assert sum(len(trace.x) for trace in crosses) == result.clipped_count
    assert all("<b>" not in text.split("</b>", 1)[1] for text in marks[0].hovertext)
    low, high = coefficients_span([result])
    assert low < np.nanmin(result.clipped) <= np.nanmax(result.clipped) < high


def test_the_table_holds_every_entry(opened):
    checkpoint, conversation = opened()
    result = conversation_coefficients(checkpoint, conversation, conversation.observed)
    table = result.table()
    assert len(table) == result.raw.size
    row = table[(table["utterance"] == 3) & (table["modality"] == "text")].iloc[0]
    assert row["error"] == pytest.approx(result.error[2, 1], nan_ok=True)
