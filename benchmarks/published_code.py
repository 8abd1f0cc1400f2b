"""Drives an unpacked copy of the published code on our conversations: its model, its losses, its own training function."""

import contextlib
import io
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from comp_viz.data.batch import Standardiser
from comp_viz.data.conversation import Bools, Conversation


class PublishedCode:
    """The published network with the published recipe, for three modalities and a score."""

    def __init__(self, folder: Path, dims: Sequence[int], length: int) -> None:
        sys.modules.setdefault("config", types.ModuleType("config"))  # it imports its paths from there
        sys.path.insert(0, str(folder))
        self.code: Any = __import__("train_mr")
        self.code.device = torch.device("cpu")
        self.options = SimpleNamespace(
            device=self.code.device, drop_rate=0.5, attn_drop_rate=0.0, seq_len=length, hidden=256, depth=4,
            num_heads=2, n_classes=1, no_cuda=True, lbd=0.3, dataset="CMUMOSI",
        )  # fmt: skip
        with contextlib.redirect_stdout(io.StringIO()):  # it prints its size
            self.model = self.code.build_model(self.options, *dims)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-4, weight_decay=1e-5)

    def batch(self, conversations: Sequence[Conversation], standardise: Standardiser, neutral: float) -> list[Any]:
        """What its data loader gives: features `[S, B, D]` of two speakers, speakers, valid, labels `[B, S]`, names."""
        names = conversations[0].features
        mine = [
            pad_sequence([torch.from_numpy(standardise(u, c.features[u]).astype(np.float32)) for c in conversations])
            for u in names
        ]
        labels = pad_sequence([torch.from_numpy((c.labels - neutral).astype(np.float32)) for c in conversations], True)
        valid = pad_sequence([torch.ones(len(c)) for c in conversations], True)
        other = [torch.zeros_like(x) for x in mine]
        return [*mine, *other, torch.zeros_like(valid), valid, labels, [c.id for c in conversations]]

    def epoch(self, batches: Sequence[list[Any]], masks: Sequence[Sequence[Bools]], first: bool) -> None:
        """One training epoch of its own; `masks` are `[n, 3]` for every conversation of every batch."""
        queue = [self.flat(mask) for mask in masks for _ in range(2)]  # drawn for either speaker
        self.code.random_mask = lambda views, count, rate: queue.pop(0)
        losses = self.code.MaskedMSELoss(), self.code.MaskedCELoss()
        self.code.train_or_eval_model(
            self.options, self.model, *losses, [list(b) for b in batches], self.options.seq_len, self.optimizer,
            train=True, first_stage=first, mask_rate=0.3,
        )  # fmt: skip

    def flat(self, mask: Sequence[Bools]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Masks of a batch's conversations as its `random_mask` gives them, `[B·S, 3]`."""
        padded = np.zeros((len(mask), self.options.seq_len, 3), np.int64)
        for b, one in enumerate(mask):
            padded[b, : len(one)] = one
        return padded.reshape(-1, 3)
