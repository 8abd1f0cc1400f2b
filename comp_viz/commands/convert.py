"""`convert`: a published `state_dict` -> a checkpoint folder."""

import argparse
from pathlib import Path
from typing import Any

import torch

from comp_viz.checkpoint.card import CHECKPOINT_FORMAT, Card
from comp_viz.checkpoint.folder import CONFIG_FILE, save_checkpoint
from comp_viz.checkpoint.tensors import read_tensors
from comp_viz.data.batch import Standardiser
from comp_viz.data.conversation import Task
from comp_viz.errors import CompVizError
from comp_viz.network.published import load_published
from comp_viz.versions import versions


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "convert", help="turn a published state_dict into a checkpoint"
    )
    parser.add_argument("state_dict", type=Path, help=".safetensors, .npz, or .pt with tensors only")
    parser.add_argument("--heads", type=int, required=True, help="attention heads h; the shapes do not tell")
    parser.add_argument("--momentum", type=float, required=True, help="momentum λ of the prompts")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint folder to write")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Convert; features are then taken as they are, since a state_dict holds no feature statistics."""
    if (options.out / CONFIG_FILE).exists():
        raise CompVizError(f"{options.out} already holds a checkpoint. Give another folder, or remove it first.")
    model = load_published(read_tensors(options.state_dict), options.heads, options.momentum)
    config = model.config
    widths = config.widths
    task = (
        Task("sentiment")
        if config.outputs == 1
        else Task("emotion", tuple(f"class {i}" for i in range(config.outputs)))
    )
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
        note=f"Converted from the published code's `{options.state_dict.name}`, with an empty prototype bank.",
    )
    identity = Standardiser.identity(widths)
    save_checkpoint(options.out, model, card, identity, torch.float32)  # what was published is kept exactly
    print(
        f"Wrote {options.out}: {config.hidden} hidden, {config.depth} layers, up to {config.max_length} utterances, {task.scale}."
    )
