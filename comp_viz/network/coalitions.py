"""All 2^M coalitions of modalities for one conversation in one pass, computing once what they have in common.

In a coalition a modality is either there as it was observed or missing in every utterance, so that up to the first block there
are only two versions of it. And a modality that is missing everywhere has no key to attend to: `H = 0` in all its layers (eq. 4),
which then add the same to every row. Together that is little more than half of the work of as many separate conversations.
"""

from collections.abc import Mapping, Sequence
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

    The same as `model` with `observed` restricted to each row of `coalition_masks(M)` in turn. Raises `CompVizError` when the
    conversation does not fit the model, or there are too many coalitions.
    """
    every = range(len(coalition_masks(len(model.config.modalities))))
    _, encoded, rows = model.begin(features, observed, valid)
    return outputs_in(model, encoded, rows.keys, every)


def outputs_in(model: ComP, encoded: Tensor, keys: Tensor, numbers: Sequence[int]) -> Output:
    """The outputs `[K, S, …]` in some coalitions, by number, of one conversation `Z^u [M, S + 1, d]` with `keys [M, S]` observed.

    Each modality is in half of them, as it is in all, or in all but the empty and the full one.
    """
    M = len(model.config.modalities)
    shown = torch.tensor([[bool(k >> u & 1) for u in range(M)] for k in numbers], device=encoded.device)
    every = repeated_rows(model, keys & shown[:, :, None])
    if not model.config.prompting:
        return model.second_stage(masked_versions(encoded, every), every, "bank")
    z = propagate_coalitions(model, encoded, keys, every, shown, coalitions_with(M, numbers).to(encoded.device))
    utterances, _ = every.part(masked_versions(encoded, every))
    fused, heads, weights, _ = model.conclude(z, utterances, every)
    return Output(every.pad(fused), model.by_modality(every.pad(heads)), every.pad(weights))


def coalitions_with(modalities: int, numbers: Sequence[int]) -> Tensor:
    """Where in `numbers` those stand that have each modality, `[M, K/2]`."""
    return torch.tensor([[place for place, k in enumerate(numbers) if k >> u & 1] for u in range(modalities)])


def repeated_rows(model: ComP, keys: Tensor) -> Rows:
    """Rows of one conversation as often as it is seen in another way, `keys [K, M, N]` saying what is observed each time."""
    valid = torch.ones(keys.shape[0], keys.shape[2], dtype=torch.bool)
    return Rows.of(keys.transpose(1, 2), valid, model.config.max_length)


def masked_versions(encoded: Tensor, every: Rows) -> Tensor:
    """`Z^u [M, K·N + K, d]` of a conversation seen in `K` ways, from `[M, N + 1, d]` as it was observed: missing is blank."""
    K = every.shape[0]
    blank = encoded[:, -1:]
    utterances = torch.where(every.keys[..., None], encoded[:, :-1].repeat(1, K, 1), blank)
    return torch.cat([utterances, blank.expand(-1, K, -1)], dim=1)


def propagate_coalitions(
    model: ComP, encoded: Tensor, keys: Tensor, every: Rows, shown: Tensor, places: Tensor
) -> Tensor:
    """`Z̄^u [M, K·N, d]` of `K` coalitions, from `[M, N + 1, d]`: `shown [K, M]`, `places [M, K/2]` with each modality."""
    two = repeated_rows(model, torch.stack([keys, torch.zeros_like(keys)]))
    seen, blanks = two.part(masked_versions(encoded, two))
    prototypes = model.compress(seen, blanks, two)  # (M, 2, c, d)
    first, *_ = model.blocks
    fresh = model.generate(first, seen, prototypes, two, "bank", NO_TRACE)
    which = 1 - shown.long()  # (K, M), 0 as observed, 1 missing
    z, fresh = (pick_versions(x.unflatten(1, (2, -1)), which).flatten(1, 2) for x in (seen, fresh))
    prototypes, renewed = pick_versions(prototypes, which), None
    half = repeated_rows(model, keys.expand(places.shape[1], -1, -1))
    for l, block in enumerate(model.blocks):
        if l:
            fresh = model.generate(block, z, prototypes, every, "bank", NO_TRACE)
        delivered = model.deliver(fresh)
        if renewed is not None:  # eq. 9
            delivered = model.config.momentum * renewed + (1 - model.config.momentum) * delivered
        g = attend(block, block.inject(torch.cat([z, delivered], dim=-1)), half, places, len(shown))  # eq. 3, 4
        if block.expand is None:
            return g
        z, renewed = block.expand(g).split([model.config.hidden, model.config.delivered], dim=-1)  # eq. 5
    return z


def pick_versions(x: Tensor, which: Tensor) -> Tensor:
    """From versions `[M, 2, …]` those that coalitions have, `which [K, M]`: `[M, K, …]`."""
    return x[torch.arange(len(x), device=x.device)[:, None], which.T]


def attend(block: PropagationBlock, g: Tensor, half: Rows, places: Tensor, count: int) -> Tensor:
    """The attention layers of a block, `G_0 [M, K·N, d] -> G_m` (eq. 4): a modality attends in its half of the `K` coalitions."""
    where = torch.arange(len(g), device=g.device)[:, None], places
    attended: Tensor = g.unflatten(1, (count, -1))
    seeing = attended[where].flatten(1, 2)  # (M, K/2·N, d)
    for layer in block.layers:
        seeing, _ = layer(seeing, half)
        attended = attended + layer.mlp(g.new_zeros(len(g), 1, 1, g.shape[-1]))
    return attended.index_put(where, seeing.unflatten(1, (places.shape[1], -1))).flatten(1, 2)
