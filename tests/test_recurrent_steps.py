"""Recurrences step by step: PyTorch's own numbers and gradients, and bfloat16 only where it is asked for."""

import pytest
import torch
from torch import nn

from comp_viz.methods.imder.transformer import attend_side_by_side
from comp_viz.network.recurrent_cell import run_cell
from comp_viz.network.recurrent_steps import GRUSteps, LSTMSteps

S, B, D, H = 7, 3, 5, 4
CELLS = pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])


def example(kind: type[nn.LSTM] | type[nn.GRU]) -> tuple[nn.LSTM | nn.GRU, torch.Tensor]:
    """A cell and its inputs, in float64."""
    torch.manual_seed(0)
    return kind(D, H).double(), torch.randn(S, B, D, dtype=torch.float64, requires_grad=True)


def by_steps(cell: nn.LSTM | nn.GRU, x: torch.Tensor) -> torch.Tensor:
    """The outputs of a cell by the steps, all in the precision of `x`."""
    inner, own, inner_bias, own_bias = cell.all_weights[0]
    given = x @ inner.T + inner_bias
    out: torch.Tensor = (
        LSTMSteps.apply(given + own_bias, own) if isinstance(cell, nn.LSTM) else GRUSteps.apply(given, own, own_bias)
    )
    return out


@CELLS
def test_steps_are_pytorchs_cell_and_its_gradients(kind: type[nn.LSTM] | type[nn.GRU]) -> None:
    cell, x = example(kind)
    theirs, ours = cell(x)[0], by_steps(cell, x)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-14)
    coming, learned = torch.randn_like(theirs), [x, *cell.parameters()]
    for mine, own in zip(
        torch.autograd.grad(ours, learned, coming), torch.autograd.grad(theirs, learned, coming), strict=True
    ):
        torch.testing.assert_close(mine, own, rtol=0, atol=1e-13)


@CELLS
def test_mixed_precision_stays_near_float32_and_float32_is_left_to_pytorch(kind: type[nn.LSTM] | type[nn.GRU]) -> None:
    cell, x = (part.float() for part in example(kind))
    exact = cell(x)[0]
    assert torch.equal(run_cell(cell, x), exact)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = run_cell(cell, x)
    assert mixed.dtype is torch.float32
    assert 0 < (mixed - exact).abs().max() < 0.01  # products have 8 bits
    coming = torch.randn_like(exact)
    given, gained = (torch.autograd.grad(out, list(cell.parameters()), coming) for out in (exact, mixed))
    for theirs, ours in zip(given, gained, strict=True):
        assert ours.dtype is torch.float32
        assert (ours - theirs).norm() < 0.02 * theirs.norm()


def test_attention_on_a_processor_keeps_float32_in_mixed_precision() -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, B, S, 8).unbind()
    mask = torch.ones(B, 1, 1, S, dtype=torch.bool)
    exact = attend_side_by_side(q, k, v, 2, mask)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = attend_side_by_side(q, k, v, 2, mask)
    assert torch.equal(mixed, exact)
