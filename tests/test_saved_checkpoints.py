"""Checkpoints as people save them: read alike whatever is around the weights, or refused with the line that mends it."""

import argparse
import pickle
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from naive import random_parameters
from safetensors.torch import load_file, save_file

from comp_viz.__main__ import main
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.checkpoint.tensors import read_tensors
from comp_viz.errors import CompVizError
from comp_viz.network.published import load_published
from comp_viz.ui.frame.page_view import check_finite

PARAMETERS = {name: value.float() for name, value in random_parameters(3).items()}
ADAM = {"state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.ones(2)}}, "param_groups": [{"lr": 1e-4}]}


def prefixed(prefix):
    return {f"{prefix}{name}": value for name, value in PARAMETERS.items()}


SAVED = {
    "plain": PARAMETERS,
    "tutorial": {"epoch": 3, "model_state_dict": PARAMETERS, "optimizer_state_dict": ADAM, "loss": 0.3},
    "net": {"net": PARAMETERS, "acc": 93.1, "epoch": 3},
    "model_state": {"model_state": PARAMETERS, "rng": torch.ones(5, dtype=torch.uint8)},
    "nested": {"checkpoint": {"model": {"weights": PARAMETERS}, "optimizer": ADAM}},
    "tuple": (PARAMETERS, ADAM, 3),
    "lightning": {"state_dict": prefixed("model."), "optimizer_states": [ADAM], "hyper_parameters": {"lr": 1e-4}},
    "parallel": {"state_dict": prefixed("module.module.")},
    "compiled": prefixed("_orig_mod."),
    "all of them": prefixed("model._orig_mod.module.student."),
    "compiled inside": {name.replace("block1.", "block1._orig_mod."): value for name, value in PARAMETERS.items()},
    "parameters": {name: torch.nn.Parameter(value) for name, value in PARAMETERS.items()},
}


@pytest.mark.parametrize("way", SAVED)
def test_weights_are_found_whatever_is_around_them(way, tmp_path):
    torch.save(SAVED[way], tmp_path / "saved.pt")
    state = load_published(read_tensors(tmp_path / "saved.pt"), 2, 0.3).state_dict()
    expected = load_published(PARAMETERS, 2, 0.3).state_dict()
    assert all(torch.equal(state[name], value) for name, value in expected.items())


@pytest.mark.parametrize("name", ["a.ckpt", "a.pth.tar", "a.PT", "a", "a.model", "a.safetensors", "a.npz"])
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_the_name_of_a_file_does_not_matter(name, legacy, tmp_path):
    torch.save(PARAMETERS, tmp_path / name, _use_new_zipfile_serialization=not legacy)
    assert read_tensors(tmp_path / name).keys() == PARAMETERS.keys()


def test_other_kinds_are_told_by_what_they_hold(tmp_path):
    save_file(PARAMETERS, tmp_path / "a.pt")
    with (tmp_path / "b.bin").open("wb") as file:
        np.savez(file, **{name: value.numpy() for name, value in PARAMETERS.items()})
    assert read_tensors(tmp_path / "a.pt").keys() == read_tensors(tmp_path / "b.bin").keys() == PARAMETERS.keys()


def test_a_second_copy_is_named(tmp_path):
    halved = {name: value / 2 for name, value in PARAMETERS.items()}
    torch.save({"ema": halved, "model": PARAMETERS}, tmp_path / "a.pt")
    with pytest.warns(UserWarning, match="took 'model', left 'ema' aside"):
        read = read_tensors(tmp_path / "a.pt")
    assert torch.equal(read["proj1.bias"], PARAMETERS["proj1.bias"])


def test_what_is_no_weight_is_left_aside_and_named(tmp_path, capsys):
    others = {"bn.num_batches_tracked": torch.tensor(3), "positions": torch.arange(4), "epoch": 3}
    torch.save(PARAMETERS | others, tmp_path / "a.pt")
    options = ["--heads", "2", "--momentum", "0.3", "--out", str(tmp_path / "out")]
    assert main(["convert", str(tmp_path / "a.pt"), *options]) == 0
    printed = capsys.readouterr()
    assert "left 2 unknown parameters aside: bn.num_batches_tracked, positions" in printed.err
    assert "left 'epoch' aside" in printed.err
    assert "features 5 audio, 6 text, 4 video; 8 hidden, 4 layers, up to 9 utterances" in printed.out


def test_two_models_under_the_same_names_are_not_mixed():
    with pytest.raises(CompVizError, match=r"'module\.[^']+' is there twice"):
        load_published(PARAMETERS | prefixed("module."), 2, 0.3)


class Network(torch.nn.Module):
    """Stands for anybody's class."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)


OBJECTS = {
    "arguments": ({"net": PARAMETERS, "args": argparse.Namespace(lr=1)}, "argparse.Namespace", 'weights_only=False)["net"]'),
    "score": ({"state_dict": PARAMETERS, "best": np.float64(0.8)}, "multiarray.scalar", 'weights_only=False)["state_dict"]'),
    "whole model": (Network(), "test_saved_checkpoints.Network", "weights_only=False).state_dict()"),
}  # fmt: skip


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("what", OBJECTS)
def test_objects_are_refused_with_their_name_and_the_line_that_mends_it(what, legacy, tmp_path):
    content, name, line = OBJECTS[what]
    torch.save(content, tmp_path / "a.pt", _use_new_zipfile_serialization=not legacy)
    with pytest.raises(CompVizError) as refused:
        read_tensors(tmp_path / "a.pt")
    message = str(refused.value)
    assert name in message
    assert f'torch.save(torch.load("a.pt", map_location="cpu", {line}, "weights.pt")' in message
    assert not re.search(r"[\x00-\x1f]|Weights only", message)


def test_the_line_that_mends_it_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"net": PARAMETERS, "args": argparse.Namespace(lr=1)}, "a.pt")
    with pytest.raises(CompVizError) as refused:
        read_tensors(tmp_path / "a.pt")
    exec(re.search(r"`(torch\.save.*)`", str(refused.value))[1], {"torch": torch})
    assert read_tensors(tmp_path / "weights.pt").keys() == PARAMETERS.keys()


def test_a_pickle_of_another_kind_gets_its_own_line(tmp_path):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"model": {"a": np.ones(2)}}))
    with pytest.raises(
        CompVizError, match=r'not written by torch\.save.*pickle\.load\(open\("a\.pkl", "rb"\)\)\["model"\]'
    ):
        read_tensors(tmp_path / "a.pkl")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_program_is_never_run(tmp_path):
    torch.jit.save(torch.jit.trace(torch.nn.Linear(1, 1), torch.ones(1)), tmp_path / "a.pt")
    with pytest.raises(CompVizError, match=r"TorchScript.*torch\.jit\.load\(\"a\.pt\"\)\.state_dict\(\)"):
        read_tensors(tmp_path / "a.pt")


@pytest.mark.parametrize(
    ("tensor", "kind"),
    [(torch.ones(2, 2).to_sparse(), "sparse"), (torch.ones(2, device="meta"), "meta")],
    ids=["sparse", "meta"],
)
def test_tensors_without_plain_values_are_refused_by_name(tensor, kind, tmp_path):
    torch.save({"a": tensor}, tmp_path / "a.pt")
    with pytest.raises(CompVizError, match=f"cannot be read as tensors: 'a' is .*{kind}"):
        read_tensors(tmp_path / "a.pt")


UNUSUAL = [torch.float8_e4m3fn, torch.float8_e5m2, torch.complex64, torch.uint16, torch.uint32, torch.bool]


@pytest.mark.parametrize("kind", UNUSUAL, ids=str)
@pytest.mark.parametrize("name", ["model.fusion.weight", "mean.video", "std.text", "clip"])
def test_weights_of_unusual_types_are_refused_by_name(small_checkpoint, name, kind):
    tensors = load_file(small_checkpoint / "model.safetensors")
    save_file(tensors | {name: tensors[name].to(kind)}, small_checkpoint / "model.safetensors")
    with pytest.raises(CompVizError, match=name.removeprefix("model.")):
        load_checkpoint(small_checkpoint)


@pytest.mark.parametrize("kind", UNUSUAL, ids=str)
def test_published_weights_of_unusual_types_are_refused_by_name(kind):
    with pytest.raises(CompVizError, match=r"'proj1\.weight' holds"):
        load_published(PARAMETERS | {"proj1.weight": PARAMETERS["proj1.weight"].to(kind)}, 2, 0.3)


def test_numbers_beyond_single_precision_are_refused(small_checkpoint):
    tensors = load_file(small_checkpoint / "model.safetensors")
    wide = tensors["model.fusion.weight"].double()
    wide[0, 0] = 1e300
    save_file(tensors | {"model.fusion.weight": wide}, small_checkpoint / "model.safetensors")
    with pytest.raises(CompVizError, match=r"'fusion\.weight' holds NaN or infinite numbers \(1 of"):
        load_checkpoint(small_checkpoint)


@pytest.mark.parametrize(
    ("length", "classes", "name", "labels"),
    [
        (65, 1, "CMU-MOSI", ()),
        (150, 1, "CMU-MOSEI", ()),
        (150, 4, "IEMOCAP", ("happy", "sad", "neutral", "angry")),
        (9, 3, "", ("class 0", "class 1", "class 2")),
    ],
    ids=["mosi", "mosei", "iemocap", "other"],
)
def test_the_shapes_tell_which_data_set_it_was_made_for(length, classes, name, labels, tmp_path, capsys):
    torch.save(random_parameters(1, max_length=length, classes=classes), tmp_path / "a.pt")
    options = ["--heads", "2", "--momentum", "0.3", "--out", str(tmp_path / "out")]
    assert main(["convert", str(tmp_path / "a.pt"), *options]) == 0
    printed = capsys.readouterr().out
    assert f"trains on {name}" in printed if name else "trains on" not in printed
    assert load_checkpoint(tmp_path / "out").card.task.classes == labels


def test_a_checkpoint_of_ours_needs_no_converting(small_checkpoint, tmp_path):
    with pytest.raises(CompVizError, match="needs no converting"):
        load_published(read_tensors(small_checkpoint / "model.safetensors"), 2, 0.3)
    with pytest.raises(CompVizError, match="is a folder"):
        read_tensors(small_checkpoint)


def test_a_prediction_that_is_not_finite_is_named(small_checkpoint, small_lab):
    checkpoint = load_checkpoint(small_checkpoint)
    checkpoint.model.fused_head.weight.fill_(3e38)
    conversation = small_lab.conversations[0]
    view = SimpleNamespace(
        name="large", conversation=conversation, observed=conversation.observed,
        predict=lambda observed: predict_conversation(checkpoint, conversation, observed),
    )  # fmt: skip
    with pytest.raises(CompVizError, match=r"'large' predicts numbers that are not finite .*\(fused\)"):
        check_finite(view)
    view.predict = lambda observed: predict_conversation(load_checkpoint(small_checkpoint), conversation, observed)
    check_finite(view)
