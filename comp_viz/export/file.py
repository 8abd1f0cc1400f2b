"""A checkpoint as one ONNX file that needs nothing beside it: weights, bank and standardisation inside, facts as metadata."""

import json
from collections.abc import Sequence

import torch

from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.export.graph import TRACED_UTTERANCES, export_graph
from comp_viz.export.template import refuse_without_graph
from comp_viz.export.whole import ExtraOutput, WholeNetwork
from comp_viz.versions import versions


def export_whole(checkpoint: Checkpoint, extras: Sequence[ExtraOutput] = ()) -> bytes:
    """The file. Inputs `features.MODALITY [S, D_u]` and `observed [S, M]`, outputs as of `WholeNetwork`, for any `S` it reads.

    Raises `CompVizError` for extras that the network does not have, a method that has no graph, and without the extra `export`.
    """
    refuse_without_graph(checkpoint)
    network = WholeNetwork(checkpoint, extras).cpu()
    widths = checkpoint.config.widths.values()
    inputs = dict(zip(network.input_names, [torch.zeros(TRACED_UTTERANCES, width) for width in widths], strict=False))
    inputs["observed"] = torch.ones(TRACED_UTTERANCES, len(checkpoint.config.modalities), dtype=torch.bool)
    graph = export_graph(network, inputs, dict.fromkeys(inputs, 0), checkpoint.config.max_length)
    for key, value in metadata(checkpoint).items():
        graph.metadata_props.add(key=f"comp_viz.{key}", value=value)
    content: bytes = graph.SerializeToString()
    return content


def metadata(checkpoint: Checkpoint) -> dict[str, str]:
    """What a reader of the file has to know, each as text; lists as JSON."""
    card, config, task = checkpoint.card, checkpoint.config, checkpoint.card.task
    return {
        "name": card.name,
        "method": config.method,
        "digest": checkpoint.digest,
        "modalities": json.dumps(config.modalities),
        "widths": json.dumps(config.dims),
        "sources": json.dumps(card.sources),
        "max_length": str(config.max_length),
        "task": task.name,
        "labels": task.scale,
        "classes": json.dumps(task.classes),
        "outputs": "probabilities of the classes" if task.classes else "scores in label units",
        "seed": str(card.training.seed) if card.training else "unknown",
        "licence": card.data.licence if card.data else "unknown",
        "versions": json.dumps(versions()),
    }
