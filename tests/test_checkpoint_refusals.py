"""Checkpoint folders that are damaged, foreign or hostile end in a sentence."""

import contextlib
import json
import pickle

import pytest
import torch
from checkpoint_cases import Bomb, refusal, retensor, rewrite
from safetensors.torch import load_file, save_file

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.errors import CompVizError


def test_not_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "nowhere", tmp_path / "file", tmp_path):
        assert "config.json" in refusal(place)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(small_checkpoint, name):
    (small_checkpoint / name).unlink()
    assert f"no {name}" in refusal(small_checkpoint)


def test_the_model_card_is_not_needed(small_checkpoint):
    (small_checkpoint / "README.md").unlink()
    load_checkpoint(small_checkpoint)


@pytest.mark.parametrize("share", [0, 0.001, 0.05, 0.5, 0.99])
def test_truncated_weights(small_checkpoint, share):
    path = small_checkpoint / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert "model.safetensors" in refusal(small_checkpoint)


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 100, b"\xff" * 100, bytes(range(256)) * 4, b"\x10" + b"\0" * 7 + b"{" * 16]
)
def test_random_bytes_for_weights(small_checkpoint, content):
    (small_checkpoint / "model.safetensors").write_bytes(content)
    assert "model.safetensors" in refusal(small_checkpoint)


def test_a_pickle_renamed_to_safetensors_is_not_run(small_checkpoint, tmp_path):
    bomb = tmp_path / "bomb"
    (small_checkpoint / "model.safetensors").write_bytes(pickle.dumps(Bomb(bomb)))
    refusal(small_checkpoint)
    torch.save({"weight": Bomb(bomb)}, small_checkpoint / "model.safetensors")
    refusal(small_checkpoint)
    assert not bomb.exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "not json",
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"format": "comp-viz checkpoint 2", "name": ' + "9" * 5000 + "}",
        "\ufeff{}",
    ],
    ids=["empty", "open", "words", "nested lists", "nested objects", "a huge number", "byte order mark"],
)
def test_configuration_that_is_no_json(small_checkpoint, content):
    (small_checkpoint / "config.json").write_text(content)
    assert "config.json" in refusal(small_checkpoint)


def test_configuration_that_is_no_text(small_checkpoint):
    (small_checkpoint / "config.json").write_bytes(b"\xff\xfe\x00{}")
    assert "not valid JSON" in refusal(small_checkpoint)


@pytest.mark.parametrize("content", [[], [1], "text", 3, None, True, {}, {"format": 1}, {"format": "tensorflow"}])
def test_json_of_another_kind(small_checkpoint, content):
    (small_checkpoint / "config.json").write_text(json.dumps(content))
    assert "comp-viz checkpoint 2" in refusal(small_checkpoint)


def test_an_unknown_format_that_is_very_long(small_checkpoint):
    rewrite(small_checkpoint, lambda fields: fields.update(format="x" * 10**6))
    assert "format" in refusal(small_checkpoint)


def test_huge_json(small_checkpoint):
    rewrite(small_checkpoint, lambda fields: fields.update(note="x" * 5_000_000))
    assert "expected at most" in refusal(small_checkpoint)


FIELDS = ["name", "architecture", "task", "sources", "data", "training", "measurements", "versions"]


@pytest.mark.parametrize("name", FIELDS)
def test_a_missing_field_is_named(small_checkpoint, name):
    rewrite(small_checkpoint, lambda fields: fields.pop(name))
    assert repr(name) in refusal(small_checkpoint)


@pytest.mark.parametrize("name", [*FIELDS, "note"])
def test_a_field_of_the_wrong_type_is_named(small_checkpoint, name):
    for wrong in (3.5, [[]]):
        rewrite(small_checkpoint, lambda fields, wrong=wrong: fields.update({name: wrong}))
        assert name in refusal(small_checkpoint)


ARCHITECTURE = [
    ("hidden", "wide"), ("hidden", None), ("hidden", [8]), ("hidden", 8.5), ("hidden", -8), ("hidden", 0),
    ("hidden", 10**9), ("hidden", 10**18), ("hidden", 10**30), ("hidden", 16), ("heads", 3), ("heads", -1),
    ("depth", 10**7), ("depth", -4), ("depth", 3), ("depth", 6), ("blocks", 10**7), ("blocks", 0), ("blocks", 1),
    ("max_length", 10**12), ("max_length", 10**18), ("max_length", 11), ("prompt", 10**9), ("prototypes", 10**12),
    ("prototypes", 5), ("outputs", 10**12), ("outputs", 3), ("momentum", 1.5), ("momentum", float("nan")),
    ("momentum", "a"), ("dropout", -1), ("dropout", 1), ("dims", [5, 6]), ("dims", [5, 6, -4]), ("dims", [5, 6, 5]),
    ("dims", [5, 6, 10**15]), ("dims", "566"), ("dims", 5), ("modalities", ["audio", "audio", "text"]),
    ("modalities", ["audio"]), ("modalities", []), ("modalities", [1, 2, 3]), ("modalities", "audio"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), ARCHITECTURE, ids=[f"{name} {value}" for name, value in ARCHITECTURE])
def test_an_architecture_that_cannot_be_or_does_not_fit_the_weights(small_checkpoint, name, value):
    rewrite(small_checkpoint, lambda fields: fields["architecture"].update({name: value}))
    message = refusal(small_checkpoint)
    assert "config.json" in message or "model.safetensors" in message


def test_heads_and_depth_that_are_huge_together(small_checkpoint):
    rewrite(small_checkpoint, lambda fields: fields["architecture"].update(blocks=10**7, depth=10**7))
    refusal(small_checkpoint)


@pytest.mark.parametrize("names", [["a"] * 300_000, [f"{i:x}" for i in range(300_000)]], ids=["same", "different"])
def test_hundreds_of_thousands_of_modalities(small_checkpoint, names):
    sizes = {"modalities": names, "dims": [1] * len(names)}
    rewrite(small_checkpoint, lambda fields: fields["architecture"].update(sizes))
    assert (small_checkpoint / "config.json").stat().st_size < 4_000_000
    refusal(small_checkpoint)


@pytest.mark.parametrize(
    "change",
    [
        {"classes": ["a", "b", "c"]},
        {"classes": [1, 2]},
        {"low": "x"},
        {"low": 3, "high": -3},
        {"low": float("nan")},
        {"neutral": float("inf")},
    ],
    ids=str,
)
def test_a_task_that_cannot_be_or_does_not_fit_the_architecture(small_checkpoint, change):
    rewrite(small_checkpoint, lambda fields: fields["task"].update(change))
    assert "config.json" in refusal(small_checkpoint)


def test_one_missing_and_one_unknown_tensor_are_named(small_checkpoint):
    kept = load_file(small_checkpoint / "model.safetensors")
    for name in ("model.fusion.bias", "model.bank", "mean.audio", "std.video", "clip"):
        save_file({key: value for key, value in kept.items() if key != name}, small_checkpoint / "model.safetensors")
        assert name.removeprefix("model.") in refusal(small_checkpoint)
    save_file(kept | {"model.extra": torch.ones(1)}, small_checkpoint / "model.safetensors")
    assert "extra" in refusal(small_checkpoint)


def test_a_tensor_with_a_foreign_name_is_refused_or_ignored(small_checkpoint):
    retensor(small_checkpoint, lambda tensors: tensors.update(foreign=torch.ones(2)))
    with contextlib.suppress(CompVizError):
        load_checkpoint(small_checkpoint)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", ["model.fusion.weight", "model.bank", "mean.text", "std.text"])
def test_values_that_are_not_finite(small_checkpoint, name, bad):
    retensor(small_checkpoint, lambda tensors: tensors[name].flatten()[:1].fill_(bad))
    assert name.removeprefix("model.") in refusal(small_checkpoint)


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan")])
@pytest.mark.parametrize("name", ["std.audio", "clip"])
def test_deviations_and_clip_must_be_above_zero(small_checkpoint, name, bad):
    retensor(small_checkpoint, lambda tensors: tensors[name].view(-1)[:1].fill_(bad))
    assert name in refusal(small_checkpoint)


@pytest.mark.parametrize("shape", [(), (0,), (7, 7), (3, 4, 8, 1), (24, 24, 1)])
@pytest.mark.parametrize("name", ["model.fusion.weight", "model.bank", "mean.audio", "std.audio"])
def test_shapes_that_do_not_fit(small_checkpoint, name, shape):
    retensor(small_checkpoint, lambda tensors: tensors.update({name: torch.ones(shape)}))
    assert name.removeprefix("model.") in refusal(small_checkpoint)


@pytest.mark.parametrize("kind", [torch.int64, torch.int8, torch.bool])
def test_integer_weights(small_checkpoint, kind):
    retensor(small_checkpoint, lambda tensors: tensors.update({"model.fusion.bias": torch.ones(24).to(kind)}))
    assert "fusion.bias" in refusal(small_checkpoint)


def test_unknown_fields_are_refused_or_ignored(small_checkpoint):
    def add(fields):
        fields["future"] = {"a": [1, 2]}
        fields["architecture"]["experts"] = 8
        fields["task"]["colour"] = "red"

    rewrite(small_checkpoint, add)
    with contextlib.suppress(CompVizError):
        assert load_checkpoint(small_checkpoint).config.hidden == 8


def test_a_checkpoint_with_a_device_that_is_not_there(small_checkpoint):
    with pytest.raises(CompVizError, match="not available"):
        load_checkpoint(small_checkpoint, device="quantum")
