"""The network cut in two for whoever asks again and again: what is worked out once a conversation, and what answers a pattern.

Of ComP, what an entry is encoded as depends only on whether it is missing; prompts, propagation, heads and coordinator depend
on the whole pattern. Other methods are not cut: their features are what stays the same.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Conversation, Task
from comp_viz.export.whole import readable_outputs
from comp_viz.network.coalitions import masked_versions, outputs_in
from comp_viz.network.model import ComP
from comp_viz.network.rows import Rows
from comp_viz.network.trace import Output


@torch.no_grad()
def encodings(checkpoint: Checkpoint, conversation: Conversation) -> dict[str, Tensor]:
    """What is worked out once a conversation, by name of the input that takes it.

    Of ComP `encoded [M, S, d]`, of every entry as if observed, and `missing [M, 1, d]`, what every missing one is; of another
    method `features.MODALITY [S, D_u]`, standardised. Raises `CompVizError` when the conversation does not fit the model.
    """
    model = checkpoint.model
    batch = Batch.of([conversation], checkpoint.standardise)
    if isinstance(model, ComP):
        every = torch.ones(1, len(conversation), len(conversation.features), dtype=torch.bool)
        _, encoded, _ = model.begin(batch.to(model.device).features, every, batch.valid)
        encoded = encoded.float().cpu()
        return {"encoded": encoded[:, :-1], "missing": encoded[:, -1:]}
    return {f"features.{name}": x[0] for name, x in batch.features.items()}


class CompAnswer(nn.Module):
    """`(encoded [M, S, d], missing [M, 1, d], observed [S, M])` -> the predictions of ComP.

    Where it propagates, with `attention [M, n·m, h, S, S]`.
    """

    def __init__(self, model: ComP, task: Task) -> None:
        super().__init__()
        self.model, self.task = model, task

    def forward(self, *inputs: Tensor) -> dict[str, Tensor]:
        """By name of the output."""
        encoded, missing, observed = inputs
        valid = torch.ones(1, observed.shape[0], dtype=torch.bool)
        rows = Rows.of(observed[None], valid, self.model.config.max_length)
        out = self.model.second_stage(masked_versions(torch.cat([encoded, missing], 1), rows), rows, "bank", trace=True)
        answer = readable_outputs(self.task, out)
        assert out.trace
        maps = [maps[0].flatten(0, 1) for maps in out.trace.attention.values()]
        return answer | ({"attention": torch.stack(maps)} if maps else {})


class CompCoalitions(nn.Module):
    """The same input -> the predictions `[K, S, C]` in the coalitions `numbers`, computed with what they have in common."""

    def __init__(self, model: ComP, task: Task, numbers: Sequence[int]) -> None:
        super().__init__()
        self.model, self.task, self.numbers = model, task, tuple(numbers)

    def forward(self, *inputs: Tensor) -> dict[str, Tensor]:
        """By name of the output."""
        encoded, missing, observed = inputs
        out = outputs_in(self.model, torch.cat([encoded, missing], 1), observed.T, self.numbers)
        readable = readable_outputs(
            self.task, Output(out.fused[None], {name: y[None] for name, y in out.heads.items()})
        )
        return {name: readable[name] for name in ("fused", *(f"head.{u}" for u in out.heads))}


class UncutAnswer(nn.Module):
    """`(standardised features of each modality [S, D_u] …, observed [S, M])` -> the predictions of a method that is not cut."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__()
        self.model, self.task = checkpoint.model, checkpoint.card.task
        self.modalities = checkpoint.config.modalities

    def forward(self, *inputs: Tensor) -> dict[str, Tensor]:
        """By name of the output."""
        *features, observed = inputs
        batch = {name: x[None] for name, x in zip(self.modalities, features, strict=True)}
        valid = torch.ones(1, observed.shape[0], dtype=torch.bool)
        return readable_outputs(self.task, self.model(batch, observed[None], valid))
