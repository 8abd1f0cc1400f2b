"""MCTN: only the source modality is read to predict; the others teach what its code should hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.methods.gcnet.recurrence import Recurrence, mirror
from comp_viz.methods.mctn.config import MCTNConfig
from comp_viz.network.base import Network
from comp_viz.network.boundary import admit, tensor
from comp_viz.network.layers import Dropout
from comp_viz.network.recurrent_cell import run_cell
from comp_viz.network.trace import Output


class Encoder(nn.Module):
    """An LSTM in both directions, summed: `[B, S, inputs] -> [B, S, hidden]`."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.recurrence = Recurrence("lstm", inputs, hidden, dropout=0, depth=1)

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """Encode conversations of `valid [B, S]` utterances."""
        both = self.recurrence(x.transpose(0, 1), mirror(valid, run_padding=False))
        summed: Tensor = both.transpose(0, 1).unflatten(-1, (2, -1)).sum(-2)
        return summed


class Decoder(nn.Module):
    """An LSTM that sees what it attends to and its own state: `[B, S, hidden] -> [B, S, outputs]`.

    Published, the attention's scores are linear in `[code at s, cell state]`. The state adds the same to all scores of a
    step, so that the softmax does not depend on it: every step sees the same mean of the code, which is computed once.
    """

    def __init__(self, hidden: int, outputs: int) -> None:
        super().__init__()
        self.score = nn.Linear(hidden, 1, bias=False)
        self.cell = nn.LSTM(hidden, hidden)
        self.out = nn.Linear(hidden, outputs)

    def forward(self, code: Tensor, valid: Tensor) -> Tensor:
        """Translate."""
        scores = self.score(code).masked_fill(~valid[..., None], float("-inf"))
        context = (scores.softmax(1) * code).sum(1)
        steps, _ = self.cell(context.expand(valid.shape[1], *context.shape))
        return torch.tanh(self.out(steps)).transpose(0, 1)


@dataclass(frozen=True)
class Translations:
    """What the source is translated into; None what two modalities do not need."""

    target: Tensor  # [B, S, D of the first target]
    cycle: Tensor  # [B, S, D of the source], translated there and back
    second: Tensor | None  # [B, S, D of the second target]


class MCTN(Network):
    """Predicts from the code of the source; `translate` is for training."""

    config: MCTNConfig

    def __init__(self, config: MCTNConfig) -> None:
        super().__init__(config)
        widths = [config.widths[name] for name in config.translated]
        self.widest = max(widths[:2])  # source and first target share an encoder and a decoder
        self.encoder = Encoder(self.widest, config.hidden)
        self.decoder = Decoder(config.hidden, self.widest)
        third = widths[2] if len(widths) > 2 else 0
        self.second_encoder = Encoder(config.hidden, config.hidden) if third else None
        self.second_decoder = Decoder(config.hidden, third) if third else None
        self.reader = nn.LSTM(config.hidden, config.hidden)
        self.head = nn.Linear(config.hidden, config.outputs)
        self.dropout = Dropout(config.dropout)

    def forward(self, features: Mapping[str, Any], observed: Any, valid: Any, *, trace: bool = False) -> Output:
        """As of every network."""
        return self.predict(*self.encode(features, observed, valid))

    def encode(self, features: Mapping[str, Any], observed: Any, valid: Any) -> tuple[Tensor, Tensor, Tensor]:
        """The code of the source, the code that is read from it, both `[B, S, hidden]`, and `valid [B, S]`."""
        admitted, rows = admit(self.config, features, observed, valid, like=self.head.weight)
        source = self.config.modalities.index(self.config.translated[0])
        x = rows.pad(rows.utterances(admitted[source]))
        there = tensor(valid, x.device).bool()
        code = self.dropout(self.encoder(self.widened(x), there))
        return code, code if self.second_encoder is None else self.second_encoder(code, there), there

    def predict(self, code: Tensor, joint: Tensor, valid: Tensor) -> Output:
        """From the code that holds the most."""
        h = run_cell(self.reader, joint.transpose(0, 1))
        return Output(self.head(self.dropout(h.transpose(0, 1))) * valid[..., None])

    def translate(self, code: Tensor, joint: Tensor, valid: Tensor) -> Translations:
        """The source's code there, back, and on."""
        source, target, *third = (self.config.widths[name] for name in self.config.translated)
        there = self.decoder(code, valid)[..., :target]
        back = self.decoder(self.encoder(self.widened(there), valid), valid)[..., :source]
        return Translations(there, back, self.second_decoder(joint, valid) if self.second_decoder and third else None)

    def widened(self, x: Tensor) -> Tensor:
        """Zeros up to the width of the shared encoder."""
        return F.pad(x, (0, self.widest - x.shape[-1]))
