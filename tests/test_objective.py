"""The terms of the objective against formulas written out."""

import math

import pytest
import torch

from comp_viz.data.conversation import Task
from comp_viz.methods.comp.objective import Companion, disentanglement, jensen_shannon, private_loss, task_loss
from comp_viz.network.config import ComPConfig
from comp_viz.network.rows import Rows

SCORE = Task("sentiment")
CLASSES = Task("emotion", ("a", "b", "c"))


def cosine(x, y):
    return (x @ y / (x.norm() * y.norm())).abs().item()


def naive_jensen_shannon(p, q):
    total = 0.0
    for x, y in zip(p.flatten().tolist(), q.flatten().tolist(), strict=True):
        m = (x + y) / 2
        total += (x * math.log(x / m) + y * math.log(y / m)) / 2
    return total / p[..., 0].numel()


def rows_of(valid, longest):
    """Rows of a batch with everything observed, and a function that brings `[M, B, longest, d]` into them.

    Where a conversation has no utterance all features must be the same; they become its blank row.
    """
    rows = Rows.of(torch.ones(*valid.shape, 1, dtype=torch.bool), valid, longest)
    full = torch.nn.functional.pad(valid, (0, longest - valid.shape[1]))
    last = full.logical_not().int().argmax(1)  # where the blank ones begin

    def pack(x):
        return torch.cat([x[:, full], x[:, torch.arange(len(valid)), last]], dim=1)

    return rows, pack


def features(generator, valid, longest, M=3, d=5):
    """Random `[M, B, longest, d]`, the same wherever a conversation has no utterance."""
    full = torch.nn.functional.pad(valid, (0, longest - valid.shape[1]))
    x = torch.randn(M, len(valid), longest, d, dtype=torch.float64, generator=generator)
    return torch.where(full[..., None], x, x[:, :, -1:])


def naive_disentanglement(shared, private, valid):
    """Section 4 of the method: per pair, three mean cosines over valid utterances and one Jensen-Shannon term."""
    M = len(shared)
    places = valid.nonzero().tolist()
    total = 0.0
    for u in range(M):
        for v in range(u + 1, M):
            for b, s in places:
                total += cosine(private[u, b, s], private[v, b, s]) / len(places)
                total += cosine(private[u, b, s], shared[u, b, s]) / len(places)
                total += cosine(private[v, b, s], shared[v, b, s]) / len(places)
            total += naive_jensen_shannon(shared[u].sigmoid(), shared[v].sigmoid())
    return total


VALID = torch.arange(4) < torch.tensor([[4], [2], [1]])
LONGEST = 6


@pytest.mark.parametrize("M", [2, 3, 4])
def test_disentanglement_agrees_with_the_formula(M):
    generator = torch.Generator().manual_seed(M)
    shared, private = (features(generator, VALID, LONGEST, M) for _ in range(2))
    rows, pack = rows_of(VALID, LONGEST)
    assert disentanglement(pack(shared), pack(private), rows).item() == pytest.approx(
        naive_disentanglement(shared, private, VALID)
    )


def test_disentanglement_is_zero_when_there_is_nothing_left_to_do():
    rows, _ = rows_of(torch.ones(1, 2, dtype=torch.bool), 3)
    same = torch.tensor([1.0, 0, 0, 0]).expand(2, 3, 4)
    private = torch.eye(4)[1:3][:, None].expand(2, 3, 4)
    assert disentanglement(same, private, rows).item() == pytest.approx(0, abs=1e-6)


def test_disentanglement_is_finite_for_zero_features():
    rows, _ = rows_of(VALID, LONGEST)
    zeros = torch.zeros(3, len(rows) + len(VALID), 5, requires_grad=True)
    loss = disentanglement(zeros, zeros, rows)
    loss.backward()
    assert loss.isfinite()
    assert zeros.grad.isfinite().all()


def test_jensen_shannon_agrees_with_the_formula_and_its_bounds():
    torch.manual_seed(0)
    p, q = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    result = jensen_shannon(p, q)
    assert result.shape == (3, 4)
    assert result.mean().item() == pytest.approx(naive_jensen_shannon(p, q))
    torch.testing.assert_close(result, jensen_shannon(q, p))
    assert jensen_shannon(p, p).abs().max() < 1e-12
    assert (result > 0).all()
    assert (result < 5 * math.log(2)).all()


@pytest.mark.parametrize("extreme", [60.0, 120.0, 1e4])
def test_disentanglement_and_its_gradient_are_finite_for_extreme_features(extreme):
    """The sigmoid of -104 and below is exactly zero in single precision."""
    rows, _ = rows_of(torch.ones(1, 2, dtype=torch.bool), 2)
    shared = torch.full((2, 3, 3), extreme)
    shared[1] = -extreme
    shared.requires_grad_()
    loss = disentanglement(shared, torch.ones(2, 3, 3), rows)
    loss.backward()
    assert loss.isfinite()
    assert shared.grad.isfinite().all()


def test_score_loss_is_the_mean_squared_error_over_counted_utterances():
    torch.manual_seed(0)
    predictions, targets = torch.randn(2, 3, 1), torch.randn(2, 3)
    counted = torch.tensor([[True, False, True], [False, True, True]])
    squares = [(predictions[b, s, 0] - targets[b, s]).item() ** 2 for b, s in counted.nonzero().tolist()]
    assert task_loss(SCORE, predictions, targets, counted).item() == pytest.approx(sum(squares) / 4)


def test_sign_loss_is_the_logistic_loss_on_the_side_of_neutral():
    predictions, targets = torch.tensor([[[0.5], [2.0], [-1.0], [3.0]]]), torch.tensor([[1.0, -0.2, 0.0, float("nan")]])
    counted = ~targets.isnan()
    terms = [math.log(1 + math.exp(-2 * 0.5)), math.log(1 + math.exp(2 * 2.0)), 0.0]
    squares = [0.25, 2.2**2, 1.0]
    result = task_loss(SCORE, predictions, targets, counted, sign_weight=0.7).item()
    assert result == pytest.approx(sum(squares) / 3 + 0.7 * sum(terms) / 3, rel=1e-5)


def test_class_loss_is_the_cross_entropy_over_counted_utterances():
    torch.manual_seed(0)
    logits, targets = torch.randn(2, 3, 3), torch.randint(0, 3, (2, 3)).float()
    targets[0, 1] = float("nan")
    counted = ~targets.isnan()
    terms = []
    for b, s in counted.nonzero().tolist():
        z = logits[b, s].double().exp()
        terms.append(-math.log((z[int(targets[b, s])] / z.sum()).item()))
    assert task_loss(CLASSES, logits, targets, counted).item() == pytest.approx(sum(terms) / 5)


@pytest.mark.parametrize(("task", "C"), [(SCORE, 1), (CLASSES, 3)])
def test_utterances_without_a_label_give_no_gradient(task, C):
    predictions = torch.randn(2, 3, C, requires_grad=True)
    targets = torch.tensor([[1.0, float("nan"), 0.0], [float("nan")] * 3])
    task_loss(task, predictions, targets, ~targets.isnan()).backward()
    assert predictions.grad.isfinite().all()
    assert (predictions.grad[targets.isnan()] == 0).all()
    assert (predictions.grad[~targets.isnan()] != 0).any()


@pytest.mark.parametrize(("task", "C"), [(SCORE, 1), (CLASSES, 3)])
def test_a_batch_without_labels_costs_nothing_and_can_be_stepped(task, C):
    predictions = torch.randn(2, 3, C, requires_grad=True)
    nothing = torch.full((2, 3), float("nan"))
    loss = task_loss(task, predictions, nothing, ~nothing.isnan())
    loss.backward()
    assert loss.item() == 0
    assert (predictions.grad == 0).all()


@pytest.fixture
def companion():
    torch.manual_seed(2)
    return Companion(ComPConfig(("a", "b"), (3, 4), hidden=6, heads=2)).eval()


def test_reconstruction_is_zero_when_perfect(companion, monkeypatch):
    rows, _ = rows_of(VALID, LONGEST)
    projected, shared = torch.randn(2, 2, len(rows) + 3, 6)
    monkeypatch.setattr(companion.decoder, "forward", lambda both: projected)
    assert companion.reconstruction(projected, shared, companion.private(projected), rows).item() == 0


def test_reconstruction_is_the_mean_squared_error_up_to_the_longest_length(companion):
    generator = torch.Generator().manual_seed(3)
    projected, shared = (features(generator, VALID, LONGEST, 2, 6) for _ in range(2))
    companion.double()
    rebuilt = companion.decoder(torch.cat([shared, companion.private(projected)], dim=-1))
    rows, pack = rows_of(VALID, LONGEST)
    result = companion.reconstruction(pack(projected), pack(shared), companion.private(pack(projected)), rows)
    assert result.item() == pytest.approx((rebuilt - projected).square().mean().item())


def test_private_heads_are_drawn_towards_the_same_noise(monkeypatch):
    task, targets = Task("sentiment"), torch.tensor([[1.0, -2.0, 0.5, float("nan")]])
    noise = torch.tensor([[0.1, -9.0, 4.0, 0.0]])
    monkeypatch.setattr(torch, "randn_like", lambda like: noise)
    heads = [torch.zeros(1, 4, 1), torch.full((1, 4, 1), 3.0)]
    drawn = (1.5 * noise).clamp(-3, 3)[0, :3]
    expected = (drawn**2).mean() + ((3 - drawn) ** 2).mean()
    torch.testing.assert_close(private_loss(task, heads, targets, ~targets.isnan()), expected)


def test_private_heads_of_classes_are_drawn_towards_the_truth_turned_round():
    task, targets = Task("emotion", ("a", "b", "c")), torch.tensor([[0.0, 2.0]])
    logits = torch.randn(1, 2, 3)
    expected = torch.nn.functional.cross_entropy(1 - logits[0], targets[0].long())
    torch.testing.assert_close(private_loss(task, [logits], targets, ~targets.isnan()), expected)
