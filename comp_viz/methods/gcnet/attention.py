"""Attention of every utterance to all of its conversation, as in DialogueRNN."""

from torch import Tensor, nn


class MatchingAttention(nn.Module):
    """Weights `softmax(tanh(q_t · h_s))`, set to zero in padding and summing to 1: `[B, S, width] -> [B, S, width]`.

    The softmax runs over padding as well, where the score is `tanh(0)`; after it is taken out the weights are made to sum
    to 1 again, which is why padding changes nothing.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)

    def forward(self, h: Tensor, valid: Tensor) -> Tensor:
        """Sum of `h [B, S, width]` by the weights."""
        there = valid[:, None].to(h.dtype)  # [B, 1, S]
        scores = (self.query(h) @ h.mT * there).tanh()
        weights = scores.exp() * there
        out: Tensor = weights / weights.sum(-1, keepdim=True).clamp(min=1e-30) @ h
        return out
