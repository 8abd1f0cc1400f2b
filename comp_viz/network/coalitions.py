"""All 2^M coalitions of modalities for one conversation in one pass, computing once what they have in common.

In a coalition a modality is either there as it was observed or missing in every utterance, so that up to the first block there
are only two versions of it. And a modality that is missing everywhere has no key to attend to: `H = 0` in all its layers (eq. 4),
which then add the same to every row. Together that is little more than half of the work of as many separate conversations.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from comp_viz.errors import CompVizError
from comp_viz.network.model import ComP, PropagationBlock
from comp_viz.network.rows import Rows
from comp_viz.network.trace import Output, Recorder

MOST_MODALITIES = 6  # modalities, 64 coalitions
NO_TRACE = Recorder(None)


def coalition_masks(modalities: int) -> Tensor:
    """Which modality is in which coalition, `[2^M, M]` bool: number `k` has modality `u` where bit `u` of `k` is set.

    Raises `CompVizError` for more modalities than can be enumerated.
    """
    if modalities > MOST_MODALITIES:
        raise CompVizError(
            f"modalities: all coalitions of at most {MOST_MODALITIES} can be computed ({2**MOST_MODALITIES}), got {modalities} modalities."
        )
    return (torch.arange(2**modalities)[:, None] >> torch.arange(modalities) & 1).bool()


def coalition_outputs(model: ComP, features: Mapping[str, Any], observed: Any, valid: Any) -> Output:
    """The output for one conversation (a batch of one) in every coalition, `[2^M, S, …]`, prompts from own prototypes and bank.

    The same as `model` with `observed` restricted to each row of `subsets(M)` in turn. Raises `CompVizError` when the
    conversation does not fit the model, or there are too many coalitions.
    """
    shown = coalition_masks(len(model.config.modalities))
    _, encoded, rows = model.begin(features, observed, valid)
    shown = shown.to(encoded.device)
    every = repeated_rows(model, rows, rows.keys & shown[:, :, None])
    if not model.config.prompting:
        return model.second_stage(masked_versions(encoded, every), every, "bank")
    z = propagate_coalitions(model, encoded, rows, every, shown)
    fused, heads, weights, _ = model.conclude(z)
    return Output(every.pad(fused), model.by_modality(every.pad(heads)), every.pad(weights))


def repeated_rows(model: ComP, rows: Rows, keys: Tensor) -> Rows:
    """Rows of one conversation as often as it is seen in another way, `keys [K, M, N]` saying what is observed each time."""
    valid = torch.ones(len(keys), len(rows), dtype=torch.bool)
    return Rows.of(keys.transpose(1, 2), valid, model.config.max_length)


def masked_versions(encoded: Tensor, every: Rows) -> Tensor:
    """`Z^u [M, K·N + K, d]` of a conversation seen in `K` ways, from `[M, N + 1, d]` as it was observed: missing is blank."""
    K = len(every.lengths)
    blank = encoded[:, -1:]
    utterances = torch.where(every.keys[..., None], encoded[:, :-1].repeat(1, K, 1), blank)
    return torch.cat([utterances, blank.expand(-1, K, -1)], dim=1)


def propagate_coalitions(model: ComP, encoded: Tensor, rows: Rows, every: Rows, shown: Tensor) -> Tensor:
    """`Z̄^u [M, 2^M·N, d]` of all coalitions, from `[M, N + 1, d]`."""
    there = torch.stack([rows.keys, torch.zeros_like(rows.keys)])
    two = repeated_rows(model, rows, there)
    seen, blanks = two.part(masked_versions(encoded, two))
    prototypes = model.compress(seen, blanks, two)  # (M, 2, c, d)
    first, *_ = model.blocks
    fresh = model.generate(first, seen, prototypes, two, "bank", NO_TRACE)
    which = 1 - shown.long()  # (2^M, M), 0 as observed, 1 missing
    z, fresh = (pick_versions(x.unflatten(1, (2, -1)), which).flatten(1, 2) for x in (seen, fresh))
    prototypes, renewed = pick_versions(prototypes, which), None
    half = repeated_rows(model, rows, rows.keys.expand(len(shown) // 2, -1, -1))
    for l, block in enumerate(model.blocks):
        if l:
            fresh = model.generate(block, z, prototypes, every, "bank", NO_TRACE)
        delivered = model.deliver(fresh)
        if renewed is not None:  # eq. 9
            delivered = model.config.momentum * renewed + (1 - model.config.momentum) * delivered
        g = attend(block, block.inject(torch.cat([z, delivered], dim=-1)), half, shown)  # eq. 3, 4
        if block.expand is None:
            return g
        z, renewed = block.expand(g).split([model.config.hidden, model.config.delivered], dim=-1)  # eq. 5
    return z


def pick_versions(x: Tensor, which: Tensor) -> Tensor:
    """From versions `[M, 2, …]` those that coalitions have, `which [2^M, M]`: `[M, 2^M, …]`."""
    return x[torch.arange(len(x), device=x.device)[:, None], which.T]


def attend(block: PropagationBlock, g: Tensor, half: Rows, shown: Tensor) -> Tensor:
    """The attention layers of a block, `G_0 [M, 2^M·N, d] -> G_m` (eq. 4): a modality attends in its half of the coalitions."""
    M, C = len(g), len(shown)
    attended: Tensor = g.unflatten(1, (C, -1))
    seeing = attended[shown.T].unflatten(0, (M, -1)).flatten(1, 2)  # (M, 2^M/2·N, d)
    for layer in block.layers:
        seeing, _ = layer(seeing, half)
        attended = attended + layer.mlp(g.new_zeros(M, 1, 1, g.shape[-1]))
    attended[shown.T] = seeing.unflatten(1, (C // 2, -1)).flatten(0, 1)
    return attended.flatten(1, 2)
