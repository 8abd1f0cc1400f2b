"""Self-attention over a conversation, one set of weights per modality (eq. 4 of the paper)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.network.layers import ModalityLinear, ModalityMLP
from comp_viz.network.rows import Rows


class ModalityAttention(nn.Module):
    """One propagation layer: `G + (H + MLP(H))`, where `H` is multi-head self-attention without output projection."""

    def __init__(self, modalities: int, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = ModalityLinear(modalities, width, 3 * width)
        self.mlp = ModalityMLP(modalities, width, width, width, dropout)

    def forward(self, g: Tensor, rows: Rows, trace: bool = False) -> tuple[Tensor, Tensor | None]:
        """Attend from every utterance to the observed ones of its conversation, each conversation by itself.

        Takes `g [M, N, d]` and returns it anew, and when `trace` is asked for, the attention map `[M, B, h, S, S]`. A
        modality without any observed utterance in a conversation has `H = 0` there.
        """
        M, N, d = g.shape
        qkv = self.qkv(g).view(M, N, 3, self.heads, d // self.heads)
        fused = qkv.device.type == "cpu" and qkv.dtype is torch.float32 and not trace
        mixed, maps = [], []
        for part, keys in zip(rows.conversations(qkv, 1), rows.conversations(rows.keys, 1), strict=True):
            q, k, v = part.permute(2, 0, 3, 1, 4)  # (M, h, S, d/h), S of this conversation
            if fused:  # this kernel gives zeros where every key is masked
                mixed.append(F.scaled_dot_product_attention(q, k, v, attn_mask=keys[:, None, None]))
            else:
                weights = attention_map(q, k, keys)
                mixed.append(weights @ v)
                maps.append(weights)
        h = torch.cat([one.transpose(1, 2) for one in mixed], dim=1).flatten(2)  # (M, N, d)
        return g + (h + self.mlp(h)), rows.square(maps) if trace else None


def attention_map(q: Tensor, k: Tensor, keys: Tensor) -> Tensor:
    """Softmax of `q kᵀ / √(d/h)` over the observed keys `[M, S]`, `[M, h, S, d/h] -> [M, h, S, S]`; 0 where there is none."""
    present = keys.any(-1, keepdim=True)  # (M, 1)
    # Where nothing is observed every key is let through, only to keep the softmax finite.
    hidden = (present & ~keys)[:, None, None]
    scores = q * q.shape[-1] ** -0.5
    if q.dtype is torch.float64:
        # The published network takes its scores in single precision whatever the rest is in. Its float64 numbers
        # can only be met by doing the same: the difference grows from 1e-7 here to 3e-4 in the logits.
        scores, k = scores.float(), k.float()
    weights = (scores @ k.mT).masked_fill(hidden, float("-inf")).softmax(-1)
    return weights.to(q.dtype) * present[..., None, None]
