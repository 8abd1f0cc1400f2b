"""A checkpoint as one module that a graph is made of: raw features of one conversation in, readable predictions out."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn

from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Task
from comp_viz.errors import CompVizError
from comp_viz.network.trace import Output, Trace

ExtraOutput = Literal["attention", "prompts", "assignments"]  # what else a graph may give: names of fields of the trace
EXTRAS: tuple[ExtraOutput, ...] = get_args(ExtraOutput)


class WholeNetwork(nn.Module):
    """`(features of each modality [S, D_u] …, observed [S, M]) -> outputs`, with `names` for both.

    Features come as the data has them: the checkpoint's standardisation is inside. Scores are in label units, and for
    classes there are probabilities, as `comp_viz.analysis.prediction` gives them. Raises `CompVizError` for extras that
    the network does not have.
    """

    def __init__(self, checkpoint: Checkpoint, extras: Sequence[ExtraOutput] = ()) -> None:
        super().__init__()
        self.model, self.task, self.extras = checkpoint.model, checkpoint.card.task, tuple(extras)
        check_extras(checkpoint, extras)
        self.modalities = checkpoint.config.modalities
        self.clip = checkpoint.standardise.clip
        for u, name in enumerate(self.modalities):
            self.register_buffer(f"mean_{u}", torch.from_numpy(checkpoint.standardise.mean[name]))
            self.register_buffer(f"std_{u}", torch.from_numpy(checkpoint.standardise.std[name]))

    @property
    def input_names(self) -> list[str]:
        """In order of the arguments."""
        return [*(f"features.{name}" for name in self.modalities), "observed"]

    def standardised(self, u: int, x: Tensor) -> Tensor:
        """Features of a modality as the network was trained on them."""
        z = (x - self.get_buffer(f"mean_{u}")) / self.get_buffer(f"std_{u}")
        return z.clamp(-self.clip, self.clip) if np.isfinite(self.clip) else z

    def forward(self, *inputs: Tensor) -> dict[str, Tensor]:
        """Name of an output -> `fused [S, C]`, `head.MODALITY [S, C]`, `weights [S, M]`, and the extras by modality."""
        *features, observed = inputs
        batch = {
            name: self.standardised(u, x)[None]
            for u, (name, x) in enumerate(zip(self.modalities, features, strict=True))
        }
        valid = torch.ones(1, observed.shape[0], dtype=torch.bool)
        out = self.model(batch, observed[None], valid, trace=bool(self.extras))
        return readable_outputs(self.task, out) | extra_outputs(out.trace, self.extras)


def check_extras(checkpoint: Checkpoint, extras: Sequence[ExtraOutput]) -> None:
    """Raise `CompVizError` unless the checkpoint's network has all of `extras`."""
    for extra in extras:
        there = (
            checkpoint.prompting if extra != "attention" else checkpoint.is_comp and checkpoint.comp.config.propagation
        )
        if not there:
            raise CompVizError(f"Checkpoint {checkpoint.card.name!r} has no {extra} to export. Leave {extra} out.")


def readable_outputs(task: Task, out: Output) -> dict[str, Tensor]:
    """Predictions and weights of the only conversation of a batch, in the units people read."""
    readable = {"fused": in_units_of(task, out.fused[0])}
    readable |= {f"head.{name}": in_units_of(task, y[0]) for name, y in out.heads.items()}
    return readable | ({} if out.weights is None else {"weights": out.weights[0]})


def in_units_of(task: Task, output: Tensor) -> Tensor:
    """Scores in label units, or probabilities, of relative scores or logits."""
    return output.softmax(-1) if task.classes else output + task.neutral


def extra_outputs(trace: Trace | None, extras: Sequence[ExtraOutput]) -> dict[str, Tensor]:
    """Some fields of the trace by modality: `attention [n, m, h, S, S]`, `prompts [n, S, p]`, `assignments [n, S, K]`."""
    if trace is None:
        return {}
    return {f"{extra}.{name}": x[0] for extra in extras for name, x in getattr(trace, extra).items()}
