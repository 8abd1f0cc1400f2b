"""An LSTM or GRU on a processor in bfloat16: PyTorch's kernel for it takes longer than the one in float32.

Steps wait for each other, so each is a small product. What does not wait is taken out of the loop: what the cell makes of its
inputs, and the gradients of its weights, one product each over all steps. Gates and states are float32.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F


def run_steps(cell: nn.LSTM | nn.GRU, x: Tensor) -> Tensor:
    """All outputs `[S, B, H]`, float32, of a cell of one layer and direction on `x [S, B, D]`, products in bfloat16."""
    inner, own, inner_bias, own_bias = cell.all_weights[0]
    given = F.linear(x.bfloat16(), inner.bfloat16()).float()
    out: Tensor
    if isinstance(cell, nn.LSTM):
        out = LSTMSteps.apply(given + (inner_bias + own_bias), own.bfloat16())  # type: ignore[no-untyped-call]
    else:
        out = GRUSteps.apply(given + inner_bias, own.bfloat16(), own_bias)  # type: ignore[no-untyped-call]
    return out


class LSTMSteps(torch.autograd.Function):
    """`c' = f c + i g`, `h' = o tanh c'`; gates `(i, f, g, o) = (σ, σ, tanh, σ)(given + W h)`."""

    @staticmethod
    def forward(ctx: Any, given: Tensor, own: Tensor) -> Tensor:
        """Outputs `[S, B, H]` of `given [S, B, 4H]`, what the inputs give the gates, and weights `own [4H, H]`."""
        S, B, H = *given.shape[:2], own.shape[1]
        gates, out = torch.empty_like(given), given.new_empty(S, B, H)
        c, h = given.new_zeros(S + 1, B, H), own.new_zeros(S + 1, B, H)
        for t in range(S):
            torch.add(given[t], (h[t] @ own.T).to(given.dtype), out=gates[t])
            i, f, g, o = gates[t].chunk(4, -1)
            gates[t, :, : 2 * H].sigmoid_()
            g.tanh_()
            o.sigmoid_()
            torch.addcmul(i * g, f, c[t], out=c[t + 1])
            torch.mul(o, c[t + 1].tanh(), out=out[t])
            h[t + 1] = out[t]
        ctx.save_for_backward(gates, c, h, own)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_out: Tensor) -> tuple[Tensor, Tensor]:
        """The gradients of `given` and `own`."""
        gates, c, h, own = ctx.saved_tensors
        i, f, g, o = gates.chunk(4, -1)
        squashed = c[1:].tanh()
        h_by_c, h_by_o = o * (1 - squashed.square()), squashed * o * (1 - o)
        c_by_gates = torch.stack([g * i * (1 - i), c[:-1] * f * (1 - f), i * (1 - g.square())], dim=2)  # [S, B, 3, H]
        of_gates = torch.empty_like(gates).unflatten(-1, (4, -1))
        of_c, of_h = torch.zeros_like(c[0]), torch.zeros_like(c[0])
        for t in reversed(range(len(gates))):
            of_h += of_out[t]
            of_c.addcmul_(of_h, h_by_c[t])
            torch.mul(c_by_gates[t], of_c[:, None], out=of_gates[t, :, :3])
            torch.mul(of_h, h_by_o[t], out=of_gates[t, :, 3])
            of_h = (of_gates[t].flatten(1).to(own.dtype) @ own).to(of_c.dtype)
            of_c *= f[t]
        of_given = of_gates.flatten(2)
        return of_given, of_given.flatten(0, 1).to(own.dtype).T @ h[:-1].flatten(0, 1)


class GRUSteps(torch.autograd.Function):
    """`h' = n + z (h - n)`; `(r, z) = σ(given + W h + b)` and `n = tanh(given + r (W h + b))`, each by its rows."""

    @staticmethod
    def forward(ctx: Any, given: Tensor, own: Tensor, own_bias: Tensor) -> Tensor:
        """Outputs `[S, B, H]` of `given [S, B, 3H]`, what the inputs give the gates, weights `own [3H, H]` and their bias."""
        S, B, H = *given.shape[:2], own.shape[1]
        gates, fed_back = torch.empty_like(given), given.new_empty(S, B, H)
        states, h = given.new_zeros(S + 1, B, H), own.new_zeros(S + 1, B, H)
        for t in range(S):
            by_h = (h[t] @ own.T).to(given.dtype) + own_bias
            fed_back[t] = by_h[:, 2 * H :]
            r, z, n = gates[t].chunk(3, -1)
            torch.add(given[t, :, : 2 * H], by_h[:, : 2 * H], out=gates[t, :, : 2 * H]).sigmoid_()
            torch.addcmul(given[t, :, 2 * H :], r, fed_back[t], out=n).tanh_()
            torch.lerp(n, states[t], z, out=states[t + 1])
            h[t + 1] = states[t + 1]
        ctx.save_for_backward(gates, fed_back, states, h, own)
        return states[1:].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The gradients of `given`, `own` and `own_bias`."""
        gates, fed_back, states, h, own = ctx.saved_tensors
        r, z, n = gates.chunk(3, -1)
        h_by_z, h_by_n = (states[:-1] - n) * z * (1 - z), (1 - z) * (1 - n.square())
        # What a gate gets is what `h` gets, times these; `r` acts through `n`.
        h_by_own = torch.stack([h_by_n * fed_back * r * (1 - r), h_by_z, h_by_n * r], dim=2)  # [S, B, 3, H]
        H, of_h, by_step = own.shape[1], torch.zeros_like(states[0]), torch.empty_like(of_out)
        for t in reversed(range(len(gates))):
            of_h += of_out[t]
            by_step[t] = of_h
            through = (h_by_own[t] * of_h[:, None]).flatten(1).to(own.dtype) @ own
            of_h = torch.addcmul(through.to(of_h.dtype), of_h, z[t])
        of_own = (h_by_own * by_step[:, :, None]).flatten(2)
        of_given = torch.cat([of_own[..., : 2 * H], h_by_n * by_step], dim=-1)
        rows = of_own.flatten(0, 1)
        return of_given, rows.to(own.dtype).T @ h[:-1].flatten(0, 1), rows.sum(0)
