"""Training runs: repeatable, resumable, and sound on data of every kind."""

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from runs import CPU, RECIPE, classes_of, equal, log, loss, plain, sub, tensors

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.dataset import DataSet
from comp_viz.errors import CompVizError
from comp_viz.training import run as runs
from comp_viz.training.run import train
from comp_viz.training.telemetry import TABLES, read_telemetry

pytestmark = pytest.mark.usefixtures("few_measurements")

# Repeatable and resumable


def test_a_run_leaves_a_checkpoint_a_log_and_nothing_else(whole, small_lab):
    out, card = whole
    assert sorted(path.name for path in out.iterdir()) == [
        "README.md", "config.json", "model.safetensors", "telemetry",
    ]  # fmt: skip
    rows = log(out)
    assert [row["stage"] for row in rows] == [1, 1, 1, 2, 2, 2]
    checkpoint = load_checkpoint(out)
    assert plain(checkpoint.card) == plain(card)
    assert checkpoint.bank.shape == (3, RECIPE.bank, 4, 8)
    checkpoint.check(small_lab)
    assert card.training.epoch in (3, 4, 5)
    assert card.training.recipe == asdict(RECIPE)
    assert card.data.digest == small_lab.digest


def test_the_chosen_epoch_is_the_best_of_stage_two_on_the_selection_split(whole):
    out, card = whole
    scores = {i: row["selection", "MAE", "fused"] for i, row in enumerate(log(out)) if row["stage"] == 2}
    assert card.training.epoch == min(scores, key=scores.get)
    assert "validation" in card.training.selection


def test_the_same_seed_gives_the_same_numbers(whole, small_lab, small_config, tmp_path):
    train(small_lab, small_config, RECIPE, tmp_path / "again", CPU)
    assert equal(tensors(tmp_path / "again"), tensors(whole[0]))
    assert log(tmp_path / "again") == log(whole[0])


def test_another_seed_gives_other_numbers(whole, small_lab, small_config, tmp_path):
    train(small_lab, small_config, replace(RECIPE, seed=67), tmp_path / "other", CPU)
    assert not equal(tensors(tmp_path / "other"), tensors(whole[0]))
    assert log(tmp_path / "other")[0] != log(whole[0])[0]


@pytest.mark.parametrize("every", [1, 2])
@pytest.mark.parametrize("after", [1, 3, 5, 6])
def test_an_interrupted_run_goes_on_to_the_same_numbers(
    whole, small_lab, small_config, tmp_path, monkeypatch, every, after
):
    monkeypatch.setattr(runs, "SAVE_EPOCHS", every)
    out, done = tmp_path / "run", []

    def stop(epoch, of, _):
        assert of == 6
        if epoch == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(small_lab, small_config, RECIPE, out, CPU, stop)
    assert (out / "running" / "resume.pt").is_file() == (after >= every)
    torch.manual_seed(after)  # whatever happens in between must not matter
    train(small_lab, small_config, RECIPE, out, CPU, lambda epoch, of, _: done.append(epoch))
    assert done == list(range(after // every * every + 1, 7))
    assert equal(tensors(out), tensors(whole[0]))
    for name in TABLES:
        assert read_telemetry(out / "telemetry", name).equals(read_telemetry(whole[0] / "telemetry", name)), name
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in whole[0].iterdir())


@pytest.fixture
def unfinished(small_lab, small_config, tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "SAVE_EPOCHS", 1)

    def stop(epoch, of, _):
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(small_lab, small_config, RECIPE, tmp_path / "run", CPU, stop)
    return tmp_path / "run"


def test_going_on_with_anything_else_is_refused(unfinished, small_lab, small_config, monkeypatch):
    def content():
        return {path: path.read_bytes() for path in unfinished.rglob("*") if path.is_file()}

    before = content()
    for recipe, config, other in (
        (replace(RECIPE, learning_rate=1e-3), small_config, "recipe"),
        (replace(RECIPE, seed=1), small_config, "recipe"),
        (RECIPE, replace(small_config, hidden=10), "architecture"),
    ):
        with pytest.raises(CompVizError, match=f"an unfinished run with other {other}.*remove the folder"):
            train(small_lab, config, recipe, unfinished, CPU)
    other = sub(small_lab, ("train", 5, "train"), ("validation", 2, "validation"))
    with pytest.raises(CompVizError, match="other data"):
        train(other, small_config, RECIPE, unfinished, CPU)
    monkeypatch.setattr(runs, "versions", lambda: {"torch": "1.0"})
    with pytest.raises(CompVizError, match="other versions"):
        train(small_lab, small_config, RECIPE, unfinished, CPU)
    (unfinished / "running" / "run.json").write_bytes(before.pop(unfinished / "running" / "run.json")[:40])
    with pytest.raises(CompVizError, match=r"other settings: its run\.json cannot be read"):
        train(small_lab, small_config, RECIPE, unfinished, CPU)
    assert before.items() <= content().items()


@pytest.mark.parametrize("content", [b"", b"words", b"PK\x03\x04"])
def test_a_damaged_state_is_refused_in_words(unfinished, small_lab, small_config, content):
    (unfinished / "running" / "resume.pt").write_bytes(content)
    with pytest.raises(CompVizError, match=r"resume\.pt"):
        train(small_lab, small_config, RECIPE, unfinished, CPU)


def test_a_state_of_something_else_is_refused_in_words(unfinished, small_lab, small_config):
    torch.save({"weights": torch.ones(2)}, unfinished / "running" / "resume.pt")
    with pytest.raises(CompVizError, match=r"resume\.pt"):
        train(small_lab, small_config, RECIPE, unfinished, CPU)


def test_training_anew_over_a_finished_run_starts_a_fresh_log(small_lab, small_config, tmp_path):
    short = replace(RECIPE, first_epochs=1, second_epochs=1)
    for seed in (1, 2):
        train(small_lab, small_config, replace(short, seed=seed), tmp_path / "run", CPU)
        assert len(log(tmp_path / "run")) == 2
    assert load_checkpoint(tmp_path / "run").card.training.seed == 2


# Data of other kinds


def test_data_without_any_split_trains_and_measures_nothing(small_lab, small_config, tmp_path):
    data = sub(small_lab, ("train", 8, ""))
    card = train(data, small_config, RECIPE, tmp_path / "run", CPU)
    assert card.measurements == ()


def test_a_single_training_conversation_is_enough_with_a_validation_split(small_lab, small_config, tmp_path):
    data = sub(small_lab, ("train", 1, "train"), ("validation", 1, "validation"), ("test", 1, "test"))
    card = train(data, small_config, RECIPE, tmp_path / "run", CPU)
    assert load_checkpoint(tmp_path / "run").bank.shape[1] == 1
    assert card.measurements


def test_a_single_conversation_without_validation_is_refused_in_words(small_lab, small_config, tmp_path):
    with pytest.raises(CompVizError, match="at least two conversations, got 1"):
        train(sub(small_lab, ("train", 1, "train")), small_config, RECIPE, tmp_path / "run", CPU)


def test_utterances_without_labels_are_allowed(small_lab, small_config, tmp_path):
    def some(c):
        labels = c.labels.copy()
        labels[::2] = np.nan
        return labels

    data = sub(small_lab, ("train", 6, "train"), ("validation", 3, "validation"), labels=some)
    train(data, small_config, RECIPE, tmp_path / "run", CPU)
    assert all(np.isfinite(loss(row)) for row in log(tmp_path / "run"))


def test_selection_without_any_label_is_refused_in_words(small_lab, small_config, tmp_path):
    blank = tuple(
        replace(c, labels=np.full_like(c.labels, np.nan)) if c.split == "validation" else c
        for c in small_lab.conversations
    )
    data = DataSet("Blank", small_lab.task, blank, small_lab.sources, "", "")
    with pytest.raises(CompVizError, match="label"):
        train(data, small_config, RECIPE, tmp_path / "run", CPU)


def test_a_classification_task_trains(small_lab, small_config, tmp_path):
    data = classes_of(small_lab)
    card = train(data, replace(small_config, outputs=3), RECIPE, tmp_path / "run", CPU)
    assert card.task.classes == ("sad", "so-so", "happy")
    assert "highest ACC" in card.training.selection
    assert set(card.measurements[0].mean) == {"ACC", "UA", "F1"}
    best = [row["selection", "ACC", "fused"] for row in log(tmp_path / "run") if row["stage"] == 2]
    assert card.training.epoch == 3 + int(np.argmax(best))
    load_checkpoint(tmp_path / "run").check(data)


def test_an_architecture_for_another_task_is_refused_in_words(small_lab, small_config, tmp_path):
    with pytest.raises(CompVizError, match="outputs"):
        train(classes_of(small_lab), small_config, RECIPE, tmp_path / "run", CPU)


def test_conversations_longer_than_the_model_reads_are_refused_in_words(small_lab, small_config, tmp_path):
    with pytest.raises(
        CompVizError, match=r"'lab-.*' has \d+ utterances, but max_length of the model is 4 .*--window 4"
    ):
        train(small_lab, replace(small_config, max_length=4), RECIPE, tmp_path / "run", CPU)


def test_a_loss_that_is_no_number_ends_in_words(small_lab, small_config, tmp_path):
    with pytest.raises(CompVizError, match=r"diverged.*epoch \d+.*learning rate"):
        train(small_lab, small_config, replace(RECIPE, learning_rate=1e30), tmp_path / "run", CPU)
    assert not (tmp_path / "run" / "model.safetensors").exists()


@pytest.mark.parametrize("epochs", [(0, 2), (2, 0)])
def test_one_stage_alone_can_be_run(small_lab, small_config, tmp_path, epochs):
    first, second = epochs
    card = train(
        small_lab, small_config, replace(RECIPE, first_epochs=first, second_epochs=second), tmp_path / "r", CPU
    )
    assert [row["stage"] for row in log(tmp_path / "r")] == [1] * first + [2] * second
    assert 0 <= card.training.epoch < 2
    heads = {"audio", "text", "video"}
    assert {m.predictor for m in card.measurements} == (heads | {"fused"} if second else heads)


BAD = [
    {"missing": "uniform(0.8)"}, {"missing": "smoke"}, {"scope": "all"}, {"first_epochs": -1},
    {"first_epochs": 0, "second_epochs": 0}, {"batch": 0}, {"precision": "int8"}, {"learning_rate": -1.0},
    {"learning_rate": float("nan")}, {"weight_decay": -1.0}, {"bank": -1}, {"seed": -1}, {"clip": (2.0, 0.0)},
    {"head_weight": float("nan")}, {"average": 1.0}, {"average": -0.1}, {"selection": ()},
    {"selection": ("found", "uniform(0.9)")}, {"gradient_norm": -1.0}, {"feature_noise": -1.0}, {"sign_weight": -1.0},
]  # fmt: skip


@pytest.mark.parametrize("changes", BAD, ids=str)
def test_impossible_recipes_are_refused(changes):
    with pytest.raises(CompVizError):
        replace(RECIPE, **changes)


def test_a_recipe_without_a_bank_trains_or_is_refused(small_lab, small_config, tmp_path):
    try:
        train(small_lab, small_config, replace(RECIPE, bank=0), tmp_path / "run", CPU)
    except CompVizError:
        return
    assert load_checkpoint(tmp_path / "run").bank.shape[1] == 0
