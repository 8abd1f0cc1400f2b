"""A training step never asks its device for a value: on a GPU each such question stops the queue of work.

There is no GPU here, so everything the step computes on is watched instead: only what is made in memory may be asked.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from comp_viz.methods.comp.method import METHOD
from comp_viz.training.resolve import resolve

ASKING = {"_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero", "_unique2"}


class Watch(TorchDispatchMode):
    """Notes every operation that would need a value of a tensor which follows from the features or the parameters."""

    def __init__(self, device_tensors):
        super().__init__()
        self.there = {t.untyped_storage()._cdata for t in device_tensors}
        self.asked = []

    def on_device(self, value):
        return isinstance(value, torch.Tensor) and value.untyped_storage()._cdata in self.there

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        flat = torch.utils._pytree.tree_leaves((args, kwargs or {}))
        touched = any(map(self.on_device, flat))
        name = func.overloadpacket.__name__
        masks = [
            t
            for t in torch.utils._pytree.tree_leaves(args[1:2])
            if isinstance(t, torch.Tensor) and t.dtype is torch.bool
        ]
        by_mask = name in ("index", "index_put_", "index_put") and any(map(self.on_device, masks))
        if (name in ASKING and touched) or by_mask:
            self.asked.append(name)
        out = func(*args, **(kwargs or {}))
        if touched:
            leaves = torch.utils._pytree.tree_leaves(out)
            self.there |= {t.untyped_storage()._cdata for t in leaves if isinstance(t, torch.Tensor)}
            self.kept = [*getattr(self, "kept", []), *leaves]  # a freed tensor's place must not be taken by another
        return out


def watched(made, work):
    held = made.train.held
    parameters = [*made.model.state_dict().values(), *made.companion.state_dict().values()]
    with Watch([*held.features.values(), held.observed, held.labels, *parameters]) as watch:
        work()
    return watch.asked


@pytest.mark.parametrize("preset", METHOD.presets)
@pytest.mark.parametrize("stage", [0, 1])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_step_never_waits_for_its_device(small_lab, trainer, preset, stage, precision):
    recipe = replace(METHOD.presets[preset].recipe, batch=3, bank=4, precision=precision)
    made = trainer(**vars(resolve(recipe, small_lab.utterances)))
    made.model.train()
    made.step([0, 1, 2], np.random.default_rng(0), made.stages[stage])  # the first step makes the optimiser's state
    assert watched(made, lambda: made.step([3, 4, 5], np.random.default_rng(1), made.stages[stage])) == []


def test_the_watch_sees_what_it_is_for(trainer):
    made = trainer()
    held = made.train.held
    for ask, name in (
        (lambda: float(held.labels.nan_to_num().sum()), "_local_scalar_dense"),
        (lambda: held.labels[~held.labels.isnan()], "index"),
        (lambda: held.observed.nonzero(), "nonzero"),
    ):
        assert name in watched(made, ask)
    assert watched(made, lambda: held.features["text"][held.valid]) == []
