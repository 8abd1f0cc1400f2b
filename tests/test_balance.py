"""Balance between modalities in training: the arithmetic of each rule, and what it does to a step."""

import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch

from comp_viz.analysis.imbalance.leeway import leeway
from comp_viz.data.conversation import Task
from comp_viz.errors import CompVizError
from comp_viz.methods.losses import task_loss, utterance_emphasis
from comp_viz.methods.momke.network import MoMKEConfig
from comp_viz.methods.recipe import BALANCES, Recipe
from comp_viz.training.balance import head_scores, pareto, update_shares
from comp_viz.training.telemetry import TABLES, write_telemetry

CLASSES, SCORE = Task("emotion", ("a", "b")), Task("sentiment")


def test_scores_of_heads_are_sums_of_probabilities_or_of_decays():
    heads = torch.tensor([[[[0.0, math.log(3)], [1.0, 1.0]]], [[[0.0, 0.0], [0.0, 0.0]]]])  # (2, 1, 2, 2)
    targets, counted = torch.tensor([[1.0, 0.0]]), torch.tensor([[True, False]])
    torch.testing.assert_close(head_scores(CLASSES, heads, targets, counted), torch.tensor([0.75, 0.5]))
    scores = torch.tensor([[[[1.0], [5.0]]], [[[3.0], [5.0]]]])  # errors 1 and 3 where counted, mean 2
    result = head_scores(SCORE, scores, torch.tensor([[0.0, math.nan]]), counted)
    torch.testing.assert_close(result, torch.tensor([math.exp(-0.5), math.exp(-1.5)]))


def test_only_what_is_ahead_keeps_less_of_its_update():
    shares = update_shares(torch.tensor([4.0, 2.0, 2.0]), strength=0.5)
    torch.testing.assert_close(shares, torch.tensor([1 - math.tanh(0.5 * 2), 1.0, 1.0]))
    torch.testing.assert_close(update_shares(torch.ones(3)), torch.ones(3))


def test_gradients_that_agree_are_added_and_others_combined_without_harm():
    joint, own = torch.tensor([1.0, 0.0]), torch.tensor([1.0, 1.0])
    assert torch.equal(pareto(joint, own), joint + own)
    joint, own = torch.tensor([1.0, 0.0]), torch.tensor([-1.0, 1.0])
    result = pareto(joint, own)
    # Least length between them: a (1, 0) + (1 - a) (-1, 1) with a = 3/5, along (1, 2).
    torch.testing.assert_close(result / result.norm(), torch.tensor([1.0, 2.0]) / math.sqrt(5))
    assert result.norm().item() == pytest.approx((joint + own).norm().item())
    assert result @ joint > 0
    assert result @ own > 0


def test_a_modality_that_errs_more_than_the_others_weighs_more():
    error = torch.tensor([[[1.0, 9.0]], [[3.0, 0.0]]], requires_grad=True)  # mean of the counted: 2
    counted = torch.tensor([[True, False]])
    weights = utterance_emphasis(error, counted)
    torch.testing.assert_close(weights[:, 0, 0], torch.tensor([1 + (1 - 2) / 2, 1 + (3 - 2) / 2]))
    assert not weights.requires_grad
    assert ((weights >= 0) & (weights <= 2)).all()
    predictions, targets = torch.tensor([[[1.0], [0.0]]]), torch.tensor([[3.0, 0.0]])
    assert task_loss(SCORE, predictions, targets, counted, emphasis=weights[1]).item() == pytest.approx(1.5 * 4)


def stepped(trainer, small_lab, balance, method):
    """One step of the stage that fuses: weights before and after by name, and what was recorded."""
    config = MoMKEConfig(small_lab.modalities, small_lab.dims, max_length=10, hidden=8, depth=1, dropout=0)
    options = {"config": config} if method == "momke" else {}
    made = trainer(balance=balance, modulate=False, average=0.0, gradient_norm=None, **options)
    before = {name: p.detach().clone() for name, p in made.model.named_parameters()}
    torch.manual_seed(0)
    made.model.train()
    step = made.step([0, 2, 4], np.random.default_rng(0), made.stages[1])
    return before, {name: p.detach() for name, p in made.model.named_parameters()}, step


@pytest.mark.parametrize("balance", [b for b in BALANCES if b != "none"])
@pytest.mark.parametrize("method", ["comp", "momke"])
def test_each_rule_changes_what_modalities_own(trainer, small_lab, balance, method):
    _, plain, first = stepped(trainer, small_lab, "none", method)
    before, after, step = stepped(trainer, small_lab, balance, method)
    torch.testing.assert_close(step.predictions["fused"], first.predictions["fused"])  # before the step
    changed = {name for name in plain if not torch.equal(plain[name], after[name])}
    assert any(name.startswith("input.") for name in changed)
    shared = {name for name in changed if name.startswith(("fusion.", "fused_head.", "coordinator."))}
    assert not shared
    assert (step.shares is not None) == (balance == "ogm-ge")
    if balance == "ogm-ge" and method == "momke":
        assert step.shares.min() < 1
        for u, share in enumerate(step.shares.tolist()):
            name = f"input.{u}.bias"  # vectors get no noise, so their update is the plain one, shortened
            torch.testing.assert_close(
                after[name] - before[name], share * (plain[name] - before[name]), atol=1e-6, rtol=0
            )


def test_an_unknown_rule_is_refused():
    with pytest.raises(CompVizError, match="balance: expected one of none, ogm-ge, mmpareto, loss, got 'agm'"):
        replace(Recipe(), balance="agm")


def test_the_leeway_of_a_run_is_the_spread_of_the_weights_its_heads_would_get(tmp_path):
    """In the first of two epochs heads differ, in the second they err alike; an utterance without a label is left out."""
    errors = {0: {"audio": (1.0, 2.0), "text": (3.0, 2.0)}, 4: {"audio": (0.5, 2.0), "text": (0.5, 2.0)}}
    rows = [
        {
            "epoch": epoch,
            "conversation": "c",
            "utterance": s,
            "modality": name,
            "observed": True,
            "error": value,
            "correct": True,
        }
        for epoch, by in errors.items()
        for name, values in by.items()
        for s, value in enumerate(values)
    ]
    rows += [dict(rows[0], utterance=2, modality=name, error=9.0, correct=None) for name in ("audio", "text")]
    write_telemetry(pa.Table.from_pylist(rows, TABLES["utterances"]), tmp_path / "utterances.parquet")
    table = leeway(tmp_path)
    assert table["epoch"].tolist() == [0, 4]
    # Mean error 2; weights 1 - 1/2 and 1 + 1/2 on the first utterance, 1 and 1 on the second.
    assert table["spread"].tolist() == pytest.approx([np.std([0.5, 1, 1.5, 1]), 0])
    write_telemetry(TABLES["utterances"].empty_table(), tmp_path / "none" / "utterances.parquet")
    assert leeway(tmp_path / "none").empty
