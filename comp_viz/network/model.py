"""ComP, the network of *Cross-modal Prompting* (He, Zhu, Zhang, AAAI 2026), in the order of the paper.

Symbols: `M` modalities, `B` conversations, `S` utterances, `N` utterances of the whole batch, `d` hidden width, `p` prompt
width, `c` prototypes a conversation, `K` prototypes attended to, `n` blocks of `m` attention layers. Tensors that exist once
per modality are stacked in front, and utterances are rows without padding, `[M, N, d]` (`rows.py`), so that each layer
serves all modalities in one product.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.errors import CompVizError
from comp_viz.network.attention import ModalityAttention
from comp_viz.network.base import Network
from comp_viz.network.boundary import admit
from comp_viz.network.config import ComPConfig
from comp_viz.network.intervention import AS_TRAINED, Intervention
from comp_viz.network.layers import Dropout, Layers, Linear, ModalityLinear, ModalityMLP
from comp_viz.network.product import product
from comp_viz.network.rows import Rows
from comp_viz.network.trace import Output, PerModality, Recorder

Scope = Literal["batch", "conversation", "bank"]
SCOPES: tuple[Scope, ...] = ("batch", "conversation", "bank")


class PropagationBlock(nn.Module):
    """The weights of one block: prompt generation (eq. 7, 8) and propagation (eq. 3 to 5)."""

    def __init__(self, config: ComPConfig, last: bool) -> None:
        super().__init__()
        M, d, p, drop = len(config.modalities), config.hidden, config.prompt, config.dropout
        if config.prompting:
            self.from_prototypes = ModalityMLP(M, d, p, p, drop)
            self.from_features = ModalityLinear(M, d, p)
            self.inject = ModalityLinear(M, d + config.delivered, d)
            if config.learned_sharpness:
                self.log_sharpness = nn.Parameter(torch.full((M, 1, 1), math.log(config.sharpness)))
        layers = config.depth // config.blocks if config.propagation else 0
        self.layers: Layers[ModalityAttention] = Layers(
            ModalityAttention(M, d, config.heads, drop) for _ in range(layers)
        )
        # The last block hands Z̄ to the heads and has no prompts to renew.
        self.expand = ModalityMLP(M, d, d, d + config.delivered, drop) if config.prompting and not last else None


class ComP(Network):
    """Cross-modal Prompting for any ordered list of at least two modalities.

    `bank [M, conversations, c, d]` holds prototypes of training conversations; prediction with `prototypes="bank"`
    attends to them beside the conversation's own, so that an answer does not depend on what shares its batch. A new
    model's bank is empty, and `"bank"` then equals `"conversation"`.
    """

    config: ComPConfig
    bank: Tensor
    others: Tensor
    grows = MappingProxyType({"bank": 1})

    def __init__(self, config: ComPConfig) -> None:
        super().__init__(config)
        M, d, drop = len(config.modalities), config.hidden, config.dropout
        self.input: Layers[Linear] = Layers(Linear(width, d) for width in config.dims)
        self.encoder = ModalityMLP(M, d, d, d, drop)
        if config.prompting:
            self.compressor = ModalityMLP(M, config.max_length, config.prototypes, config.prototypes, drop)
        self.blocks: Layers[PropagationBlock] = Layers(
            PropagationBlock(config, last=l == config.blocks - 1) for l in range(config.blocks)
        )
        self.modality_heads = ModalityLinear(M, d, config.outputs)
        if config.coordination:
            read = M * d if config.coordinator_reads == "propagated" else M * (d + 1)
            self.coordinator = nn.Sequential(Linear(read, d), nn.GELU(), Dropout(drop), nn.Linear(d, M), Dropout(drop))
        self.fusion = Linear(M * d, M * d)
        self.fused_head = nn.Linear(M * d, config.outputs)
        self.dropout = Dropout(drop)
        self.register_buffer("bank", torch.zeros(M, 0, config.prototypes, d))
        # Row u lists the modalities other than u, in modality order.
        others = torch.tensor([[v for v in range(M) if v != u] for u in range(M)])
        self.register_buffer("others", others, persistent=False)

    def forward(
        self,
        features: Mapping[str, Any],
        observed: Any,
        valid: Any,
        prototypes: Scope = "bank",
        trace: bool = False,
        changed: Intervention = AS_TRAINED,
    ) -> Output:
        """Predict every utterance's emotion from what is observed of it and of its conversation.

        Parameters: `features` modality -> `[B, S, D_u]`; `observed [B, S, M]` bool, in modality order; `valid [B, S]`
        bool, False in padding. `prototypes` says whose prototypes prompts are made of: those of all conversations in
        the `"batch"` (published), the `"conversation"`'s own, or its own and the model's `"bank"`. Nothing of the trace
        is computed unless `trace` is True. Raises `CompVizError` when the batch does not fit the model.
        """
        if prototypes not in SCOPES:
            raise CompVizError(f"prototypes: expected one of {', '.join(SCOPES)}, got {prototypes!r}.")
        changed.check(self.config)
        _, encoded, rows = self.begin(features, observed, valid)
        return self.second_stage(encoded, rows, prototypes, trace, changed)

    def begin(self, features: Mapping[str, Any], observed: Any, valid: Any) -> tuple[Tensor, Tensor, Rows]:
        """Check a batch and give `(projected, encoded, rows)`, what both stages and the bank start from.

        `projected` and `encoded` are `[M, N + B, d]`: the utterances, and for each conversation one blank utterance.
        """
        admitted, rows = admit(self.config, features, observed, valid, like=self.fusion.weight)
        projected = self.project(admitted)
        return projected, self.encode(projected), rows

    def project(self, features: list[Tensor]) -> Tensor:
        """Bring every modality to the hidden width: `M` times `[N + B, D_u] -> [M, N + B, d]`."""
        projected: Tensor = torch.stack([linear(x) for linear, x in zip(self.input, features, strict=True)])
        dropped: Tensor = self.dropout(projected)
        return dropped

    def encode(self, projected: Tensor) -> Tensor:
        """Shared encoder, `Z^u [M, N + B, d]`."""
        encoded: Tensor = self.encoder(projected)
        return encoded

    def first_stage(self, encoded: Tensor, rows: Rows) -> PerModality:
        """Each modality on its own: attention layers of all blocks in turn, then the head. Modality -> `[B, S, C]`."""
        utterances, _ = rows.part(encoded)
        alone = self.unprompted(utterances, rows, Recorder(None))
        return self.by_modality(rows.pad(self.modality_heads(alone)))

    def second_stage(
        self, encoded: Tensor, rows: Rows, scope: Scope, trace: bool = False, changed: Intervention = AS_TRAINED
    ) -> Output:
        """The full model from `Z^u [M, N + B, d]` on: prompts, propagation, coordination."""
        seen = Recorder(rows if trace else None)
        utterances, blanks = rows.part(encoded)
        z = self.through_blocks(utterances, blanks, rows, scope, seen, changed)
        fused, heads, weights, fused_features = self.conclude(z, utterances, rows, changed.weights)
        inside = None
        if trace:
            once = {
                "encoded": rows.pad(utterances),
                "propagated": rows.pad(z),
                "fused_features": rows.pad(fused_features),
            }
            inside = seen.trace(self.config.modalities, **once)
        return Output(rows.pad(fused), self.by_modality(rows.pad(heads)), rows.pad(weights), trace=inside)

    def reconstruct(self, features: Mapping[str, Any], observed: Any, valid: Any) -> PerModality:
        """Propagated features `Z̄^u`, modality -> `[B, S, d]`: of a missing utterance, what the others make of it."""
        _, encoded, rows = self.begin(features, observed, valid)
        utterances, blanks = rows.part(encoded)
        return self.by_modality(rows.pad(self.through_blocks(utterances, blanks, rows, "bank", Recorder(None))))

    def rebuilt_from(self, features: Mapping[str, Any], observed: Any, valid: Any) -> PerModality:
        """The same with nothing taken away: `Z̄^u` of the conversation as `observed`."""
        return self.reconstruct(features, observed, valid)

    def conclude(
        self, propagated: Tensor, encoded: Tensor, rows: Rows, given: tuple[float, ...] | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Fused `[N, C]`, heads `[M, N, C]`, weights `[N, M]` and `F [N, M·d]`, of `Z̄^u` and `Z^u [M, N, d]` (eq. 12 to 15)."""
        heads = self.modality_heads(propagated)  # Y^u
        weights = self.weigh(propagated, encoded, rows, given)
        fused, fused_features = self.fuse(propagated, weights)
        return fused, heads, weights, fused_features

    def through_blocks(
        self,
        encoded: Tensor,
        blanks: Tensor,
        rows: Rows,
        scope: Scope,
        seen: Recorder,
        changed: Intervention = AS_TRAINED,
    ) -> Tensor:
        """`Z̄^u [M, N, d]`, what the coordinator weighs, from `Z^u [M, N, d]` and the blank utterances `[M, B, d]`."""
        if not self.config.prompting:
            return self.unprompted(encoded, rows, seen)
        prototypes = self.compress(encoded, blanks, rows)  # A^u, frozen through all blocks
        seen.once("prototypes", prototypes)
        return self.prompted(encoded, prototypes, rows, scope, seen, changed)

    def prompted(
        self, encoded: Tensor, prototypes: Tensor, rows: Rows, scope: Scope, seen: Recorder, changed: Intervention
    ) -> Tensor:
        """`Z̄^u [M, N, d]` by prompts and propagation, block by block."""
        momentum = self.config.momentum if changed.momentum is None else changed.momentum
        z, renewed = encoded, None
        for l, block in enumerate(self.blocks):
            seen.add("features", z)
            fresh = self.generate(block, z, prototypes, rows, scope, seen)  # P̃_l^u
            delivered = self.deliver(fresh)
            if renewed is not None:  # eq. 9
                delivered = momentum * renewed + (1 - momentum) * delivered
            z, renewed = self.propagate(block, z, delivered, rows, seen, changed.kept(self.config, l))
        return z

    def unprompted(self, encoded: Tensor, rows: Rows, seen: Recorder) -> Tensor:
        """`Z̄^u [M, N, d]` by propagation alone: each modality as in the first stage."""
        for block in self.blocks:
            seen.add("features", encoded)
            encoded = self.attend(block, encoded, rows, seen)
        return encoded

    def compress(self, encoded: Tensor, blanks: Tensor, rows: Rows) -> Tensor:
        """Prototypes `A^u = MLP(S→c→c)(Z^uᵀ)`, along the sequence axis: `[M, N, d] -> [M, B, c, d]` (eq. 6).

        `S` is always `max_length`: where a conversation has no utterance its blank one stands, `blanks [M, B, d]`, with
        zero features; as published it takes part in the compression, once for every place.
        """
        weight, bias = self.compressor.fc1.weight, self.compressor.fc1.bias  # (M, S, c), (M, 1, c)
        if self.config.masked_prototypes:
            encoded = encoded * rows.keys[..., None]
        padded = rows.pad(encoded)  # (M, B, S, d)
        places = torch.arange(
            padded.shape[2], device=weight.device
        )  # a slice would fix `S` when the network is exported
        first = weight.index_select(1, places).mT[:, None] @ padded  # (M, B, c, d)
        if not self.config.masked_prototypes:
            absent = rows.blank.to(weight.dtype) @ weight  # (M, B, c)
            first = first + absent[..., None] * blanks[:, :, None]
        prototypes: Tensor = self.compressor.second(first.mT + bias[:, None]).mT
        return prototypes

    def generate(
        self, block: PropagationBlock, z: Tensor, prototypes: Tensor, rows: Rows, scope: Scope, seen: Recorder
    ) -> Tensor:
        """Fresh prompts `P̃^u = MLP(S^u A^u) + Linear(Z^u)`, `[M, N, p]`, `S^u` = softmax of κ times the cosines (eq. 7, 8).

        The paper also adds a large negative constant to the rows of missing utterances. It shifts a whole row alike,
        which leaves that row's softmax as it was: the mask has no effect and is left out here.
        """
        sharpness = block.log_sharpness.exp() if self.config.learned_sharpness else self.config.sharpness
        sharp = sharpness * F.normalize(z, dim=-1)  # κ times the direction of z: its products are κ times cosines
        # With the prototypes shared by every conversation of the batch, after those with the conversation's own.
        common = {"batch": prototypes, "conversation": self.bank[:, :0], "bank": self.bank}[scope].flatten(1, 2)
        scores = product(sharp, F.normalize(common, dim=-1).mT)  # (M, N, K)
        if scope != "batch":
            own = rows.pack(rows.pad(sharp) @ F.normalize(prototypes, dim=-1).mT)  # (M, N, c)
            scores = torch.cat([own, scores], dim=-1)
        assignments = scores.softmax(-1)  # S^u
        mine, theirs = assignments.split([scores.shape[-1] - common.shape[1], common.shape[1]], dim=-1)
        # The MLP's first layer comes before the sum over prototypes: S (A W) = (S A) W, and W is narrower than A.
        narrow = block.from_prototypes.fc1
        hidden = product(theirs, product(common, narrow.weight), narrow.bias)  # (M, N, p)
        if scope != "batch":
            hidden = hidden + rows.pack(rows.pad(mine) @ (prototypes @ narrow.weight[:, None]))
        fresh: Tensor = block.from_prototypes.second(hidden) + block.from_features(z)
        if (
            self.config.prompts_from == "observed"
        ):  # what the mask was meant for: nothing is prompted by what is missing
            fresh = fresh * rows.keys[..., None]
        seen.add("assignments", assignments)
        seen.add("prompts", fresh)
        return fresh

    def deliver(self, prompts: Tensor) -> Tensor:
        """Hand each modality the prompts of all others, in modality order: `[M, N, p] -> [M, N, (M-1)·p]`."""
        return prompts[self.others].transpose(1, 2).flatten(2)

    def propagate(
        self,
        block: PropagationBlock,
        z: Tensor,
        delivered: Tensor,
        rows: Rows,
        seen: Recorder,
        kept: Tensor | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """One block (eq. 3 to 5): features `[M, N, d]` and delivered prompts in, features and renewed prompts out."""
        apart = (len(self.others) - 1, self.config.prompt)
        entering = torch.cat([z, delivered], dim=-1)
        if kept is not None:
            entering = entering * kept.to(entering)
        g = block.inject(entering)  # G_0, eq. 3
        seen.add("delivered", delivered, apart)
        g = self.attend(block, g, rows, seen)
        if block.expand is None:
            return g, None
        z, renewed = block.expand(g).split([self.config.hidden, self.config.delivered], dim=-1)  # eq. 5
        seen.add("renewed", renewed, apart)
        return z, renewed

    def attend(self, block: PropagationBlock, g: Tensor, rows: Rows, seen: Recorder) -> Tensor:
        """The attention layers of one block, `G_0 [M, N, d] -> G_m` (eq. 4)."""
        maps = []
        for layer in block.layers:
            g, attention = layer(g, rows, seen.wanted)
            maps.append(attention)
        seen.add_maps(maps)
        return g

    def weigh(self, propagated: Tensor, encoded: Tensor, rows: Rows, given: tuple[float, ...] | None = None) -> Tensor:
        """Weights `ω̄ = softmax(MLP([Z̄^a, Z̄^t, Z̄^v]))`, `[N, M]` (eq. 12, 13), from `Z̄^u` and `Z^u`, `[M, N, d]`.

        With the option `coordinator_reads="encodings"` the MLP reads `Z^u` and 1 or 0 for what is observed or missing. Weights
        that are `given` stand in for the coordinator's, alike for all utterances.
        """
        M, N = propagated.shape[:2]
        if given:
            return propagated.new_tensor(given).expand(N, -1)
        if not self.config.coordination:
            return propagated.new_full((N, M), 1 / M)
        read = propagated
        if self.config.coordinator_reads == "encodings":
            read = torch.cat([encoded, rows.keys[..., None].to(encoded.dtype)], dim=-1)
        weights: Tensor = self.coordinator(read.transpose(0, 1).flatten(1)).softmax(-1)
        return weights

    def fuse(self, propagated: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """The fused prediction `[N, C]` and `F = [ω̄_u Z̄^u]`, `[N, M·d]`, from `[M, N, d]` and `[N, M]` (eq. 14, 15)."""
        features = (weights[..., None] * propagated.transpose(0, 1)).flatten(1)
        return self.fused_head(features + self.dropout(F.relu(self.fusion(features)))), features

    def by_modality(self, stacked: Tensor) -> PerModality:
        """Name the slices of a stacked tensor: `[M, …]` -> modality -> `[…]`."""
        return dict(zip(self.config.modalities, stacked, strict=True))
