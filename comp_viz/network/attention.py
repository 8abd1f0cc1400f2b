"""Self-attention over a conversation, one set of weights per modality (eq. 4 of the paper)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.network.layers import ModalityLinear, ModalityMLP


class ModalityAttention(nn.Module):
    """One propagation layer: `G + (H + MLP(H))`, where `H` is multi-head self-attention without output projection."""

    def __init__(self, modalities: int, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = ModalityLinear(modalities, width, 3 * width)
        self.mlp = ModalityMLP(modalities, width, width, width, dropout)

    def forward(self, g: Tensor, keys: Tensor, trace: bool = False) -> tuple[Tensor, Tensor | None]:
        """Attend from every utterance to the observed ones.

        Parameters: `g [M, B, S, d]`; `keys [M, B, S]` bool, False where an utterance is missing or padding and must not
        be attended to. Returns the new `g` and, when `trace` is asked for, the attention map `[M, B, h, S, S]`.
        A modality without any observed utterance in a conversation has `H = 0` there.
        """
        M, B, S, d = g.shape
        present = keys.any(-1)  # (M, B)
        # Where nothing is observed every key is let through, only to keep the softmax finite; H is zeroed below.
        mask = (keys | ~present[..., None]).reshape(M * B, 1, 1, S)
        q, k, v = self.qkv(g).view(M * B, S, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)  # (M·B, h, S, d/h)
        if not trace and g.dtype is not torch.float64:
            attention = None
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        else:
            # The published network takes its scores in single precision whatever the rest is in. Its float64 numbers
            # can only be met by doing the same: the difference grows from 1e-7 here to 3e-4 in the logits.
            scores = (q * (d // self.heads) ** -0.5).float() @ k.float().transpose(-1, -2)
            weights = scores.masked_fill(~mask, float("-inf")).softmax(-1).to(g.dtype)  # (M·B, h, S, S)
            attention = weights.view(M, B, self.heads, S, S) * present[..., None, None, None] if trace else None
            mixed = weights @ v
        h = mixed.transpose(1, 2).reshape(M, B, S, d) * present[..., None, None]
        return g + (h + self.mlp(h)), attention
