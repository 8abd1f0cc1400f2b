from dataclasses import replace

import numpy as np
import pytest
import torch

from comp_viz.checkpoint.card import DataCard, read_card
from comp_viz.checkpoint.folder import load_checkpoint, save_checkpoint
from comp_viz.data.batch import Standardiser, Stream
from comp_viz.data.lab.make import lab
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.source import open_data
from comp_viz.evaluation.calibration import fit_temperature, probabilities, reliability
from comp_viz.evaluation.evaluate import predict
from comp_viz.network.model import ComP
from comp_viz.wording import percent
from recipes.clips import measure
from recipes.clips.measure import main
from recipes.clips.measured import cooled, measured_parts


def drawn(rng, N=4000, C=4, scale=1.0):
    """Logits, and labels drawn from the very probabilities that they mean; the logits then made `scale` times as large."""
    logits = 2 * rng.normal(size=(N, C))
    labels = np.array([rng.choice(C, p=p) for p in probabilities(logits)], float)
    return scale * logits, labels


def test_probabilities_are_a_softmax(rng):
    logits = rng.normal(size=(5, 4)) * 300
    np.testing.assert_allclose(probabilities(logits), torch.from_numpy(logits).softmax(1).numpy(), atol=1e-12)


def test_reliability_equals_a_naive_loop(rng):
    logits, labels = drawn(rng, 300)
    labels[::7] = np.nan
    result = reliability(logits, labels, bins=5)
    boxes = [[] for _ in range(5)]
    for y, label in zip(logits, labels, strict=True):
        if not np.isnan(label):
            p = np.exp(y) / np.exp(y).sum()
            boxes[min(4, int(p.max() * 5))].append((p.max(), p.argmax() == label))
    assert result.count == tuple(map(len, boxes))
    error = 0.0
    for n, box in enumerate(boxes):
        confidence, right = np.mean(box, axis=0) if box else (0, 0)
        assert (result.confidence[n], result.accuracy[n]) == pytest.approx((confidence, right))
        error += len(box) * abs(confidence - right) / sum(map(len, boxes))
    assert result.error == pytest.approx(error)


def test_probabilities_that_are_meant_are_reliable_and_exaggerated_ones_are_not(rng):
    assert reliability(*drawn(rng)).error < 0.03
    assert reliability(*drawn(rng, scale=4)).error > 0.15


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_an_exaggeration(rng, scale):
    logits, labels = drawn(rng, scale=scale)
    result = fit_temperature(logits, labels)
    assert result == pytest.approx(scale, rel=0.1)
    assert reliability(logits / result, labels).error < 0.03

    def loss(t):
        return -np.log(probabilities(logits / t)[np.arange(len(labels)), labels.astype(int)]).mean()

    assert loss(result) <= min(loss(result * 1.05), loss(result / 1.05))


def test_without_labels_nothing_is_changed():
    assert fit_temperature(np.ones((3, 4)), np.full(3, np.nan)) == 1.0
    assert reliability(np.ones((3, 4)), np.full(3, np.nan)).error == 0.0


def test_a_cooled_model_gives_divided_logits_and_is_a_copy(small_checkpoint, small_lab):
    checkpoint = load_checkpoint(small_checkpoint)
    stream = Stream(small_lab.split("test"), checkpoint.standardise, torch.device("cpu"))
    before = predict(checkpoint.model, stream, stream.utterances.observed)
    by = dict(zip(before, (2.0, 0.5, 4.0, 3.0), strict=True))
    after = predict(cooled(checkpoint.model, by), stream, stream.utterances.observed)
    unchanged = predict(checkpoint.model, stream, stream.utterances.observed)
    for name, divisor in by.items():
        np.testing.assert_allclose(after[name], before[name] / divisor, rtol=1e-4, atol=1e-6)
        np.testing.assert_array_equal(unchanged[name], before[name])


def test_parts_are_measured_by_themselves_and_stand_in_the_card(small_checkpoint, small_config, tmp_path):
    emotions = lab(LabSettings(conversations=(8, 3, 3), lengths=(4, 9), classes=4))
    torch.manual_seed(3)
    config = replace(small_config, outputs=4)
    standardise = Standardiser.fit(emotions.split("train"))
    card = replace(load_checkpoint(small_checkpoint).card, architecture=config, task=emotions.task)
    save_checkpoint(tmp_path / "emotions", ComP(config).eval(), card, standardise)
    checkpoint = load_checkpoint(tmp_path / "emotions")
    names = ("faces, test 0", "speech, test 0", "speech, test 1")
    conversations = [replace(c, id=name) for c, name in zip(emotions.split("test"), names, strict=True)]
    first = conversations[0]
    text = first.features["text"]
    conversations[0] = replace(
        first, observed=first.observed & [False, False, True], features=dict(first.features, text=0 * text)
    )
    parts = measured_parts(checkpoint.model, emotions.task, checkpoint.standardise, conversations)
    assert [(p.name, p.predictor) for p in parts] == [("faces", "fused"), ("faces", "video")] + [
        ("speech", name) for name in ("fused", "audio", "text", "video")
    ]
    stream = Stream(conversations[1:], checkpoint.standardise, torch.device("cpu"))
    predictions = predict(checkpoint.model, stream, stream.utterances.observed)
    labels = stream.utterances.labels
    for part in parts[2:]:
        known = ~np.isnan(labels)
        assert part.utterances == known.sum()
        assert part.metrics["ACC"] == pytest.approx(
            np.mean(predictions[part.predictor].argmax(1)[known] == labels[known])
        )
        assert part.majority == np.bincount(labels[known].astype(int)).max() / known.sum()
        assert part.reliability == reliability(predictions[part.predictor], labels)

    card = replace(checkpoint.card, parts=parts, temperature={"fused": 1.25})
    save_checkpoint(tmp_path / "measured", checkpoint.model, card, checkpoint.standardise)
    assert read_card(tmp_path / "measured" / "config.json").parts == parts
    readme = (tmp_path / "measured" / "README.md").read_text()
    assert f"| speech | audio | {parts[3].utterances} |" in readme
    assert percent(parts[3].metrics["ACC"], 1) in readme
    assert "fused 1.25" in readme


def test_an_interrupted_measurement_goes_on_with_its_temperatures(
    small_checkpoint, small_config, tmp_path, monkeypatch
):
    """Calibrated twice, a card would say of divided logits that they were divided by 1."""
    name = "lab(classes=4, conversations=8/3/3, lengths=4/9)"
    emotions, folder = open_data(name), tmp_path / "emotions"
    torch.manual_seed(3)
    model = ComP(replace(small_config, outputs=4)).eval()
    card = replace(load_checkpoint(small_checkpoint).card, architecture=model.config, task=emotions.task)
    card = replace(card, data=DataCard(emotions.name, emotions.digest, emotions.licence))
    save_checkpoint(folder, model, card, Standardiser.fit(emotions.split("train")))

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(measure, "measured_parts", killed)
        assert main([str(folder), "--data", name]) == 130
    by = load_checkpoint(folder).card.temperature
    assert by["fused"] != pytest.approx(1, abs=0.05)
    assert main([str(folder), "--data", name]) == 0
    assert load_checkpoint(folder).card.temperature == by
    assert load_checkpoint(folder).card.parts
    assert main([str(folder), "--data", name]) == 2
