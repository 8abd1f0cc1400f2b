"""Graphs give back PyTorch's numbers: those that ship, for every checkpoint and kind of pattern, and one traced here."""

from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from comp_viz.analysis.prediction import predict_conversation
from comp_viz.analysis.why.coalitions import predict_coalitions
from comp_viz.checkpoint.folder import Checkpoint, load_checkpoint
from comp_viz.data.conversation import Conversation
from comp_viz.export.parts import encodings
from comp_viz.export.template import SHIPPED_GRAPHS, Template, architecture_digest, find_template

CHECKPOINTS = sorted(path.parent.name for path in Path("checkpoints").glob("*/config.json"))
WITH_GRAPHS = [name for name in CHECKPOINTS if load_checkpoint(f"checkpoints/{name}").is_comp]
PARITY = 1e-4


@cache
def opened(name: str) -> Checkpoint:
    return load_checkpoint(f"checkpoints/{name}")


def conversation_for(checkpoint: Checkpoint, utterances: int) -> Conversation:
    """Random features around those the checkpoint was trained on, one entry in ten not recorded."""
    rng = np.random.default_rng(utterances)
    standardise = checkpoint.standardise
    observed = rng.random((utterances, len(checkpoint.config.modalities))) > 0.1
    features = {
        name: (standardise.mean[name] + standardise.std[name] * rng.normal(size=(utterances, width))).astype(np.float32)
        * observed[:, [u]]
        for u, (name, width) in enumerate(checkpoint.config.widths.items())
    }
    none = np.full(utterances, np.nan, np.float32)
    words = ("",) * utterances
    return Conversation("made", features, observed, none, words, words, words, none)


def patterns(conversation: Conversation) -> list[np.ndarray]:
    """All coalitions, among them everything and nothing, then two random ones."""
    shape = conversation.observed.shape
    rng = np.random.default_rng(1)
    whole = [np.broadcast_to(np.array(kept), shape) for kept in product([False, True], repeat=shape[1])]
    return [*whole, rng.random(shape) > 0.3, rng.random(shape) > 0.7]


def session(template: Template, checkpoint: Checkpoint, graph: str, folder: Path):
    """ONNX Runtime with one of the graphs and the checkpoint's weights beside it."""
    runtime = pytest.importorskip("onnxruntime")
    (folder / "weights").write_bytes(b"".join(x.numpy().tobytes() for x in template.weights(checkpoint.model)))
    path = folder / "graph.onnx"
    path.write_bytes(template.graphs[graph])
    return runtime.InferenceSession(path, providers=["CPUExecutionProvider"])


def inputs_of(checkpoint: Checkpoint, conversation: Conversation) -> dict[str, np.ndarray]:
    return {name: x.numpy() for name, x in encodings(checkpoint, conversation).items()}


def test_every_shipped_checkpoint_has_its_graphs_and_no_graph_is_left_over():
    wanted = {f"{architecture_digest(opened(name))}.zip" for name in WITH_GRAPHS}
    assert {path.name for path in SHIPPED_GRAPHS.iterdir()} == wanted


@pytest.mark.parametrize("name", WITH_GRAPHS)
def test_the_answer_of_a_shipped_graph_is_pytorchs_under_every_kind_of_pattern(name, tmp_path):
    checkpoint = opened(name)
    runtime = session(find_template(checkpoint), checkpoint, "answer", tmp_path)
    names = [output.name for output in runtime.get_outputs()]
    for utterances in (1, 7, checkpoint.config.max_length):
        conversation = conversation_for(checkpoint, utterances)
        inputs = inputs_of(checkpoint, conversation)
        for pattern in patterns(conversation):
            shown = pattern & conversation.observed
            here = dict(zip(names, runtime.run(None, inputs | {"observed": shown}), strict=True))
            there = predict_conversation(checkpoint, conversation, pattern)
            wanted = {"fused": there.fused, "weights": there.coordinator}
            wanted |= {f"head.{u}": values for u, values in there.heads.items()}
            for output, values in wanted.items():
                np.testing.assert_allclose(here[output], values, atol=PARITY, rtol=0, err_msg=output)


@pytest.mark.parametrize("name", ["hazumi", "hazumi-no-prompting", "clips"])
def test_the_coalitions_of_a_shipped_graph_are_pytorchs(name, tmp_path):
    checkpoint = opened(name)
    runtime = session(find_template(checkpoint), checkpoint, "coalitions", tmp_path)
    conversation = conversation_for(checkpoint, 9)
    for pattern in patterns(conversation)[-2:]:
        shown = pattern & conversation.observed
        (fused,) = runtime.run(["fused"], inputs_of(checkpoint, conversation) | {"observed": shown})
        wanted = predict_coalitions(checkpoint, conversation, pattern).predictions["fused"]
        np.testing.assert_allclose(fused, wanted[1:-1], atol=PARITY, rtol=0)
