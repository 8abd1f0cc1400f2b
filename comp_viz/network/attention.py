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
        """Attend from every utterance to the observed ones of its conversation.

        Takes `g [M, N, d]` and returns it anew, and when `trace` is asked for, the attention map `[M, B, h, S, S]`. A
        modality without any observed utterance in a conversation has `H = 0` there.
        """
        qkv = self.qkv(g).unflatten(-1, (3, self.heads, -1))  # (M, N, 3, h, d/h)
        fused_kernel = qkv.device.type == "cpu" and qkv.dtype is torch.float32 and not torch.compiler.is_exporting()
        if fused_kernel and not trace:
            h, attention = attend_by_conversation(qkv, rows), None
        else:
            h, attention = attend_padded(qkv, rows)
        return g + (h + self.mlp(h)), attention if trace else None


def attend_by_conversation(qkv: Tensor, rows: Rows) -> Tensor:
    """`H [M, N, d]` of queries, keys and values `[M, N, 3, h, d/h]` by PyTorch's fused kernel, without any padding."""
    parts = []
    for part, keys in zip(rows.conversations(qkv, 1), rows.conversations(rows.keys, 1), strict=True):
        q, k, v = part.permute(2, 0, 3, 1, 4)  # (M, h, S, d/h), S of this conversation
        h = F.scaled_dot_product_attention(q, k, v, attn_mask=keys[:, None, None])  # zeros where every key is masked
        parts.append(h.transpose(1, 2))
    return torch.cat(parts, dim=1).flatten(2)


def attend_padded(qkv: Tensor, rows: Rows) -> tuple[Tensor, Tensor]:
    """`H [M, N, d]` and the attention map `[M, B, h, S, S]`, all conversations in one product, for every other case."""
    q, k, v = rows.pad(qkv.flatten(2)).unflatten(-1, qkv.shape[2:]).permute(3, 0, 1, 4, 2, 5)  # (M, B, h, S, d/h)
    keys = rows.pad(rows.keys[..., None])[..., 0]  # (M, B, S)
    present = keys.any(-1, keepdim=True)
    # Where nothing is observed every key is let through, only to keep the softmax finite.
    hidden = (present & ~keys)[:, :, None, None]
    scores = (q * q.shape[-1] ** -0.5) @ k.mT
    attention = scores.masked_fill(hidden, float("-inf")).softmax(-1) * present[..., None, None]
    return rows.pack((attention @ v).transpose(2, 3).flatten(3)), attention
