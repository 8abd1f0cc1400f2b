"""Optimiser steps of the `published` preset against those of the published code: `tests/golden/training_steps.npz`."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import GOLDEN

from comp_viz.data.batch import Standardiser, Stream
from comp_viz.data.conversation import Conversation, Task
from comp_viz.methods.recipe import PUBLISHED
from comp_viz.network import onednn
from comp_viz.network.published import LETTERS, load_published
from comp_viz.training.loop import Trainer


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN / "training_steps.npz") as archive:
        return dict(archive)


def conversations(golden):
    """The golden conversations; their modalities are taken away step by step."""
    starts = np.cumsum(golden["lengths"])[:-1]
    features = {u: np.split(golden[f"features/{u}"], starts) for u in LETTERS}
    labels = np.split(golden["labels"], starts)
    return [
        Conversation(
            id=str(b),
            features={u: x[b] for u, x in features.items()},
            observed=np.ones((len(y), len(LETTERS)), bool),
            labels=y,
            words=("",) * len(y),
            context=("",) * len(y),
            speakers=("",) * len(y),
            durations=np.full(len(y), np.nan, np.float32),
        )
        for b, y in enumerate(labels)
    ]


def trainer(golden):
    """A trainer that starts at the golden weights and takes the golden steps' sizes, without dropout."""
    parameters = {k.removeprefix("param/"): v for k, v in golden.items() if k.startswith("param/")}
    start = load_published(parameters, int(golden["heads"]), float(golden["momentum"]), dropout=0)
    recipe = replace(PUBLISHED, learning_rate=float(golden["learning_rate"]), modulate=False)
    data = conversations(golden)
    widths = {u: x.shape[1] for u, x in data[0].features.items()}
    stream = Stream(data, Standardiser.identity(widths), torch.device("cpu"))
    made = Trainer(Task("sentiment"), start.config, recipe, stream, stream, torch.device("cpu"))
    made.model.load_state_dict(start.state_dict() | {"bank": made.model.bank})
    with torch.no_grad():
        for ours, theirs in (("private", "private_enc"), ("decoder", "dec")):
            for layer in ("fc1", "fc2"):
                names = [f"{theirs}_{letter}.{layer}" for letter in LETTERS.values()]
                linear = getattr(getattr(made.companion, ours), layer)
                linear.weight.copy_(torch.stack([torch.from_numpy(parameters[f"{n}.weight"].T) for n in names]))
                linear.bias.copy_(torch.stack([torch.from_numpy(parameters[f"{n}.bias"])[None] for n in names]))
    return made


@pytest.mark.parametrize("kernel", ["plain", "onednn"])
@pytest.mark.parametrize("stage", [1, 2])
def test_ten_steps_lose_what_the_published_code_lost(golden, stage, kernel, monkeypatch):
    """The modulator is off: in the published code its gradients are never found, their parameters go by other names."""
    monkeypatch.setattr(onednn, "KERNEL", torch.ops.mkldnn._linear_pointwise if kernel == "onednn" else None)
    made, noises, losses = trainer(golden), iter(golden["noise"]), []
    monkeypatch.setattr(torch, "randn_like", lambda like: torch.from_numpy(next(noises)[:, : like.shape[1]]))
    made.model.train()
    for mask in golden["masks"]:
        made.missing = lambda utterances, task, rng, mask=mask: mask
        step = made.step(range(len(golden["lengths"])), np.random.default_rng(0), made.stages[stage - 1])
        losses.append(step.losses["loss"].item())
    np.testing.assert_allclose(losses, golden[f"losses/stage{stage}"], rtol=1e-5)
