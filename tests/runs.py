"""What tests of training share: a short recipe, small data sets, and ways to look at what a run left."""

import json
from dataclasses import asdict, replace

import numpy as np
import torch
from safetensors.torch import load_file

from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.training.resolve import ResolvedRecipe
from comp_viz.training.telemetry import read_telemetry

CPU = torch.device("cpu")
HALF = (Pattern.parse("uniform(0)"), Pattern.parse("uniform(0.5)"))
RECIPE = ResolvedRecipe(first_epochs=3, second_epochs=3, batch=3, learning_rate=5e-3, bank=4)


def tensors(folder):
    return load_file(folder / "model.safetensors")


def equal(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def plain(card):
    """A card as its file has it."""
    return json.loads(json.dumps(asdict(card)))


def log(folder):
    """The `epochs` table of a run, one dictionary an epoch: `stage`, and values by split, quantity and of what."""
    rows = {}
    for row in read_telemetry(folder / "telemetry", "epochs").to_pylist():
        rows.setdefault(row["epoch"], {"stage": row["stage"]})[row["split"], row["quantity"], row["of"]] = row["value"]
    assert list(rows) == list(range(len(rows)))
    return list(rows.values())


def loss(row):
    return row["training", "loss", "all"]


def sub(data, *counts, labels=None, task=None, name="Sub"):
    """The first conversations of each split, with the split's name or None to leave the name out."""
    chosen = []
    for split, count, keep in counts:
        chosen += [replace(c, split=keep) for c in data.split(split)[:count]]
    if labels:
        chosen = [replace(c, labels=labels(c)) for c in chosen]
    return DataSet(name, task or data.task, tuple(chosen), data.sources, data.licence, name)


def classes_of(data):
    """The lab as a task of three classes."""
    return sub(
        data,
        ("train", 8, "train"),
        ("validation", 3, "validation"),
        ("test", 3, "test"),
        labels=lambda c: np.digitize(c.labels, [-0.7, 0.7]).astype(np.float32),
        task=Task("emotion", ("sad", "so-so", "happy")),
        name="Classes",
    )
