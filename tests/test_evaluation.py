"""Evaluation against metrics by hand."""

from dataclasses import replace

import numpy as np
import pytest
from runs import HALF

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.batch import Batch
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.patterns.realised import realised_rates
from comp_viz.errors import CompVizError
from comp_viz.evaluation.evaluate import evaluate
from comp_viz.evaluation.metrics import metrics

pytestmark = pytest.mark.usefixtures("few_measurements")


@pytest.mark.parametrize("scope", ["bank", "conversation"])
def test_evaluation_equals_metrics_by_hand(whole, small_lab, scope):
    checkpoint = load_checkpoint(whole[0])
    conversations = small_lab.split("test")
    texts = ("uniform(0)", "uniform(0.6)", "rates(text=0.5) + outage(audio, 2, 3)", "only(text)")
    patterns = [Pattern.parse(text) for text in texts]
    result = evaluate(
        checkpoint.model, small_lab.task, checkpoint.standardise, conversations, "test", patterns, 3, scope
    )
    assert [(m.pattern, m.seeds, m.predictor) for m in result] == [
        (text, seeds, name)
        for text, seeds in zip(texts, (1, 3, 3, 1), strict=True)
        for name in ("fused", "audio", "text", "video")
    ]
    labels = np.concatenate([c.labels for c in conversations])
    utterances = Utterances.of(conversations)
    for pattern in patterns:
        runs_by_hand, drawn = [], []
        for seed in range(3 if pattern.random else 1):
            shown = pattern(utterances, small_lab.task, np.random.default_rng(seed))
            drawn.append(realised_rates(utterances.observed, shown, utterances.modalities))
            scores, at = {name: [] for name in ("fused", "audio", "text", "video")}, 0
            for c in conversations:
                batch = Batch.of([c], checkpoint.standardise).showing(shown[at : at + len(c)])
                at += len(c)
                out = checkpoint.model(batch.features, batch.observed, batch.valid, scope)
                for name, y in {"fused": out.fused, **out.heads}.items():
                    scores[name].append(y[0].numpy())
            runs_by_hand.append({k: metrics(small_lab.task, np.concatenate(v), labels) for k, v in scores.items()})
        for m in result:
            if m.pattern == str(pattern):
                assert m.missing_rate == pytest.approx(np.mean([one.rate for one in drawn]))
                for u, share in m.realised.items():
                    assert share == pytest.approx(np.mean([one.by_modality[u] for one in drawn]))
                for metric in ("ACC", "F1", "MAE", "CORR"):
                    values = [run[m.predictor][metric] for run in runs_by_hand]
                    assert m.mean[metric] == pytest.approx(np.mean(values), abs=1e-4)
                    assert m.std[metric] == pytest.approx(np.std(values), abs=1e-4)


def test_evaluation_does_not_depend_on_the_chunk(whole, small_lab, monkeypatch):
    checkpoint = load_checkpoint(whole[0])
    given = (checkpoint.model, small_lab.task, checkpoint.standardise, small_lab.split("train"), "train", HALF, 2)
    before = evaluate(*given)
    monkeypatch.setattr("comp_viz.data.batch.EVALUATED_TOGETHER", 3)
    for first, second in zip(before, evaluate(*given), strict=True):
        assert first.mean == pytest.approx(second.mean, abs=1e-5)


def test_conversations_longer_than_the_model_reads_are_refused_before_evaluation(whole, small_lab):
    checkpoint = load_checkpoint(whole[0])
    long = replace(small_lab.split("test")[0], id="long/one")
    while len(long) <= 10:
        doubled = {name: np.concatenate([x, x]) for name, x in long.features.items()}
        arrays = {name: np.concatenate([getattr(long, name)] * 2) for name in ("observed", "labels", "durations")}
        texts = {name: getattr(long, name) * 2 for name in ("words", "context", "speakers")}
        long = replace(long, features=doubled, **arrays, **texts)
    given = [*small_lab.split("test"), long]
    with pytest.raises(
        CompVizError, match=r"'long/one' has \d+ utterances, but max_length of the model is 10 \(1 of 4"
    ):
        evaluate(checkpoint.model, small_lab.task, checkpoint.standardise, given, "test", HALF, 1)


def test_what_is_not_defined_is_none(whole, small_lab):
    checkpoint = load_checkpoint(whole[0])
    neutral = [replace(c, labels=np.zeros_like(c.labels)) for c in small_lab.split("test")]
    result = evaluate(checkpoint.model, small_lab.task, checkpoint.standardise, neutral, "test", HALF[:1], 1)
    assert result[0].mean["ACC"] is None
    assert result[0].mean["CORR"] is None
    assert result[0].mean["MAE"] > 0


def test_the_card_s_measurements_are_those_of_the_saved_weights(whole, small_lab):
    out, card = whole
    checkpoint = load_checkpoint(out)
    again = evaluate(checkpoint.model, small_lab.task, checkpoint.standardise, small_lab.split("test"), "test", HALF, 2)
    assert tuple(again) == card.measurements
    assert "## Measured" in (out / "README.md").read_text()
