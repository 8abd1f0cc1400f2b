"""Attention rounded as the published network rounds it, on every processor: its numbers in float64 can be met in no other way.

The published network takes attention scores and their softmax in single precision whatever the rest is in, and a difference
of 1e-7 there grows to 3e-4 in the logits. Processors differ in the order of sums and in the exponential, so both are written
out here as the machine of the golden numbers has them: products added in order without rounding in between (fused
multiply-add), and the exponential by the polynomial that PyTorch's softmax uses (SLEEF, error below one unit in the last place).
The golden files have fewer than 16 keys a row; for longer rows that machine may add in another order.
"""

import torch
from torch import Tensor

LOG2_E = 1.442695
LN_2 = (0.693145751953125, 1.428606765330187e-06)  # in two parts, the first exact in few bits
# Of (e^r - 1 - r) / r², the highest power first.
POLYNOMIAL = (
    0.000198527617612853646278381,
    0.00139304355252534151077271,
    0.00833336077630519866943359,
    0.0416664853692054748535156,
    0.166666671633720397949219,
    0.5,
)


def attention_map(q: Tensor, k: Tensor, hidden: Tensor) -> Tensor:
    """Softmax of `q kᵀ` over the keys that are not `hidden`: `[…, S, d], […, S, d], [… or 1, S] -> […, S, S]` in float32."""
    scores = q.new_zeros(*q.shape[:-1], k.shape[-2], dtype=torch.float32)
    for i in range(q.shape[-1]):
        scores = multiply_add(q[..., i, None].float(), k[..., None, :, i].float(), scores)
    scores = scores.masked_fill(hidden, float("-inf"))
    powers = exponential(scores - scores.amax(-1, keepdim=True))
    total = torch.zeros_like(powers[..., :1])
    for column in powers.split(1, dim=-1):
        total = total + column
    return powers * (1 / total)


def multiply_add(x: Tensor, y: Tensor | float, z: Tensor | float) -> Tensor:
    """`x y + z` of single-precision numbers, rounded once."""
    return (x.double() * y + z).float()


def exponential(x: Tensor) -> Tensor:
    """`e^x` for `x <= 0`."""
    n = (x * torch.tensor(LOG2_E, dtype=torch.float32)).round()
    r = multiply_add(n, -LN_2[0], x)
    r = multiply_add(n, -torch.tensor(LN_2[1], dtype=torch.float32).double(), r)
    u = torch.full_like(r, POLYNOMIAL[0])
    for coefficient in POLYNOMIAL[1:]:
        u = multiply_add(u, r.double(), torch.tensor(coefficient, dtype=torch.float32).double())
    u = 1 + multiply_add(r * r, u.double(), r.double())
    return torch.where(x < -87, 0, u * torch.exp2(n))
