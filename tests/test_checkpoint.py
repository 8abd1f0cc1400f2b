"""Checkpoint folders: what a round trip keeps, and which data a checkpoint fits."""

import contextlib
import json
import os
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoint_cases import retensor, rewrite
from goldens import goldens

from comp_viz.__main__ import main
from comp_viz.checkpoint.folder import load_checkpoint, save_checkpoint
from comp_viz.data.batch import Batch, Standardiser
from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet
from comp_viz.errors import CompVizError
from comp_viz.network.bank import prototype_bank
from comp_viz.network.model import ComP

FILES = ["README.md", "config.json", "model.safetensors"]


# What a round trip keeps
@pytest.fixture
def trained_looking(small_config, small_lab):
    """A model in single precision, its statistics, and a batch to try it on."""
    torch.manual_seed(8)
    model = ComP(small_config).eval()
    standardise = Standardiser.fit(small_lab.split("train"))
    model.bank = prototype_bank(model, Batch.of(small_lab.split("train")[:3], standardise))
    return model, standardise, Batch.of(small_lab.split("test"), standardise)


def test_round_trip_keeps_the_predictions(trained_looking, small_checkpoint, tmp_path):
    model, standardise, batch = trained_looking
    save_checkpoint(tmp_path / "again", model, load_checkpoint(small_checkpoint).card, standardise)
    loaded = load_checkpoint(tmp_path / "again")
    for scope in ("bank", "conversation", "batch"):
        ours = loaded.model(batch.features, batch.observed, batch.valid, scope)
        theirs = model(batch.features, batch.observed, batch.valid, scope)
        assert (ours.fused - theirs.fused)[batch.valid].abs().max() < 0.01
        assert (ours.coordinator - theirs.coordinator)[batch.valid].abs().max() < 0.01
    assert loaded.bank.shape == model.bank.shape
    assert loaded.bank.dtype is torch.float32
    torch.testing.assert_close(loaded.bank, model.bank, atol=1e-3, rtol=1e-3)


def test_round_trip_keeps_the_statistics_exactly(trained_looking, small_checkpoint, tmp_path):
    model, standardise, _ = trained_looking
    save_checkpoint(tmp_path / "again", model, load_checkpoint(small_checkpoint).card, replace(standardise, clip=3.5))
    loaded = load_checkpoint(tmp_path / "again").standardise
    assert loaded.clip == 3.5
    for name in model.config.modalities:
        np.testing.assert_array_equal(loaded.mean[name], standardise.mean[name])
        np.testing.assert_array_equal(loaded.std[name], standardise.std[name])


def test_round_trip_keeps_the_card(small_checkpoint, tmp_path):
    first = load_checkpoint(small_checkpoint)
    save_checkpoint(tmp_path / "again", first.model, first.card, first.standardise)
    second = load_checkpoint(tmp_path / "again")
    assert second.card == first.card
    assert second.digest == first.digest


def test_loaded_model_is_ready_to_predict(small_checkpoint, small_config):
    checkpoint = load_checkpoint(str(small_checkpoint))
    assert not checkpoint.model.training
    assert not any(parameter.requires_grad for parameter in checkpoint.model.parameters())
    assert checkpoint.config == small_config
    assert {parameter.dtype for parameter in checkpoint.model.parameters()} == {torch.float32}


def test_digest_changes_with_weights_and_with_the_card(small_checkpoint):
    before = load_checkpoint(small_checkpoint).digest
    retensor(small_checkpoint, lambda tensors: tensors["model.fusion.bias"].add_(0.5))
    between = load_checkpoint(small_checkpoint).digest
    rewrite(small_checkpoint, lambda fields: fields.update(name="Another"))
    assert len({before, between, load_checkpoint(small_checkpoint).digest}) == 3


def test_saving_over_a_folder_keeps_extra_files_and_leaves_no_traces(small_checkpoint):
    checkpoint = load_checkpoint(small_checkpoint)
    (small_checkpoint / "training.jsonl").write_text("log")
    (small_checkpoint / "notes").mkdir()
    (small_checkpoint / "notes" / "one.txt").write_text("one")
    save_checkpoint(small_checkpoint, checkpoint.model, replace(checkpoint.card, name="Second"), checkpoint.standardise)
    assert sorted(path.name for path in small_checkpoint.iterdir()) == sorted([*FILES, "notes", "training.jsonl"])
    assert (small_checkpoint / "training.jsonl").read_text() == "log"
    assert (small_checkpoint / "notes" / "one.txt").read_text() == "one"
    assert [path.name for path in small_checkpoint.parent.iterdir()] == ["small"]
    assert load_checkpoint(small_checkpoint).card.name == "Second"


def test_a_save_that_fails_leaves_the_old_checkpoint(small_checkpoint, monkeypatch):
    checkpoint = load_checkpoint(small_checkpoint)
    (small_checkpoint / "training.jsonl").write_text("log")
    for place in ("save_file", "write_card"):
        with monkeypatch.context() as patch:
            patch.setattr(f"comp_viz.checkpoint.folder.{place}", fail)
            with pytest.raises(OSError, match="disk full"):
                save_checkpoint(small_checkpoint, checkpoint.model, checkpoint.card, checkpoint.standardise)
        assert [path.name for path in small_checkpoint.parent.iterdir()] == ["small"]
        assert load_checkpoint(small_checkpoint).digest == checkpoint.digest
        assert (small_checkpoint / "training.jsonl").read_text() == "log"


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_a_save_stopped_while_swapping_files_loses_nothing(small_checkpoint, monkeypatch, nth):
    checkpoint = load_checkpoint(small_checkpoint)
    (small_checkpoint / "training.jsonl").write_text("log")
    calls = []

    def stopping(real):
        def move(*given, **options):
            calls.append(given)
            if len(calls) == nth:
                raise KeyboardInterrupt
            return real(*given, **options)

        return move

    for where, name in ((Path, "rename"), (Path, "replace"), (shutil, "move")):
        monkeypatch.setattr(where, name, stopping(getattr(where, name)))
    with contextlib.suppress(KeyboardInterrupt):
        save_checkpoint(small_checkpoint, checkpoint.model, checkpoint.card, checkpoint.standardise)
    assert load_checkpoint(small_checkpoint).card == checkpoint.card
    assert (small_checkpoint / "training.jsonl").read_text() == "log"
    assert [path.name for path in small_checkpoint.parent.iterdir()] == ["small"]


def fail(*arguments, **options):
    raise OSError("disk full")


def test_weights_too_large_for_sixteen_bits_are_not_saved_as_infinite(trained_looking, small_checkpoint, tmp_path):
    model, standardise, _ = trained_looking
    with torch.no_grad():
        model.fusion.bias[0] = 1e5
    try:
        save_checkpoint(tmp_path / "large", model, load_checkpoint(small_checkpoint).card, standardise)
    except CompVizError:
        assert not (tmp_path / "large").exists()
    else:
        assert load_checkpoint(tmp_path / "large").model.fusion.bias[0] > 6e4


def test_a_file_in_the_place_of_the_folder_is_refused_in_words(small_checkpoint, tmp_path):
    checkpoint = load_checkpoint(small_checkpoint)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(CompVizError, match="file"):
        save_checkpoint(tmp_path / "file", checkpoint.model, checkpoint.card, checkpoint.standardise)
    assert (tmp_path / "file").read_text() == "mine"


def test_others_may_read_a_saved_checkpoint(small_checkpoint):
    mask = os.umask(0)
    os.umask(mask)
    for name in FILES:
        assert (small_checkpoint / name).stat().st_mode & 0o777 == 0o666 & ~mask, name


def test_model_card_names_what_matters(small_checkpoint):
    text = (small_checkpoint / "README.md").read_text()
    for words in ("Small", "sentiment", "audio", "text", "video", "noisy", "hidden 8", "Not for", "torch"):
        assert words in text


# Against a data set
def another(data: DataSet, **changes) -> DataSet:
    """The data set with some of its fields replaced in every conversation."""
    conversations = tuple(replace(c, **{k: change(c) for k, change in changes.items()}) for c in data.conversations)
    return DataSet("Other", data.task, conversations, {}, "none", "0")


def test_the_data_it_was_made_for_passes(small_checkpoint, small_lab):
    load_checkpoint(small_checkpoint).check(small_lab)


def test_data_of_other_widths_is_refused_with_both_widths(small_checkpoint, small_lab):
    wider = another(small_lab, features=lambda c: dict(c.features) | {"text": np.ones((len(c), 7), np.float32)})
    with pytest.raises(CompVizError, match=r"32 text features.*noisy.*'Other' has 7"):
        load_checkpoint(small_checkpoint).check(wider)


def test_data_of_other_modalities_is_refused_with_both_lists(small_checkpoint, small_lab):
    fewer = another(
        small_lab,
        features=lambda c: {u: c.features[u] for u in ("audio", "text")},
        observed=lambda c: c.observed[:, :2],
    )
    with pytest.raises(CompVizError, match=r"audio, text, video, data set 'Other' has audio, text\."):
        load_checkpoint(small_checkpoint).check(fewer)


def test_data_with_other_labels_is_refused(small_checkpoint, small_lab):
    checkpoint = load_checkpoint(small_checkpoint)
    classes = replace(small_lab, task=Task("emotion", ("sad", "happy")))
    with pytest.raises(CompVizError, match=r"predicts sentiment.*emotion \(sad, happy\)"):
        checkpoint.check(classes)


def test_one_class_is_not_a_score(small_checkpoint, small_lab):
    with pytest.raises(CompVizError):
        load_checkpoint(small_checkpoint).check(replace(small_lab, task=Task("emotion", ("only",))))


def test_card_survives_json(small_checkpoint):
    card = load_checkpoint(small_checkpoint).card
    assert json.loads((small_checkpoint / "config.json").read_text()) == json.loads(json.dumps(asdict(card)))


@pytest.mark.parametrize("path", goldens("meta"), ids=lambda path: path.stem)
def test_a_converted_checkpoint_still_meets_the_published_numbers(path, tmp_path):
    with np.load(path) as golden:
        meta = json.loads(str(golden["meta"]))
        np.savez(tmp_path / "weights.npz", **{k[6:]: golden[k] for k in golden.files if k.startswith("param/")})
        bounds = np.cumsum([0, *meta["dims"].values()])
        joined, observed = golden["input/features"], golden["input/observed"]
        valid, expected = golden["input/valid"].astype(bool), golden["output/fused_logits"]
    options = ["--heads", str(meta["heads"]), "--momentum", str(meta["momentum"]), "--out", str(tmp_path / "out")]
    assert main(["convert", str(tmp_path / "weights.npz"), *options]) == 0
    checkpoint = load_checkpoint(tmp_path / "out")
    features = {u: joined[..., bounds[i] : bounds[i + 1]] for i, u in enumerate(meta["dims"])}
    with torch.inference_mode():
        fused = checkpoint.model.double()(features, observed, valid, prototypes="batch").fused
    # As the published numbers are met at all: see `golden/README.md`.
    np.testing.assert_allclose(fused.numpy()[valid], expected[valid], rtol=0, atol=1e-4 * np.abs(expected[valid]).max())
    assert main(["convert", str(tmp_path / "weights.npz"), *options]) == 2  # never over another checkpoint


@pytest.mark.parametrize(
    ("value", "precision", "wording"),
    [(1e6, torch.float16, "16 bits, which end at 65504"), (float("nan"), torch.float32, "not finite in 32 bits.")],
)
def test_weights_that_cannot_be_stored_are_refused_for_the_right_reason(
    small_checkpoint, tmp_path, value, precision, wording
):
    saved = load_checkpoint(small_checkpoint)
    saved.model.fusion.bias.fill_(value)
    with pytest.raises(CompVizError, match=wording):
        save_checkpoint(tmp_path / "out", saved.model, saved.card, saved.standardise, precision)
    assert not (tmp_path / "out").exists()
