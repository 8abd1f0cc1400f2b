"""Products `x W + b` with one set of weights per modality, in the way that is fastest on the processor.

Every way gives the same numbers but for rounding; nothing else depends on which one is taken.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from comp_viz.network import onednn

MANY = 256  # rows; with fewer, three products of their own cost more than a thread that waits


def product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`[M, N, inputs] · [M, inputs, outputs] + [M, 1, outputs] -> [M, N, outputs]`."""
    plain = x.device.type == "cpu" and x.dtype is torch.float32 and not torch.is_autocast_enabled("cpu")
    in_turn = onednn.KERNEL or (torch.get_num_threads() > 1 and x.shape[1] >= MANY)
    if torch.compiler.is_exporting() or not plain or not in_turn or not x.numel() or not weight.numel():
        return torch.bmm(x, weight) if bias is None else torch.baddbmm(bias, x, weight)
    if not torch.is_grad_enabled():
        return rows_by_rows(x, weight.mT, bias)
    out: Tensor = InTurn.apply(x, weight, bias)  # type: ignore[no-untyped-call]
    return out


def rows_by_rows(x: Tensor, y: Tensor, bias: Tensor | None = None) -> Tensor:
    """`x yᵀ + b`, modality after modality, `[M, N, k] · [M, n, k] -> [M, N, n]`.

    A batched product hands each thread whole modalities: of two threads one waits while the other has the third.
    """
    if onednn.KERNEL:
        return onednn.onednn_product(x, y, bias)
    out = x.new_empty(len(x), x.shape[1], y.shape[1])
    for u, part in enumerate(out):
        if bias is None:
            torch.mm(x[u], y[u].T, out=part)
        else:
            torch.addmm(bias[u], x[u], y[u].T, out=part)
    return out


class InTurn(torch.autograd.Function):
    """The product and its gradients, modality after modality."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """`x W + b`."""
        ctx.save_for_backward(x, weight)
        return rows_by_rows(x, weight.mT, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of `x`, `W` and `b`, those that are wanted."""
        x, weight = ctx.saved_tensors
        inputs, weights, biases = ctx.needs_input_grad
        return (
            rows_by_rows(gradient, weight) if inputs else None,
            rows_by_rows(x.mT, gradient.mT) if weights else None,
            gradient.sum(1, keepdim=True) if biases else None,
        )
