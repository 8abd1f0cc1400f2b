"""The lab: seeded synthetic conversations of three modalities of different strength, for machines without any data.

A conversation's sentiment drifts as an autoregressive process, `s_t = ρ s_{t-1} + √(1-ρ²) ε_t`, and each modality shows it
as `x_t^u = a_u s_t w_u + noise`, with its own strength `a_u` and direction `w_u`. Text is strong, audio middling, video weak.
"""

from dataclasses import dataclass

import numpy as np

from comp_viz.data.conversation import Conversation, Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.phrases import phrase

LICENCE = "synthetic, made by ComP Viz; no restrictions"


@dataclass(frozen=True)
class LabSettings:
    """The lab's settings; equal settings make equal conversations."""

    seed: int = 7
    conversations: tuple[int, int, int] = (300, 40, 40)  # training, validation, test
    lengths: tuple[int, int] = (14, 36)  # shortest and longest, in utterances
    strengths: tuple[float, float, float] = (0.8, 1.6, 0.45)  # a_u of audio, text, video, in noise deviations
    dims: tuple[int, int, int] = (24, 32, 16)
    persistence: float = 0.8  # ρ, how much sentiment depends on the utterance before


def lab(settings: LabSettings | None = None) -> DataSet:
    """Make the lab's data set: sentiment from -3 to 3, audio, text and video, two speakers in turn."""
    settings = settings or LabSettings()
    rng = np.random.default_rng(settings.seed)
    modalities = ("audio", "text", "video")
    directions = {}
    for name, width in zip(modalities, settings.dims, strict=True):
        direction = rng.standard_normal(width)
        directions[name] = direction / np.linalg.norm(direction)
    conversations = []
    for split, count in zip(("train", "validation", "test"), settings.conversations, strict=True):
        for i in range(count):
            conversations.append(converse(settings, directions, f"lab-{split}-{i:03d}", split, rng))
    sources = {
        name: f"lab, sentiment in {width} noisy features at strength {strength:g}"
        for name, width, strength in zip(modalities, settings.dims, settings.strengths, strict=True)
    }
    return DataSet("Lab", Task("sentiment"), tuple(conversations), sources, LICENCE)


def converse(
    settings: LabSettings, directions: dict[str, np.ndarray], name: str, split: str, rng: np.random.Generator
) -> Conversation:
    """One conversation of two speakers."""
    S = int(rng.integers(settings.lengths[0], settings.lengths[1] + 1))
    latent = np.empty(S)
    latent[0] = rng.standard_normal()
    for t in range(1, S):
        innovation = np.sqrt(1 - settings.persistence**2) * rng.standard_normal()
        latent[t] = settings.persistence * latent[t - 1] + innovation
    features = {
        u: (strength * latent[:, None] * direction + rng.standard_normal((S, len(direction)))).astype(np.float32)
        for (u, direction), strength in zip(directions.items(), settings.strengths, strict=True)
    }
    labels = np.clip(1.3 * latent, -3, 3).round(1).astype(np.float32)
    return Conversation(
        id=name,
        features=features,
        observed=np.ones((S, len(features)), dtype=bool),
        labels=labels,
        words=tuple(phrase(float(label), rng) for label in labels),
        context=("",) * S,
        speakers=tuple("AB"[t % 2] for t in range(S)),
        durations=rng.uniform(1.5, 6, S).round(1).astype(np.float32),
        split=split,
    )
