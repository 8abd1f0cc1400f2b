"""From conversations to what the network takes: standardised, padded tensors."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from comp_viz.data.conversation import Bools, Conversation, Floats
from comp_viz.data.dataset import Utterances
from comp_viz.errors import CompVizError

MAX_HELD_BYTES = 1 << 29  # bytes of padded features held in memory
EVALUATED_TOGETHER = 32  # conversations in one forward pass of an evaluation
ROWS_AT_ONCE = 20_000  # utterances whose features are in memory at once
CLIP_DEVIATIONS = 5.0  # standard deviations; audio functionals have tails of thousands


@dataclass(frozen=True)
class Moments:
    """Mean and deviation of `count` rows, each `[D]`."""

    count: int
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    @classmethod
    def of(cls, rows: NDArray[np.float64]) -> "Moments":
        """Those of rows `[N, D]`; zeros where there are none."""
        if not len(rows):
            return cls(0, np.zeros(rows.shape[1]), np.zeros(rows.shape[1]))
        return cls(len(rows), rows.mean(0), rows.std(0))

    def merged(self, rows: NDArray[np.float64]) -> "Moments":
        """With further rows: the variance within both parts and that between their means (Chan, Golub, LeVeque)."""
        more = Moments.of(rows)
        count = self.count + more.count
        if not count:
            return self
        share = more.count / count
        apart = more.mean - self.mean
        variance = (1 - share) * self.deviation**2 + share * more.deviation**2 + share * (1 - share) * apart**2
        return Moments(count, self.mean + share * apart, np.sqrt(variance))


def conversation_chunks(conversations: Sequence[Conversation], rows: int) -> Iterator[list[Conversation]]:
    """Consecutive conversations of about `rows` utterances together, so that not all need be in memory at once."""
    part: list[Conversation] = []
    gathered = 0
    for conversation in conversations:
        part.append(conversation)
        gathered += len(conversation)
        if gathered >= rows:
            yield part
            part, gathered = [], 0
    if part:
        yield part


@dataclass(frozen=True)
class Standardiser:
    """Mean and deviation of every feature over the observed training utterances, clipped to `±clip` deviations."""

    mean: Mapping[str, Floats]  # modality -> [D_u]
    std: Mapping[str, Floats]
    clip: float = CLIP_DEVIATIONS

    @classmethod
    def identity(cls, dims: Mapping[str, int]) -> "Standardiser":
        """Leave features as they are, for models trained on raw ones."""
        mean = {name: np.zeros(width, np.float32) for name, width in dims.items()}
        return cls(mean, {name: np.ones(width, np.float32) for name, width in dims.items()}, clip=np.inf)

    @classmethod
    def fit(cls, conversations: Sequence[Conversation]) -> "Standardiser":
        """Statistics of the observed rows, read part by part; features that never vary get deviation 1."""
        moments: dict[str, Moments] = {}
        for part in conversation_chunks(conversations, ROWS_AT_ONCE):
            for u, name in enumerate(part[0].features):
                rows = np.concatenate([c.features[name][c.observed[:, u]] for c in part]).astype(np.float64)
                moments[name] = moments[name].merged(rows) if name in moments else Moments.of(rows)
        mean = {name: m.mean.astype(np.float32) for name, m in moments.items()}
        deviations = {name: m.deviation for name, m in moments.items()}
        return cls(mean, {name: np.where(d > 1e-6, d, 1).astype(np.float32) for name, d in deviations.items()})

    def __call__(self, name: str, x: Floats) -> Floats:
        """Standardise `[S, D_u]` features of one modality."""
        z: Floats = np.clip((x - self.mean[name]) / self.std[name], -self.clip, self.clip)
        return z


@dataclass(frozen=True)
class Batch:
    """Conversations side by side, padded to the longest."""

    features: dict[str, Tensor]  # modality -> [B, S, D_u], standardised, zeros where missing or padded
    observed: Tensor  # [B, S, M] bool, False in padding
    valid: Tensor  # [B, S] bool, False in padding; stays in memory, so that no device is ever asked for a length
    labels: Tensor  # [B, S], NaN where unknown or padded
    recorded: Tensor  # [B, S, M] bool, what the recordings have of it, whatever the missing pattern

    @classmethod
    def of(cls, conversations: Sequence[Conversation], standardise: Standardiser) -> "Batch":
        """Gather conversations as the recordings have them; a missing pattern is put on with `showing`."""
        first = conversations[0]
        B, S, M = len(conversations), max(map(len, conversations)), len(first.features)
        features = {name: np.zeros((B, S, x.shape[1]), np.float32) for name, x in first.features.items()}
        observed, valid = np.zeros((B, S, M), bool), np.zeros((B, S), bool)
        labels = np.full((B, S), np.nan, np.float32)
        for b, conversation in enumerate(conversations):
            if list(conversation.features) != list(features):
                raise CompVizError(
                    f"Conversation {conversation.id!r} has the modalities {list(conversation.features)}, expected {list(features)}."
                )
            n = len(conversation)
            for u, (name, x) in enumerate(conversation.features.items()):
                features[name][b, :n] = standardise(name, x) * conversation.observed[:, u, None]
            observed[b, :n], valid[b, :n], labels[b, :n] = conversation.observed, True, conversation.labels
        return cls(
            {name: torch.from_numpy(x) for name, x in features.items()},
            torch.from_numpy(observed),
            torch.from_numpy(valid),
            torch.from_numpy(labels),
            torch.from_numpy(observed),
        )

    def __len__(self) -> int:
        return len(self.valid)

    def to(self, device: torch.device | str) -> "Batch":
        """The same batch on another device."""
        features = {name: x.to(device) for name, x in self.features.items()}
        return Batch(features, self.observed.to(device), self.valid, self.labels.to(device), self.recorded.to(device))

    def pick(self, rows: Tensor) -> "Batch":
        """Some of the conversations, trimmed to the longest among them."""
        valid = self.valid[rows]
        S = int(valid.sum(1).max())
        there = rows.to(self.labels.device, non_blocking=True)
        features = {name: x[there, :S] for name, x in self.features.items()}
        observed, recorded = (entries[there, :S] for entries in (self.observed, self.recorded))
        return Batch(features, observed, valid[:, :S], self.labels[there, :S], recorded)

    def showing(self, observed: Bools) -> "Batch":
        """The same conversations under another missing pattern, `[valid utterances, M]` in order of the batch."""
        pattern = torch.zeros(self.observed.shape, dtype=torch.bool)
        pattern[self.valid] = torch.from_numpy(observed)
        there = pattern.to(self.observed.device, non_blocking=True)
        return replace(self, observed=there & self.observed)

    def blurred(self, noise: float) -> "Batch":
        """The same conversations with Gaussian noise on their features, `noise` in standard deviations."""
        if not noise:
            return self
        return replace(self, features={name: x + noise * torch.randn_like(x) for name, x in self.features.items()})


class Stream:
    """Conversations by number as batches on a device: held in memory where they fit, else read as they are asked for."""

    def __init__(self, conversations: Sequence[Conversation], standardise: Standardiser, device: torch.device) -> None:
        self.conversations, self.standardise, self.device = conversations, standardise, device
        self.utterances = Utterances.of(conversations)
        longest, width = int(self.utterances.lengths.max()), sum(conversations[0].widths.values())
        fits = 4 * len(conversations) * longest * width <= MAX_HELD_BYTES
        self.held = Batch.of(conversations, standardise).to(device) if fits else None

    def __len__(self) -> int:
        return len(self.conversations)

    def pick(self, rows: Sequence[int]) -> Batch:
        """Some of the conversations, padded to the longest among them."""
        if self.held:
            return self.held.pick(torch.as_tensor(rows))
        return Batch.of([self.conversations[row] for row in rows], self.standardise).to(self.device)

    def under(self, observed: Bools) -> Iterator[Batch]:
        """All conversations, some at a time, under a missing pattern `[N, M]` of all their utterances."""
        starts = self.utterances.starts
        for first in range(0, len(self), EVALUATED_TOGETHER):
            rows = range(first, min(first + EVALUATED_TOGETHER, len(self)))
            yield self.pick(rows).showing(observed[starts[rows.start] : starts[rows.stop]])
