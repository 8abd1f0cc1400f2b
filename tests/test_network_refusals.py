"""Batches and architectures that ComP's network cannot take are refused in words."""

from dataclasses import replace

import pytest
import torch
from network_cases import NAMES, inputs, network

from comp_viz.errors import CompVizError
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP


def broken(change):
    """Inputs of `network()` with one thing wrong."""
    features, observed, valid = inputs(network().config)
    features, observed, valid = change(dict(features), observed, valid)
    return features, observed, valid


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f, o, v: (f | {"text": f["text"][..., :5]}, o, v), ["text", "[3, 7, 6]", "[3, 7, 5]"]),
        (lambda f, o, v: ({u: f[u] for u in ("audio", "text")}, o, v), ["audio, text, video", "got audio, text"]),
        (lambda f, o, v: (f | {"smell": f["text"]}, o, v), ["audio, text, video", "smell"]),
        (lambda f, o, v: ({}, o, v), ["audio, text, video", "none"]),
        (
            lambda f, o, v: (
                {u: torch.zeros(1, 10, x.shape[2]) for u, x in f.items()},
                torch.ones(1, 10, 3),
                torch.ones(1, 10),
            ),
            ["at most 9", "got 10"],
        ),
        (lambda f, o, v: (f, o[..., :2], v), ["observed", "[3, 7, 3]", "[3, 7, 2]"]),
        (lambda f, o, v: (f, o[:, :5], v), ["observed", "[3, 7, 3]", "[3, 5, 3]"]),
        (lambda f, o, v: (f, o, v[0]), ["valid", "[conversations, utterances]", "[7]"]),
        (lambda f, o, v: (f | {"video": f["video"][:2]}, o, v), ["video", "[3, 7, 4]", "[2, 7, 4]"]),
    ],
)
def test_a_batch_that_does_not_fit_is_refused_in_words(change, message):
    with pytest.raises(CompVizError) as caught:
        network()(*broken(change))
    for words in message:
        assert words in str(caught.value)


def test_an_unknown_scope_is_refused_in_words():
    model = network()
    with pytest.raises(CompVizError, match=r"batch, conversation, bank.*'all'"):
        model(*inputs(model.config), prototypes="all")


@pytest.mark.parametrize(("batch", "length"), [(0, 4), (2, 0)])
def test_an_empty_batch_is_refused_in_words_or_gives_empty_output(batch, length):
    model = network()
    features = {u: torch.zeros(batch, length, width) for u, width in zip(NAMES, (5, 6, 4), strict=True)}
    try:
        out = model(features, torch.zeros(batch, length, 3), torch.zeros(batch, length))
    except CompVizError:
        return
    assert out.fused.shape == (batch, length, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"modalities": ("audio",), "dims": (5,)},
        {"modalities": ("audio", "audio", "text")},
        {"dims": (5, 6)},
        {"dims": (5, 6, 0)},
        {"hidden": 0},
        {"outputs": 0},
        {"depth": 3},
        {"heads": 3},
        {"heads": -2},
        {"momentum": 1.1},
        {"momentum": float("nan")},
        {"dropout": 1.0},
        {"dropout": -0.1},
        {"max_length": 0},
    ],
)
def test_impossible_architectures_are_refused(changes):
    good = ComPConfig(NAMES, (5, 6, 4), hidden=8)
    with pytest.raises(CompVizError):
        replace(good, **changes)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_attention_map_exists_unless_a_trace_is_wanted(dtype):
    config = ComPConfig(("audio", "text"), (3, 4), max_length=5, hidden=8, prompt=2, prototypes=3)
    model = ComP(config).eval().to(dtype)
    kept = []
    for block in model.blocks:
        for layer in block.layers:
            layer.register_forward_hook(lambda module, given, result: kept.append(result[1]))
    features = {"audio": torch.randn(1, 5, 3), "text": torch.randn(1, 5, 4)}
    everything = torch.ones(1, 5, 2, dtype=torch.bool)
    assert model(features, everything, everything[..., 0]).trace is None
    assert kept == [None] * config.depth
