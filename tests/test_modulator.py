"""The gradient modulator against the published numbers and against its own definition."""

import numpy as np
import pytest
import torch
from goldens import goldens

from comp_viz.data.conversation import Task
from comp_viz.methods.modulator import modality_errors, modulation

NAMES = ("audio", "text", "video")
SCORE = Task("sentiment")


@pytest.fixture(scope="module", params=goldens("counted"))
def golden(request):
    with np.load(request.param) as archive:
        return {key: torch.from_numpy(archive[key]) for key in archive.files}


@pytest.fixture(scope="module")
def published(golden):
    predictions = torch.stack([golden[f"prediction/{u}"] for u in NAMES])[..., None]
    return modality_errors(SCORE, predictions, golden["labels"]), golden["counted"].bool()


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-4), (torch.float32, 1e-3)])
def test_gives_the_published_coefficients(golden, published, dtype, tolerance):
    error, counted = published
    result = modulation(error.to(dtype), counted, clip=None)
    for u, name in enumerate(NAMES):
        theirs = golden[f"coefficient/{name}"]
        scale = theirs.abs().clamp(min=1)
        assert ((result.coefficients[u].double() - theirs).abs() / scale).max() < tolerance
        theirs = golden[f"position_coefficient/{name}"]
        assert ((result.by_position[u].double() - theirs).abs() / theirs.abs().clamp(min=1)).max() < tolerance
    assert (result.clipped == 0).all()


def naive_coefficients(error, counted):
    """Equation 10 to the letter."""
    M, B, S = error.shape
    places = [(b, s) for b in range(B) for s in range(S) if counted[b, s]]
    out = torch.ones(M, B, S, dtype=error.dtype)
    for u in range(M):
        sums = {v: sum(error[u, b, s] - error[v, b, s] for b, s in places) for v in range(M) if v != u}
        for b, s in places:
            ratios = [(sums[v] - (error[u, b, s] - error[v, b, s])) / sums[v] for v in sums]
            out[u, b, s] = sum(ratios) / len(ratios)
    return out


@pytest.mark.parametrize("M", [2, 3, 4])
def test_agrees_with_the_formula_written_out(M):
    torch.manual_seed(M)
    error, counted = torch.rand(M, 4, 6, dtype=torch.float64), torch.rand(4, 6) > 0.3
    counted[:, 2] = False
    theirs = naive_coefficients(error, counted)
    result = modulation(error, counted, clip=None)
    torch.testing.assert_close(result.coefficients, theirs)
    for s in range(6):
        rows = counted[:, s]
        mean = theirs[:, rows, s].mean(1) if rows.any() else torch.ones(M, dtype=torch.float64)
        torch.testing.assert_close(result.by_position[:, s], mean)


def test_two_modalities_share_one_coefficient():
    error = torch.rand(2, 3, 5, dtype=torch.float64)
    result = modulation(error, torch.ones(3, 5, dtype=torch.bool), clip=None)
    torch.testing.assert_close(result.coefficients[0], result.coefficients[1])


def test_clip_holds_the_range_and_counts_how_often(published):
    error, counted = published
    free = modulation(error, counted, clip=None).coefficients
    for low, high in ((0.0, 2.0), (0.9, 1.1), (1.0, 1.0)):
        held = modulation(error, counted, clip=(low, high))
        assert held.coefficients[:, counted].min() >= low
        assert held.coefficients[:, counted].max() <= high
        torch.testing.assert_close(held.coefficients, torch.where(counted, free.clamp(low, high), 1.0))
        outside = ((free < low) | (free > high)) & counted
        torch.testing.assert_close(held.clipped.double(), outside.sum((1, 2)) / counted.sum().double())
        assert held.by_position.min() >= low
        assert held.by_position.max() <= high


def test_a_sum_of_zero_gives_one():
    error = torch.tensor([[[1.0, 2.0]], [[2.0, 1.0]]])
    result = modulation(error, torch.ones(1, 2, dtype=torch.bool), clip=None)
    assert (result.coefficients == 1).all()
    same = modulation(torch.ones(3, 2, 4), torch.ones(2, 4, dtype=torch.bool), clip=None)
    assert (same.coefficients == 1).all()
    assert (same.clipped == 0).all()


@pytest.mark.parametrize("clip", [None, (0.0, 2.0), (0.0, 0.5)])
def test_nothing_counted_changes_nothing(clip):
    result = modulation(torch.rand(3, 2, 4), torch.zeros(2, 4, dtype=torch.bool), clip)
    assert (result.coefficients == 1).all()
    assert (result.by_position == 1).all()
    assert (result.clipped == 0).all()


def test_utterances_that_do_not_count_never_matter():
    torch.manual_seed(0)
    error, counted = torch.rand(3, 4, 5), torch.rand(4, 5) > 0.4
    noisy = error + 1000 * ~counted
    ours, theirs = modulation(error, counted, None), modulation(noisy, counted, None)
    torch.testing.assert_close(ours.coefficients, theirs.coefficients)
    torch.testing.assert_close(ours.by_position, theirs.by_position)


@pytest.mark.parametrize("clip", [None, (0.0, 2.0)])
def test_coefficients_are_finite_when_the_sum_is_almost_zero(clip):
    error = torch.tensor([[[1.0, 2.0]], [[2.0, 1.0 + 1e-7]]])
    result = modulation(error, torch.ones(1, 2, dtype=torch.bool), clip)
    assert result.coefficients.isfinite().all()
    if clip:
        assert (result.clipped > 0).all()


def test_error_of_a_score_is_the_distance():
    predictions = torch.tensor([[[[1.0], [-2.0]]], [[[0.5], [3.0]]]])
    result = modality_errors(SCORE, predictions, torch.tensor([[2.0, -2.5]]))
    torch.testing.assert_close(result, torch.tensor([[[1.0, 0.5]], [[1.5, 5.5]]]))


def test_error_of_a_class_is_one_minus_its_probability():
    torch.manual_seed(1)
    logits, labels = torch.randn(2, 3, 4, 5), torch.randint(0, 5, (3, 4)).float()
    result = modality_errors(Task("emotion", tuple("abcde")), logits, labels)
    for u in range(2):
        for b in range(3):
            for s in range(4):
                z = logits[u, b, s].double().exp()
                share = z[int(labels[b, s])] / z.sum()
                assert abs(result[u, b, s].item() - (1 - share.item())) < 1e-6


def test_error_of_an_unknown_class_is_finite():
    logits, labels = torch.randn(2, 1, 2, 3), torch.tensor([[float("nan"), 1.0]])
    assert modality_errors(Task("emotion", tuple("abc")), logits, labels).isfinite().all()
