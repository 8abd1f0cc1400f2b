"""A checkpoint and a conversation as the engine takes them, each a pack of its own: the model is sent once."""

from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor

from comp_viz.browser.pack import pack
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Conversation
from comp_viz.export.parts import encodings
from comp_viz.export.template import find_template


def model_pack(checkpoint: Checkpoint) -> bytes:
    """The graphs and weights of a checkpoint, weights in 16 bits wherever that loses nothing.

    Raises `CompVizError` where its graphs have to be made and cannot (`find_template`).
    """
    template = find_template(checkpoint)
    weights = [stored(x) for x in template.weights(checkpoint.model)]
    arrays: dict[str, Any] = {f"graph.{name}": graph for name, graph in template.graphs.items()}
    arrays |= {f"weight.{i}": x for i, x in enumerate(weights)}
    return pack(model_facts(checkpoint) | {"layout": [[w.offset, w.length] for w in template.layout]}, arrays)


def model_facts(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the engine and a page have to know of a checkpoint."""
    config, method = checkpoint.config, checkpoint.method
    return {
        "name": checkpoint.card.name,
        "method": method.title,
        "modalities": list(config.modalities),
        "task": asdict(checkpoint.card.task),
        "digest": checkpoint.digest,
        "maxLength": config.max_length,
        "weightsFrom": method.weights_from if checkpoint.learned_weights else "",
    }


def stored(x: Tensor) -> np.ndarray:
    """A tensor in 16 bits where every number of it is one of these, else in 32."""
    half = x.to(torch.float16)
    return (half if torch.equal(half.float(), x) else x).numpy()


def conversation_pack(checkpoint: Checkpoint, conversation: Conversation) -> bytes:
    """What the model makes of each entry of a conversation by itself, which no pattern changes, and what was recorded.

    Words and speakers are not in it, nor of ComP are features. Raises `CompVizError` when it does not fit the model.
    """
    arrays = {f"input.{name}": x.numpy() for name, x in encodings(checkpoint, conversation).items()}
    return pack({"utterances": len(conversation)}, arrays | {"recorded": conversation.observed})
