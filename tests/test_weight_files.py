"""Weights in files of other kinds: read alike, converted, and hostile ones refused."""

import contextlib
import pickle

import numpy as np
import pytest
import torch
from checkpoint_cases import Bomb
from naive import random_parameters
from safetensors.torch import save_file

from comp_viz.__main__ import main
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.checkpoint.tensors import read_tensors
from comp_viz.errors import CompVizError


@pytest.fixture(scope="module")
def published():
    return {name: value.float() for name, value in random_parameters(2).items()}


def write(parameters, path):
    """Store a state dict the way the ending says."""
    if path.suffix == ".npz":
        np.savez(path, **{name: value.numpy() for name, value in parameters.items()})
    elif path.suffix == ".safetensors":
        save_file({name: value.contiguous() for name, value in parameters.items()}, path)
    else:
        torch.save(parameters, path)
    return path


@pytest.mark.parametrize("ending", [".npz", ".safetensors", ".pt", ".pth", ".bin"])
def test_every_kind_of_file_reads_alike(published, tmp_path, ending):
    read = read_tensors(write(published, tmp_path / f"weights{ending}"))
    assert set(read) == set(published)
    assert all(torch.equal(read[name], value) for name, value in published.items())


@pytest.mark.parametrize("ending", [".npz", ".safetensors", ".pt"])
def test_convert_writes_a_checkpoint(published, tmp_path, capsys, ending):
    source, out = write(published, tmp_path / f"weights{ending}"), tmp_path / "converted"
    assert main(["convert", str(source), "--heads", "2", "--momentum", "0.3", "--out", str(out)]) == 0
    assert "Wrote" in capsys.readouterr().out
    checkpoint = load_checkpoint(out)
    assert (checkpoint.config.heads, checkpoint.config.momentum, checkpoint.config.dims) == (2, 0.3, (5, 6, 4))
    assert checkpoint.bank.shape[1] == 0
    features = np.float32([[1e4, -3], [0, 2]])
    assert np.isinf(checkpoint.standardise.clip)
    np.testing.assert_array_equal(
        checkpoint.standardise("audio", np.tile(features, (1, 3))[:, :5]), np.tile(features, (1, 3))[:, :5]
    )


@pytest.mark.parametrize("key", ["state_dict", "model"])
def test_a_state_dict_inside_a_training_file_is_found(published, tmp_path, key):
    torch.save({key: published, "epoch": 3}, tmp_path / "weights.pt")
    assert set(read_tensors(tmp_path / "weights.pt")) == set(published)


@pytest.mark.parametrize(
    "content", [[1, 2], {"a": 1}, {3: torch.ones(1), "epoch": 3}, torch.ones(2), None, {"model": 1}]
)
def test_a_pt_that_is_no_state_dict_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "weights.pt")
    with pytest.raises(CompVizError, match="state_dict"):
        read_tensors(tmp_path / "weights.pt")


@pytest.mark.parametrize("ending", [".pt", ".pth", ".bin"])
@pytest.mark.parametrize("where", ["value", "whole", "legacy"])
def test_a_malicious_pickle_is_refused_and_not_run(tmp_path, capsys, ending, where):
    bomb, path = tmp_path / "bomb", tmp_path / f"weights{ending}"
    if where == "legacy":
        path.write_bytes(pickle.dumps({"weight": Bomb(bomb)}))
    else:
        torch.save(Bomb(bomb) if where == "whole" else {"a": torch.ones(1), "b": Bomb(bomb)}, path)
    status = main(["convert", str(path), "--heads", "2", "--momentum", "0.3", "--out", str(tmp_path / "out")])
    assert status == 2
    assert "cannot be read as tensors" in capsys.readouterr().err
    assert not bomb.exists()
    assert not (tmp_path / "out").exists()


def test_the_bomb_of_these_tests_is_real(tmp_path):
    pickle.loads(pickle.dumps(Bomb(tmp_path / "bomb")))
    assert (tmp_path / "bomb").is_dir()


@pytest.mark.parametrize("ending", [".npz", ".safetensors", ".pt"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x02}q\x00", b"\x93NUMPY", b"words, words, words"])
def test_damaged_files_are_refused_in_words(tmp_path, ending, content):
    path = tmp_path / f"weights{ending}"
    path.write_bytes(content)
    with pytest.raises(CompVizError, match="weights"):
        read_tensors(path)


@pytest.mark.parametrize("ending", [".npz", ".safetensors", ".pt"])
def test_files_cut_or_scratched_anywhere_are_refused_or_read(published, tmp_path, ending):
    some = dict(list(published.items())[:6])
    path = tmp_path / f"weights{ending}"
    np.savez_compressed(path, **{k: v.numpy() for k, v in some.items()}) if ending == ".npz" else write(some, path)
    content = path.read_bytes()
    for place in np.linspace(0, len(content) - 1, 40).astype(int):
        scratched = content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]
        for damaged in (content[:place], scratched):
            path.write_bytes(damaged)
            with contextlib.suppress(CompVizError):
                read_tensors(path)


def test_objects_in_an_npz_are_refused(tmp_path):
    np.savez(tmp_path / "weights.npz", a=np.array([Bomb(tmp_path / "bomb")], dtype=object))
    with pytest.raises(CompVizError, match="objects"):
        read_tensors(tmp_path / "weights.npz")
    assert not (tmp_path / "bomb").exists()


def test_an_unknown_ending_and_an_absent_file_are_refused(tmp_path):
    (tmp_path / "weights.h5").write_bytes(b"\x89HDF\r\n")
    with pytest.raises(CompVizError, match=r"expected \.safetensors.*got an HDF5 file"):
        read_tensors(tmp_path / "weights.h5")
    with pytest.raises(CompVizError, match="There is no file"):
        read_tensors(tmp_path / "nothing.pt")


def test_convert_says_what_is_wrong(published, tmp_path, capsys):
    source = write({k: v for k, v in published.items() if k != "proj1.bias"}, tmp_path / "w.safetensors")
    arguments = ["convert", str(source), "--momentum", "0.3", "--out", str(tmp_path / "out")]
    assert main([*arguments, "--heads", "2"]) == 2
    assert "'proj1.bias' is missing" in capsys.readouterr().err
    write(published, source)
    assert main([*arguments, "--heads", "3"]) == 2
    assert "heads: expected a divisor of hidden = 8" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
