"""The network's front door: one place where a batch is checked and brought into its inner form."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from comp_viz.errors import CompVizError
from comp_viz.network.config import ComPConfig


def admit(
    config: ComPConfig, features: Mapping[str, Any], observed: Any, valid: Any, like: Tensor
) -> tuple[list[Tensor], Tensor, Tensor]:
    """Check a batch against `config` and return `(features in modality order, observed, valid)` on the device of `like`.

    Missing and padded features come back as exact zeros (eq. 1), whatever stood there, and `observed` is False in the
    padding. Raises `CompVizError` naming the field, what was expected, what came and how to mend it.
    """
    valid = torch.as_tensor(valid, device=like.device).bool()
    if valid.dim() != 2:
        raise CompVizError(f"valid: expected [conversations, utterances], got shape {list(valid.shape)}.")
    B, S = valid.shape
    if config.max_length < S:
        raise CompVizError(
            f"valid: this model reads at most {config.max_length} utterances of a conversation, got {S}. "
            "Split the conversation, or use a checkpoint with a larger max_length."
        )
    observed = torch.as_tensor(observed, device=like.device).bool()
    M = len(config.modalities)
    if observed.shape != (B, S, M):
        raise CompVizError(
            f"observed: expected [{B}, {S}, {M}] (conversations, utterances, and {', '.join(config.modalities)}), "
            f"got {list(observed.shape)}."
        )
    observed = observed & valid[..., None]
    if set(features) != set(config.modalities):
        raise CompVizError(
            f"features: expected the modalities {', '.join(config.modalities)}, got {', '.join(map(str, features)) or 'none'}. "
            "A modality that is missing everywhere is passed as zeros with observed = False."
        )
    admitted = []
    for u, (name, width) in enumerate(zip(config.modalities, config.dims, strict=True)):
        x = torch.as_tensor(features[name], device=like.device).to(like.dtype)
        if x.shape != (B, S, width):
            raise CompVizError(
                f"features[{name!r}]: expected [{B}, {S}, {width}], got {list(x.shape)}. "
                f"This model was built for {name} features of width {width}."
            )
        admitted.append(x.masked_fill(~observed[..., u, None], 0))
    return admitted, observed, valid
