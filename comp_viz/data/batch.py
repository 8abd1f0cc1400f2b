"""From conversations to what the network takes: standardised, padded tensors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from comp_viz.data.conversation import Bools, Conversation, Floats
from comp_viz.errors import CompVizError

CLIP = 5.0  # standard deviations; audio functionals have tails of thousands


@dataclass(frozen=True)
class Standardiser:
    """Mean and deviation of every feature over the observed training utterances, clipped to `±clip` deviations."""

    mean: Mapping[str, Floats]  # modality -> [D_u]
    std: Mapping[str, Floats]
    clip: float = CLIP

    @classmethod
    def identity(cls, dims: Mapping[str, int]) -> "Standardiser":
        """Leave features as they are, for models trained on raw ones."""
        mean = {name: np.zeros(width, np.float32) for name, width in dims.items()}
        return cls(mean, {name: np.ones(width, np.float32) for name, width in dims.items()}, clip=np.inf)

    @classmethod
    def fit(cls, conversations: Sequence[Conversation]) -> "Standardiser":
        """Statistics of the observed rows; features that never vary get deviation 1."""
        mean, std = {}, {}
        for u, name in enumerate(conversations[0].features):
            rows = np.concatenate([c.features[name][c.observed[:, u]] for c in conversations]).astype(np.float64)
            if not len(rows):
                rows = np.zeros((1, conversations[0].features[name].shape[1]))
            deviation = rows.std(0)
            mean[name] = rows.mean(0).astype(np.float32)
            std[name] = np.where(deviation > 1e-6, deviation, 1).astype(np.float32)
        return cls(mean, std)

    def __call__(self, name: str, x: Floats) -> Floats:
        """Standardise `[S, D_u]` features of one modality."""
        z: Floats = np.clip((x - self.mean[name]) / self.std[name], -self.clip, self.clip)
        return z


@dataclass(frozen=True)
class Batch:
    """Conversations side by side, padded to the longest."""

    features: dict[str, Tensor]  # modality -> [B, S, D_u], standardised, zeros where missing or padded
    observed: Tensor  # [B, S, M] bool, False in padding
    valid: Tensor  # [B, S] bool, False in padding
    labels: Tensor  # [B, S], NaN where unknown or padded

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
        )

    def __len__(self) -> int:
        return len(self.valid)

    def to(self, device: torch.device | str) -> "Batch":
        """The same batch on another device."""
        features = {name: x.to(device) for name, x in self.features.items()}
        return Batch(features, self.observed.to(device), self.valid.to(device), self.labels.to(device))

    def pick(self, rows: Tensor) -> "Batch":
        """Some of the conversations, trimmed to the longest among them."""
        valid = self.valid[rows]
        S = int(valid.sum(1).max())
        features = {name: x[rows, :S] for name, x in self.features.items()}
        return Batch(features, self.observed[rows, :S], valid[:, :S], self.labels[rows, :S])

    def showing(self, observed: Bools) -> "Batch":
        """The same conversations under another missing pattern, `[valid utterances, M]` in order of the batch."""
        pattern = torch.zeros_like(self.observed)
        pattern[self.valid] = torch.from_numpy(observed).to(pattern.device)
        return Batch(self.features, pattern & self.observed, self.valid, self.labels)

    def blurred(self, noise: float) -> "Batch":
        """The same conversations with Gaussian noise on their features, `noise` in standard deviations."""
        if not noise:
            return self
        features = {name: x + noise * torch.randn_like(x) for name, x in self.features.items()}
        return Batch(features, self.observed, self.valid, self.labels)

    @classmethod
    def join(cls, batches: Sequence["Batch"]) -> "Batch":
        """Batches of equal length one after the other."""
        features = {name: torch.cat([batch.features[name] for batch in batches]) for name in batches[0].features}
        observed, valid = torch.cat([b.observed for b in batches]), torch.cat([b.valid for b in batches])
        return cls(features, observed, valid, torch.cat([b.labels for b in batches]))
