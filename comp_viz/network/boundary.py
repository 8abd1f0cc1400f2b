"""The network's front door: one place where a batch is checked and brought into its inner form."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from comp_viz.errors import CompVizError
from comp_viz.network.config import NetworkConfig
from comp_viz.network.rows import Rows


def admit(
    config: NetworkConfig, features: Mapping[str, Any], observed: Any, valid: Any, like: Tensor
) -> tuple[list[Tensor], Rows]:
    """Check a batch against `config` and return its features and its rows on the device of `like`.

    Features come in modality order, `[N + B, D_u]`: the utterances without padding, exact zeros where missing (eq. 1)
    whatever stood there, and below them a blank utterance for each conversation. Raises `CompVizError` naming the field,
    what was expected, what came and how to mend it.

    `valid` is best given in memory: the numbers of rows follow from it, reading it from a device means waiting for that.
    """
    valid = tensor(valid, "cpu").bool()
    if valid.dim() != 2:
        raise CompVizError(f"valid: expected [conversations, utterances], got shape {list(valid.shape)}.")
    B, S = valid.shape
    if not B * S:
        raise CompVizError(f"valid: expected at least one conversation and one utterance, got shape {[B, S]}.")
    if config.max_length < S:
        raise CompVizError(
            f"valid: this model reads at most {config.max_length} utterances of a conversation, got {S}. "
            "Split the conversation, or use a checkpoint with a larger max_length."
        )
    observed = tensor(observed, like.device).bool()
    M = len(config.modalities)
    if observed.shape != (B, S, M):
        raise CompVizError(
            f"observed: expected [{B}, {S}, {M}] (conversations, utterances, and {', '.join(config.modalities)}), "
            f"got {list(observed.shape)}."
        )
    observed = observed & valid.to(like.device, non_blocking=True)[..., None]
    if set(features) != set(config.modalities):
        raise CompVizError(
            f"features: expected the modalities {', '.join(config.modalities)}, got {', '.join(map(str, features)) or 'none'}. "
            "A modality that is missing everywhere is passed as zeros with observed = False."
        )
    rows = Rows.of(observed, valid, config.max_length)
    admitted = []
    for u, (name, width) in enumerate(zip(config.modalities, config.dims, strict=True)):
        x = tensor(features[name], like.device).to(like.dtype)
        if x.shape != (B, S, width):
            raise CompVizError(
                f"features[{name!r}]: expected [{B}, {S}, {width}], got {list(x.shape)}. "
                f"This model was built for {name} features of width {width}."
            )
        x = rows.pack(x).masked_fill(~rows.keys[u, :, None], 0)
        admitted.append(F.pad(x, (0, 0, 0, B)))
    return admitted, rows


def tensor(values: Any, device: torch.device | str) -> Tensor:
    """An array, list or tensor as a tensor on a device."""
    if isinstance(values, np.ndarray) and not values.flags.writeable:
        values = values.copy()
    return torch.as_tensor(values, device=device)
