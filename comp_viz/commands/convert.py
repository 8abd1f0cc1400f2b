"""`convert`: a published `state_dict` -> a checkpoint folder."""

import argparse
import sys
import warnings
from pathlib import Path
from typing import Any

import torch

from comp_viz.checkpoint.card import CHECKPOINT_FORMAT, Card
from comp_viz.checkpoint.folder import CONFIG_FILE, save_checkpoint
from comp_viz.checkpoint.tensors import read_tensors
from comp_viz.data.batch import Standardiser
from comp_viz.data.conversation import Task
from comp_viz.data.published.labels import LAYOUTS, Layout
from comp_viz.errors import CompVizError
from comp_viz.network.config import ComPConfig
from comp_viz.network.published import load_published
from comp_viz.versions import versions

# Label file -> utterances of the longest conversation, as the published code sets it.
PUBLISHED_LENGTHS = {name: 65 if name.startswith("CMUMOSI_") else 150 for name in LAYOUTS}


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "convert", help="turn a published state_dict into a checkpoint"
    )
    parser.add_argument("state_dict", type=Path, help=".safetensors, .npz, or what torch.save wrote, with tensors only")
    parser.add_argument("--heads", type=int, required=True, help="attention heads h; the shapes do not tell")
    parser.add_argument("--momentum", type=float, required=True, help="momentum λ of the prompts")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint folder to write")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Convert; features are then taken as they are, since a state_dict holds no feature statistics."""
    if (options.out / CONFIG_FILE).exists():
        raise CompVizError(f"{options.out} already holds a checkpoint. Give another folder, or remove it first.")
    with warnings.catch_warnings(record=True) as left_aside:
        warnings.simplefilter("always", UserWarning)
        model = load_published(read_tensors(options.state_dict), options.heads, options.momentum)
    for warning in left_aside:
        print(f"comp_viz: {warning.message}", file=sys.stderr)
    config = model.config
    widths = config.widths
    likely = likely_data_set(config)
    task = likely.task if likely else usual_task(config.outputs)
    card = Card(
        format=CHECKPOINT_FORMAT,
        name=options.out.name,
        architecture=config,
        task=task,
        sources=dict.fromkeys(widths, "not stated in the state_dict"),
        data=None,
        training=None,
        measurements=(),
        versions=versions(),
        note=f"Converted from the published code's `{options.state_dict.name}`, with an empty prototype bank."
        + (f" By its shapes it was made for {likely.name}." if likely else ""),
    )
    identity = Standardiser.identity(widths)
    save_checkpoint(options.out, model, card, identity, torch.float32)  # what was published is kept exactly
    print(f"Wrote {options.out}.\n{describe_shapes(config, task, likely)}")


def likely_data_set(config: ComPConfig) -> Layout | None:
    """The data set that the published code trains with this length and this number of classes, where it is one of them."""
    shapes = {(PUBLISHED_LENGTHS[name], layout.task.outputs): layout for name, layout in LAYOUTS.items()}
    return shapes.get((config.max_length, config.outputs))


def usual_task(outputs: int) -> Task:
    """A task with so many outputs, of which nothing more is known."""
    return Task("sentiment") if outputs == 1 else Task("emotion", tuple(f"class {i}" for i in range(outputs)))


def describe_shapes(config: ComPConfig, task: Task, likely: Layout | None) -> str:
    """What the shapes of the weights say of a model, and what they do not say, as text."""
    widths = ", ".join(f"{width} {name}" for name, width in config.widths.items())
    lines = [
        f"By its shapes: ComP with features {widths}; {config.hidden} hidden, {config.depth} layers, up to {config.max_length} "
        f"utterances; it predicts {task.name} ({task.scale})."
    ]
    if likely:
        lines += [
            f"This is what the published code trains on {likely.name}"
            + (": the classes have the names and the order of its labels." if task.classes else ".")
        ]
    elif task.classes:
        lines += [
            "Which class is which is not in the file: they are numbered. Put their names into config.json, field task.classes."
        ]
    lines += [
        f"As given: {config.heads} heads, momentum {config.momentum:g}; the shapes would be the same with others."
    ]
    return "\n".join(lines)
