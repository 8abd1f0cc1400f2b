"""The shuffle test of the coordinator: weights of other utterances, and what they do to accuracy."""

import numpy as np
import pytest
import torch
from page_cases import array, figures, write_case

from comp_viz.analysis.coordinator.reweighting import EQUAL, LEARNED
from comp_viz.analysis.coordinator.shuffle import AMONG_ALIKE, EXCHANGED, MEAN, compare_shuffled, exchange, shuffle_test
from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.prediction import decision_accuracy, predict_conversation, true_decisions
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.conversation import Conversation, Task
from comp_viz.data.dataset import Utterances
from comp_viz.evaluation.evaluate import predict
from comp_viz.figures.coordinator.shuffle import shuffle_chart, shuffle_title
from comp_viz.figures.style import LIGHT
from comp_viz.network.intervention import Intervention


@pytest.fixture(scope="module")
def opened(request, tmp_path_factory):
    """A data set, its test split, and a checkpoint whose coordinator tells utterances apart."""
    folder = tmp_path_factory.mktemp("shuffle")
    data = write_case(request.param, folder)
    checkpoint = load_checkpoint(folder / "checkpoints" / "case")
    with torch.no_grad():  # untrained weights are small, and features all but the same
        for parameter in checkpoint.comp.parameters():
            parameter.mul_(2)
    stream = Stream(data.split("test"), checkpoint.standardise, torch.device("cpu"))
    scores = predict(checkpoint.model, stream, stream.utterances.observed)["fused"]
    with torch.no_grad():  # so that decisions are of both kinds
        checkpoint.comp.fused_head.bias -= torch.from_numpy(np.median(scores, axis=0))
    return data, checkpoint, stream


def test_weights_stay_within_their_group_and_every_one_is_given_once():
    groups = np.array([0, 1, 0, 1, 1, 2, 0, 1])
    orders = {tuple(exchange(groups, np.random.default_rng(seed)).tolist()) for seed in range(20)}
    assert len(orders) > 10
    for order in orders:
        assert sorted(order) == list(range(8))
        assert (groups[list(order)] == groups).all()


@pytest.mark.parametrize("opened", ["usual", "six classes"], indirect=True)
def test_numbers_are_those_of_single_conversations_run_by_themselves(opened):
    data, checkpoint, stream = opened
    test = shuffle_test(checkpoint, data.task, stream, "only(audio, text)", seed=3)
    conversations = data.split("test")
    shown = [c.observed & np.isin(data.modalities, ["audio", "text"]) for c in conversations]
    truth = true_decisions(data.task, np.concatenate([c.labels for c in conversations]))

    def accuracy(**changed):
        each = [
            predict_conversation(checkpoint, c, o, Intervention(**changed))
            for c, o in zip(conversations, shown, strict=True)
        ]
        return decision_accuracy(np.concatenate([one.decisions() for one in each]), truth)

    insides = [look_inside(checkpoint, c, o) for c, o in zip(conversations, shown, strict=True)]
    weights = np.concatenate([inside.prediction.coordinator for inside in insides])
    mean = weights.mean(0, dtype=np.float64)
    assert test.row(LEARNED)["ACC"] == pytest.approx(accuracy())
    assert test.row(EQUAL)["ACC"] == pytest.approx(accuracy(weights=(1 / 3,) * 3))
    assert test.row(MEAN)["ACC"] == pytest.approx(accuracy(weights=tuple((mean / mean.sum()).tolist())))
    assert test.row(MEAN)["difference"] == pytest.approx(test.row(MEAN)["ACC"] - test.row(LEARNED)["ACC"])
    assert test.utterances == int((truth >= 0).sum())


@pytest.mark.parametrize("opened", ["usual"], indirect=True)
def test_a_coordinator_that_says_the_same_everywhere_loses_nothing(opened, monkeypatch):
    data, checkpoint, stream = opened
    told_apart = shuffle_test(checkpoint, data.task, stream, "found")
    assert told_apart.row(EXCHANGED)["differ"] > 0
    last = checkpoint.comp.coordinator[3]
    monkeypatch.setattr(last, "weight", torch.nn.Parameter(torch.zeros_like(last.weight)))
    blind = shuffle_test(checkpoint, data.task, stream, "found")
    same = blind.rows.set_index("weights").loc[[EXCHANGED, AMONG_ALIKE, MEAN], ["difference", "differ"]]
    assert not same.to_numpy().any()


def test_a_lead_that_every_conversation_has_is_told_from_chance():
    rng = np.random.default_rng(0)
    scale = Task("sentiment")
    lengths = [30] * 12
    labels = rng.choice([-1.0, 1.0], size=360).astype(np.float32)
    utterances = labelled_utterances(labels, lengths)
    right = labels[None, :, None].copy()
    worse = np.repeat(right, 4, 0)
    worse[:, ::3] *= -1  # a third wrong, everywhere
    test = compare_shuffled(scale, {LEARNED: right, EXCHANGED: worse}, utterances)
    one = test.row(EXCHANGED)
    assert one["difference"] == pytest.approx(-1 / 3)
    assert one["high"] < 0
    assert one["differ"] == pytest.approx(1 / 3)
    assert shuffle_title(test).startswith("Exchanging weights between utterances moves accuracy by −33.3 points")
    same = compare_shuffled(scale, {LEARNED: right, EXCHANGED: np.repeat(right, 4, 0)}, utterances)
    assert "within chance" in shuffle_title(same)
    assert len(shuffle_title(test)) <= 90


def labelled_utterances(labels, lengths):
    """Utterances with these labels, of which nothing else is asked."""
    ends = np.cumsum(lengths)
    return Utterances.of(
        [
            Conversation(
                f"c{i}", {"audio": np.zeros((n, 1), np.float32)}, np.ones((n, 1), bool), labels[end - n : end],
                ("",) * n, ("",) * n, ("",) * n, np.full(n, np.nan, np.float32), "test",
            )
            for i, (n, end) in enumerate(zip(lengths, ends, strict=True))
        ]
    )  # fmt: skip


def test_the_page_shows_it_behind_a_switch(open_case, tmp_path):
    app, data = open_case("coordinator", "usual", weighing="Other weights", pattern="uniform(0.5)", seed="2")
    assert "shuffle" not in figures(app)
    app.toggle(key="shuffled").set_value(True).run()
    assert not app.exception
    checkpoint = load_checkpoint(tmp_path / "checkpoints" / "case")
    stream = Stream(data.split("test"), checkpoint.standardise, torch.device("cpu"))
    test = shuffle_test(checkpoint, data.task, stream, "uniform(0.5)", seed=2)
    drawn, ours = figures(app)["shuffle"]["data"][0], shuffle_chart(test, LIGHT, "").data[0]
    np.testing.assert_allclose(array(drawn["x"]), ours.x)
    assert [*drawn["y"]] == [*ours.y]
