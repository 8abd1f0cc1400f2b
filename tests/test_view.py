"""The entry from outside: a view gives the numbers of the pages, as tables."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from comp_viz.analysis import robustness_table
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.card import CHECKPOINT_FORMAT, Card
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Standardiser
from comp_viz.data.dataset import Utterances
from comp_viz.data.lab.make import lab
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError
from comp_viz.evaluation.evaluate import evaluate
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP
from comp_viz.versions import versions
from comp_viz.view import View

HALF = "uniform(0.5)"


def untrained(data, **shape) -> Checkpoint:
    """A seeded network that fits the data."""
    torch.manual_seed(3)
    config = ComPConfig(
        data.modalities, data.dims, data.task.outputs, max_length=10, hidden=8, prompt=3, prototypes=4, **shape
    )
    card = Card(CHECKPOINT_FORMAT, "Small", config, data.task, dict(data.sources), None, None, (), versions())
    return Checkpoint(ComP(config).eval().requires_grad_(False), card, Standardiser.fit(data.split("train")), "")


def first(data) -> str:
    return data.split("test")[0].id


def test_the_same_seed_takes_away_the_same_entries_as_a_page(checkpoint, small_lab):
    conversation = small_lab.find(first(small_lab))
    for seed in (1, 5):
        observed_here = Pattern.parse(HALF)(Utterances.of([conversation]), small_lab.task, np.random.default_rng(seed))
        np.testing.assert_array_equal(
            View.of(checkpoint, small_lab, conversation.id, HALF, seed).observed, observed_here
        )


def test_predictions_of_scores_are_those_of_the_network(checkpoint, small_lab):
    view = View.of(checkpoint, small_lab, first(small_lab), "only(audio)")
    here = predict_conversation(checkpoint, view.conversation, view.observed)
    complete = predict_conversation(checkpoint, view.conversation, view.conversation.observed)
    table = view.predictions()
    assert table["utterance"].tolist() == list(range(1, len(view.conversation) + 1))
    np.testing.assert_allclose(table["fused"], here.fused[:, 0], atol=1e-5)
    np.testing.assert_allclose(table["video"], here.heads["video"][:, 0], atol=1e-5)
    np.testing.assert_allclose(table["as recorded"], complete.fused[:, 0], atol=1e-5)
    np.testing.assert_array_equal(table["truth"], view.conversation.labels)
    np.testing.assert_array_equal(table["flipped"], (table["fused"] > 0) != (table["as recorded"] > 0))
    assert table["audio observed"].all()
    assert not table["text observed"].any()
    np.testing.assert_allclose(table[[f"{u} weight" for u in small_lab.modalities]].sum(axis=1), 1, atol=1e-5)
    assert view.finding().startswith("Without text and video")


def test_predictions_of_classes_have_names():
    data = lab(LabSettings(conversations=(4, 1, 2), lengths=(4, 9), classes=3))
    labels = data.split("test")[0].labels.copy()
    labels[0] = np.nan
    unlabelled = replace(data.split("test")[0], labels=labels)
    table = View(untrained(data), unlabelled, unlabelled.observed).predictions()
    chances = table[[f"P({name})" for name in data.task.classes]]
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-5)
    assert table["fused"].tolist() == [data.task.classes[i] for i in chances.to_numpy().argmax(1)]
    assert set(table["audio"]) <= set(data.task.classes)
    assert pd.isna(table["truth"][0])
    assert table["truth"][1] == data.task.classes[int(labels[1])]
    assert not table["flipped"].any()


def test_tables_of_the_inside(checkpoint, small_lab):
    view = View.of(checkpoint, small_lab, first(small_lab), HALF)
    S, M = view.observed.shape
    assert len(view.overview()) == len(view.weights()) == S * M
    weights = view.weights().pivot(index="utterance", columns="modality", values="weight")
    np.testing.assert_allclose(weights[list(small_lab.modalities)], view.prediction.coordinator, atol=1e-6)
    for name in view.attention_maps:
        by_query = view.attention("text", name).groupby("query")["weight"].sum()
        np.testing.assert_allclose(by_query, 1, atol=1e-5)
    assert len(view.prompts()) == M * M
    assert len(view.reconstruction()) == (~view.observed & view.conversation.observed).sum()


def test_a_network_without_prompts_has_none(small_lab):
    view = View.of(untrained(small_lab, prompting=False), small_lab, first(small_lab))
    assert view.prompts().empty
    assert not view.predictions()["flipped"].any()


def test_what_does_not_fit_is_said(checkpoint, small_lab):
    with pytest.raises(CompVizError, match="no conversation 'nobody'"):
        View.of(checkpoint, small_lab, "nobody")
    with pytest.raises(CompVizError, match="smell"):
        View.of(checkpoint, small_lab, first(small_lab), "only(smell)")
    with pytest.raises(CompVizError, match="Labels do not match"):
        View.of(checkpoint, lab(LabSettings(conversations=(1, 1, 1), lengths=(3, 4), classes=3)), "lab-test-000")
    view = View.of(checkpoint, small_lab, first(small_lab))
    with pytest.raises(CompVizError, match="expected one of audio, text, video"):
        view.attention("smell")
    with pytest.raises(CompVizError, match="rollout"):
        view.attention("audio", "head 9")


def test_robustness_is_what_evaluation_measures(checkpoint, small_lab):
    table = robustness_table(checkpoint, small_lab, ["found", HALF, "only(text)"], "MAE", seeds=3)
    measured = evaluate(
        checkpoint.model, small_lab.task, checkpoint.standardise, small_lab.split("test"), "test",
        [Pattern.parse(text) for text in ("found", HALF, "only(text)")], seeds=3,
    )  # fmt: skip
    expected = {(m.pattern, m.predictor): m.mean["MAE"] for m in measured}
    values = {(row.pattern, row.predictor): row.value for row in table.itertuples()}
    assert values == pytest.approx(expected)
    assert dict(zip(table["pattern"], table["seeds"], strict=True)) == {"found": 1, HALF: 3, "only(text)": 1}


def test_robustness_says_what_is_wrong(checkpoint, small_lab):
    with pytest.raises(CompVizError, match="metric: expected one of ACC"):
        robustness_table(checkpoint, small_lab, ["found"], "UA")
    with pytest.raises(CompVizError, match="seeds"):
        robustness_table(checkpoint, small_lab, ["found"], seeds=0)


def test_contributions_and_attributions_are_those_of_the_pages(checkpoint, small_lab):
    view = View.of(checkpoint, small_lab, first(small_lab), HALF)
    for predictor in ("fused", "text"):
        table = view.contributions(predictor)
        parts = table.groupby("utterance")["contribution"].sum()
        ends = table.groupby("utterance")[["as observed", "nothing observed"]].first()
        np.testing.assert_allclose(parts, ends["as observed"] - ends["nothing observed"], atol=1e-6)
        answer = view.prediction.fused if predictor == "fused" else view.prediction.heads[predictor]
        np.testing.assert_allclose(ends["as observed"], answer[:, 0], atol=1e-5)
    cells = view.attributions(2, "Occlusion")
    assert len(cells) == view.observed.size
    assert (cells["prediction of"] == 2).all()
    assert (cells.loc[~cells["observed"], "attribution"] == 0).all()
    for call in (
        lambda: view.contributions("smell"),
        lambda: view.attributions(0),
        lambda: view.attributions(1, "Guess"),
    ):
        with pytest.raises(CompVizError, match="expected"):
            call()
