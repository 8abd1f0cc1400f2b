"""What tests of ComP's network share: small networks, their inputs and attention maps."""

import torch

from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP

NAMES = ("audio", "text", "video")


def inputs(config, seed=0, batch=3, lengths=(7, 4, 6), rate=0.3):
    """Random features, observed and valid for a configuration; every conversation has something observed."""
    generator = torch.Generator().manual_seed(seed)
    S = max(lengths[:batch])
    valid = torch.arange(S) < torch.tensor(lengths[:batch])[:, None]
    observed = (torch.rand(batch, S, len(config.modalities), generator=generator) > rate) & valid[..., None]
    features = {
        u: torch.randn(batch, S, width, generator=generator)
        for u, width in zip(config.modalities, config.dims, strict=True)
    }
    return features, observed, valid


def network(seed=0, bank=2, **changes):
    """A seeded network whose weights are large enough for everything to matter, with a bank."""
    config = ComPConfig(
        **{
            "modalities": NAMES, "dims": (5, 6, 4), "max_length": 9, "hidden": 8, "prompt": 3, "prototypes": 4
        } | changes
    )  # fmt: skip
    torch.manual_seed(seed)
    model = ComP(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.5)
    model.bank = torch.randn(len(config.modalities), bank, config.prototypes, config.hidden)
    return model.requires_grad_(False)


def queries_first(maps):
    """`[B, n, m, h, S, S] -> [B, S, n, m, h, S]`."""
    return maps.movedim(4, 1)
