"""ComP, the network of *Cross-modal Prompting* (He, Zhu, Zhang, AAAI 2026), in the order of the paper.

Symbols: `M` modalities, `B` conversations, `S` utterances, `d` hidden width, `p` prompt width, `c` prototypes a
conversation, `K` prototypes attended to, `n` blocks of `m` attention layers. Tensors that exist once per modality are
stacked in front, `[M, B, S, d]`, and each layer serves all modalities in one product.
"""

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.errors import CompVizError
from comp_viz.network.attention import ModalityAttention
from comp_viz.network.boundary import admit
from comp_viz.network.config import ComPConfig
from comp_viz.network.layers import Dropout, Layers, ModalityLinear, ModalityMLP
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
        layers = config.depth // config.blocks if config.propagation else 0
        self.layers: Layers[ModalityAttention] = Layers(
            ModalityAttention(M, d, config.heads, drop) for _ in range(layers)
        )
        # The last block hands Z̄ to the heads and has no prompts to renew.
        self.expand = ModalityMLP(M, d, d, d + config.delivered, drop) if config.prompting and not last else None


class ComP(nn.Module):
    """Cross-modal Prompting for any ordered list of at least two modalities.

    `bank [M, conversations, c, d]` holds prototypes of training conversations; prediction with `prototypes="bank"`
    attends to them beside the conversation's own, so that an answer does not depend on what shares its batch. A new
    model's bank is empty, and `"bank"` then equals `"conversation"`.
    """

    bank: Tensor
    others: Tensor

    def __init__(self, config: ComPConfig) -> None:
        super().__init__()
        self.config = config
        M, d, drop = len(config.modalities), config.hidden, config.dropout
        self.input: Layers[nn.Linear] = Layers(nn.Linear(width, d) for width in config.dims)
        self.encoder = ModalityMLP(M, d, d, d, drop)
        if config.prompting:
            self.compressor = ModalityMLP(M, config.max_length, config.prototypes, config.prototypes, drop)
        self.blocks: Layers[PropagationBlock] = Layers(
            PropagationBlock(config, last=l == config.blocks - 1) for l in range(config.blocks)
        )
        self.modality_heads = ModalityLinear(M, d, config.outputs)
        if config.coordination:
            self.coordinator = nn.Sequential(
                nn.Linear(M * d, d), nn.GELU(), Dropout(drop), nn.Linear(d, M), Dropout(drop)
            )
        self.fusion = nn.Linear(M * d, M * d)
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
    ) -> Output:
        """Predict every utterance's emotion from what is observed of it and of its conversation.

        Parameters: `features` modality -> `[B, S, D_u]`; `observed [B, S, M]` bool, in modality order; `valid [B, S]`
        bool, False in padding. `prototypes` says whose prototypes prompts are made of: those of all conversations in
        the `"batch"` (published), the `"conversation"`'s own, or its own and the model's `"bank"`. Nothing of the trace
        is computed unless `trace` is True. Raises `CompVizError` when the batch does not fit the model.
        """
        if prototypes not in SCOPES:
            raise CompVizError(f"prototypes: expected one of {', '.join(SCOPES)}, got {prototypes!r}.")
        _, encoded, observed, _ = self.begin(features, observed, valid)
        return self.second_stage(encoded, observed, prototypes, trace)

    def begin(self, features: Mapping[str, Any], observed: Any, valid: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Check a batch and give `(projected, encoded, observed, valid)`, what both stages and the bank start from."""
        admitted, observed, valid = admit(self.config, features, observed, valid, like=self.fusion.weight)
        projected = self.project(admitted)
        return projected, self.encode(projected), observed, valid

    def project(self, features: list[Tensor]) -> Tensor:
        """Bring every modality to the hidden width: `M` times `[B, S, D_u] -> [M, B, S, d]`."""
        projected: Tensor = torch.stack([linear(x) for linear, x in zip(self.input, features, strict=True)])
        dropped: Tensor = self.dropout(projected)
        return dropped

    def encode(self, projected: Tensor) -> Tensor:
        """Shared encoder, `Z^u [M, B, S, d]`."""
        encoded: Tensor = self.encoder(projected)
        return encoded

    def first_stage(self, encoded: Tensor, observed: Tensor) -> PerModality:
        """Each modality on its own: attention layers of all blocks in turn, then the head. Modality -> `[B, S, C]`."""
        alone = self.unprompted(encoded, observed.movedim(-1, 0), Recorder(False))
        return self.by_modality(self.modality_heads(alone))

    def second_stage(self, encoded: Tensor, observed: Tensor, scope: Scope, trace: bool = False) -> Output:
        """The full model from `Z^u [M, B, S, d]` and `observed [B, S, M]` on: prompts, propagation, coordination."""
        keys = observed.movedim(-1, 0)  # (M, B, S)
        seen = Recorder(trace)
        z = self.prompted(encoded, keys, scope, seen) if self.config.prompting else self.unprompted(encoded, keys, seen)
        heads = self.modality_heads(z)  # Y^u, (M, B, S, C)
        weights, fused_features = self.coordinate(z)
        fused = self.fused_head(fused_features + self.dropout(F.relu(self.fusion(fused_features))))  # eq. 15
        inside = None
        if trace:
            inside = seen.trace(self.config.modalities, encoded=encoded, propagated=z, fused_features=fused_features)
        return Output(fused, self.by_modality(heads), weights, inside)

    def prompted(self, encoded: Tensor, keys: Tensor, scope: Scope, seen: Recorder) -> Tensor:
        """`Z̄^u [M, B, S, d]` by prompts and propagation, block by block."""
        prototypes = self.compress(encoded, keys)  # A^u, frozen through all blocks
        seen.once("prototypes", prototypes)
        z, renewed = encoded, None
        for block in self.blocks:
            seen.add("features", z)
            fresh = self.generate(block, z, prototypes, scope, seen)  # P̃_l^u
            delivered = self.deliver(fresh)
            if renewed is not None:  # eq. 9
                delivered = self.config.momentum * renewed + (1 - self.config.momentum) * delivered
            z, renewed = self.propagate(block, z, delivered, keys, seen)
        return z

    def unprompted(self, encoded: Tensor, keys: Tensor, seen: Recorder) -> Tensor:
        """`Z̄^u [M, B, S, d]` by propagation alone: each modality as in the first stage."""
        for block in self.blocks:
            seen.add("features", encoded)
            encoded = self.attend(block, encoded, keys, seen)
        return encoded

    def compress(self, encoded: Tensor, keys: Tensor) -> Tensor:
        """Prototypes `A^u = MLP(S→c→c)(Z^uᵀ)`, along the sequence axis: `[M, B, S, d] -> [M, B, c, d]` (eq. 6).

        `S` is always `max_length`: the utterances that are not there are blank ones, whose features are zero and whose
        encoding therefore follows from the biases alone; as published they take part in the compression.
        """
        length = encoded.shape[2]
        weight, bias = self.compressor.fc1.weight, self.compressor.fc1.bias  # (M, S, c), (M, 1, c)
        if self.config.masked_prototypes:
            encoded = encoded * keys[..., None]
        first = torch.einsum("mbsd,msc->mbdc", encoded, weight[:, :length]) + bias[:, None]
        if length < self.config.max_length and not self.config.masked_prototypes:
            absent = weight[:, length:].sum(1)  # (M, c)
            first = first + self.blank()[:, None, :, None] * absent[:, None, None, :]
        prototypes: Tensor = self.compressor.second(first).transpose(-1, -2)
        return prototypes

    def blank(self) -> Tensor:
        """Encoding `[M, d]` of an utterance whose features are zero, without the noise of dropout."""
        hidden = F.gelu(self.encoder.fc1(torch.stack([linear.bias for linear in self.input])[:, None]))
        encoding: Tensor = self.encoder.fc2(hidden)[:, 0]
        return encoding

    def generate(self, block: PropagationBlock, z: Tensor, prototypes: Tensor, scope: Scope, seen: Recorder) -> Tensor:
        """Fresh prompts `P̃^u = MLP(S^u A^u) + Linear(Z^u)`, `[M, B, S, p]`, `S^u` = softmax of cosines (eq. 7, 8).

        The paper also adds a large negative constant to the rows of missing utterances. It shifts a whole row alike,
        which leaves that row's softmax as it was: the mask has no effect and is left out here.
        """
        M, B, S, d = z.shape
        unit = F.normalize(z, dim=-1)
        # Cosines with the own conversation's prototypes, then with those shared by every conversation of the batch.
        own = prototypes if scope != "batch" else prototypes[:, :, :0]  # (M, B, c, d)
        common = {"batch": prototypes, "conversation": self.bank[:, :0], "bank": self.bank}[scope].flatten(1, 2)
        cosines = torch.cat(
            [
                unit @ F.normalize(own, dim=-1).transpose(-1, -2),
                (unit.flatten(1, 2) @ F.normalize(common, dim=-1).transpose(-1, -2)).view(M, B, S, -1),
            ],
            dim=-1,
        )
        assignments = cosines.softmax(-1)  # S^u, (M, B, S, K)
        mine, theirs = assignments.split([own.shape[2], common.shape[1]], dim=-1)
        mixed = mine @ own + (theirs.flatten(1, 2) @ common).view(M, B, S, d)  # S^u A^u
        fresh: Tensor = block.from_prototypes(mixed) + block.from_features(z)
        seen.add("assignments", assignments)
        seen.add("prompts", fresh)
        return fresh

    def deliver(self, prompts: Tensor) -> Tensor:
        """Hand each modality the prompts of all others, in modality order: `[M, B, S, p] -> [M, B, S, M-1, p]`."""
        return prompts[self.others].permute(0, 2, 3, 1, 4)

    def propagate(
        self, block: PropagationBlock, z: Tensor, delivered: Tensor, keys: Tensor, seen: Recorder
    ) -> tuple[Tensor, Tensor | None]:
        """One block (eq. 3 to 5): features `[M, B, S, d]` and delivered prompts in, features and renewed prompts out."""
        g = block.inject(torch.cat([z, delivered.flatten(-2)], dim=-1))  # G_0, eq. 3
        seen.add("delivered", delivered)
        g = self.attend(block, g, keys, seen)
        if block.expand is None:
            return g, None
        z, renewed = block.expand(g).split([self.config.hidden, self.config.delivered], dim=-1)  # eq. 5
        renewed = renewed.unflatten(-1, delivered.shape[-2:])
        seen.add("renewed", renewed)
        return z, renewed

    def attend(self, block: PropagationBlock, g: Tensor, keys: Tensor, seen: Recorder) -> Tensor:
        """The attention layers of one block, `G_0 [M, B, S, d] -> G_m` (eq. 4)."""
        maps = []
        for layer in block.layers:
            g, attention = layer(g, keys, seen.wanted)
            maps.append(attention)
        if seen.wanted and maps:
            seen.add("attention", torch.stack(maps, dim=2))
        return g

    def coordinate(self, propagated: Tensor) -> tuple[Tensor, Tensor]:
        """Weights `ω̄ = softmax(MLP([Z̄^a, Z̄^t, Z̄^v]))`, `[B, S, M]`, and `F = [ω̄_u Z̄^u]`, `[B, S, M·d]` (eq. 12 to 14)."""
        together = propagated.permute(1, 2, 0, 3)  # (B, S, M, d)
        if self.config.coordination:
            weights = self.coordinator(together.flatten(-2)).softmax(-1)
        else:
            weights = together.new_full(together.shape[:-1], 1 / len(propagated))
        return weights, (weights[..., None] * together).flatten(-2)

    def by_modality(self, stacked: Tensor) -> PerModality:
        """Name the slices of a stacked tensor: `[M, …]` -> modality -> `[…]`."""
        return dict(zip(self.config.modalities, stacked, strict=True))
