"""Training runs: repeatable, resumable, and doing to the network what the method says; evaluation and the commands."""

import json
from dataclasses import asdict, fields, replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from comp_viz.__main__ import main
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.batch import Batch, Standardiser, Stream
from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.data.patterns.matrices import to_hex
from comp_viz.data.patterns.pattern import PARTS, Pattern
from comp_viz.data.patterns.realised import realised
from comp_viz.errors import CompVizError
from comp_viz.evaluation.evaluate import evaluate
from comp_viz.evaluation.metrics import metrics
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import SCOPES
from comp_viz.training import finish
from comp_viz.training import run as runs
from comp_viz.training.loop import Trainer
from comp_viz.training.modulator import modulation
from comp_viz.training.recipe import PUBLISHED, Recipe
from comp_viz.training.run import train
from comp_viz.training.telemetry import TABLES, read_telemetry

CPU = torch.device("cpu")
HALF = (Pattern.parse("uniform(0)"), Pattern.parse("uniform(0.5)"))
RECIPE = Recipe(first_epochs=3, second_epochs=3, batch=3, learning_rate=5e-3, bank=4)


@pytest.fixture(autouse=True)
def few_measurements(monkeypatch):
    monkeypatch.setattr(finish, "PATTERNS", HALF)
    monkeypatch.setattr(finish, "SEEDS", 2)


def tensors(folder):
    return load_file(folder / "model.safetensors")


def equal(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def plain(card):
    """A card as its file has it."""
    return json.loads(json.dumps(asdict(card)))


def log(folder):
    """The `epochs` table of a run, one dictionary an epoch: `stage`, and values by split, quantity and of what."""
    rows = {}
    for row in read_telemetry(folder / "telemetry", "epochs").to_pylist():
        rows.setdefault(row["epoch"], {"stage": row["stage"]})[row["split"], row["quantity"], row["of"]] = row["value"]
    assert list(rows) == list(range(len(rows)))
    return list(rows.values())


def loss(row):
    return row["training", "loss", "all"]


def sub(data, *counts, labels=None, task=None, name="Sub"):
    """The first conversations of each split, with the split's name or None to leave the name out."""
    chosen = []
    for split, count, keep in counts:
        chosen += [replace(c, split=keep) for c in data.split(split)[:count]]
    if labels:
        chosen = [replace(c, labels=labels(c)) for c in chosen]
    return DataSet(name, task or data.task, tuple(chosen), data.sources, data.licence, name)


def classes_of(data):
    """The lab as a task of three classes."""
    return sub(
        data,
        ("train", 8, "train"),
        ("validation", 3, "validation"),
        ("test", 3, "test"),
        labels=lambda c: np.digitize(c.labels, [-0.7, 0.7]).astype(np.float32),
        task=Task("emotion", ("sad", "so-so", "happy")),
        name="Classes",
    )


@pytest.fixture
def trainer(small_lab, small_config):
    """Make a trainer on the small lab."""

    def make(data=small_lab, config=small_config, **changes):
        standardise = Standardiser.fit(data.split("train"))
        streams = (Stream(data.split(split), standardise, CPU) for split in ("train", "validation"))
        return Trainer(data.task, config, replace(RECIPE, **changes), *streams, CPU)

    return make


# Repeatable and resumable


@pytest.fixture(scope="module")
def whole(small_lab, tmp_path_factory):
    """A run that was never interrupted."""
    from comp_viz.network.config import ComPConfig

    config = ComPConfig(small_lab.modalities, small_lab.dims, max_length=10, hidden=8, prompt=3, prototypes=4, heads=2)
    out = tmp_path_factory.mktemp("whole") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finish, "PATTERNS", HALF)
        patch.setattr(finish, "SEEDS", 2)
        card = train(small_lab, config, RECIPE, out, CPU)
    return out, card


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


# What a step does


def test_training_lowers_the_loss(trainer):
    made = trainer(first_epochs=30, second_epochs=1, learning_rate=3e-3)
    rows = [epoch.loss for epoch in made.run()]
    assert np.mean(rows[25:30]) < 0.9 * np.mean(rows[:3])


def gradients(made, first, monkeypatch):
    """Gradients of one step from a seeded start, by parameter name; the optimiser does nothing, nothing is shortened."""
    made.recipe = replace(made.recipe, gradient_norm=None)
    monkeypatch.setattr(made.optimizer, "step", lambda: None)
    torch.manual_seed(0)
    made.model.train()
    found = made.step([0, 2, 4], np.random.default_rng(0), first)
    named = {f"model.{k}": v.grad for k, v in made.model.named_parameters()}
    named |= {f"companion.{k}": v.grad for k, v in made.companion.named_parameters()}
    return {k: g.clone() for k, g in named.items() if g is not None}, found, made.train.pick([0, 2, 4])


def test_the_modulator_changes_only_the_compressor_s_gradient(trainer, monkeypatch):
    before, _, _ = gradients(trainer(modulate=False), False, monkeypatch)
    changed, found, batch = gradients(trainer(modulate=True), False, monkeypatch)
    name = "model.compressor.fc1.weight"
    assert {key for key in before if not torch.equal(before[key], changed[key])} == {name}
    assert found.modulation.guarded.shape == (3,)
    assert ((found.modulation.guarded >= 0) & (found.modulation.guarded <= 1)).all()
    S = batch.valid.shape[1]
    assert torch.equal(before[name][:, S:], changed[name][:, S:])


def test_the_modulator_scales_by_the_mean_coefficient_of_the_position(trainer, monkeypatch):
    made = trainer()
    before, _, _ = gradients(trainer(modulate=False), False, monkeypatch)
    seen = []
    real = made.modulate
    monkeypatch.setattr(made, "modulate", lambda *given: seen.append(given) or real(*given))
    changed, _, _ = gradients(made, False, monkeypatch)
    error, counted = seen[0]
    expected = modulation(error, counted, RECIPE.clip)
    name = "model.compressor.fc1.weight"
    S = counted.shape[1]
    torch.testing.assert_close(changed[name][:, :S], before[name][:, :S] * expected.by_position[..., None])


def test_nothing_is_modulated_in_the_first_stage(trainer, monkeypatch):
    before, _, _ = gradients(trainer(modulate=False), True, monkeypatch)
    changed, found, _ = gradients(trainer(modulate=True), True, monkeypatch)
    assert equal(before, changed)
    assert found.modulation is None


def test_the_first_stage_trains_neither_prompts_nor_the_coordinator(trainer, monkeypatch):
    found, _, _ = gradients(trainer(), True, monkeypatch)
    for key in found:
        assert not any(part in key for part in ("compressor", "from_", "inject", "expand", "coordinator", "fus"))
    second, _, _ = gradients(trainer(), False, monkeypatch)
    assert {k for k, g in second.items() if (g == 0).all()} == set()


def test_the_loss_is_the_weighted_sum_of_its_terms(trainer, monkeypatch):
    weights = {"fused_weight": 0.7, "head_weight": 1.3, "reconstruction_weight": 0.4, "disentanglement_weight": 0.2}
    for first in (True, False):
        _, step, _ = gradients(trainer(modulate=False, **weights), first, monkeypatch)
        row = step.losses
        heads = sum(row[u] for u in ("audio", "text", "video"))
        expected = 0.4 * row["reconstruction"] + 0.2 * row["disentanglement"]
        expected += heads if first else 0.7 * row["fused"] + 1.3 * heads
        torch.testing.assert_close(row["loss"], expected)
        assert ("fused" in row) != first


def test_targets_are_relative_to_the_neutral_point(small_lab, trainer, monkeypatch):
    """Labels from 1 to 7 around 5 train like the same labels moved to 0."""
    moved = sub(
        small_lab,
        ("train", 8, "train"),
        ("validation", 3, "validation"),
        labels=lambda c: c.labels + 4,
        task=Task("sentiment", low=1, high=7, neutral=4),
    )
    ours, _, _ = gradients(trainer(data=moved), False, monkeypatch)
    theirs, _, _ = gradients(trainer(), False, monkeypatch)
    for name, value in ours.items():
        torch.testing.assert_close(value, theirs[name], atol=1e-4, rtol=1e-3)


def test_every_batch_gets_a_fresh_missing_pattern(trainer, monkeypatch):
    made, patterns = trainer(missing="uniform(0.5)"), []
    real = made.objective
    monkeypatch.setattr(
        made, "objective", lambda batch, *rest: patterns.append(batch.observed.clone()) or real(batch, *rest)
    )
    for _ in zip(range(2), made.run(), strict=False):
        pass
    shares = [p.sum().item() / (p.any(-1).sum().item() * 3) for p in patterns]
    np.testing.assert_allclose(shares, 0.5, atol=0.05)
    assert len({tuple(p.flatten().tolist()) for p in patterns}) == len(patterns)


def test_between_the_stages_every_modality_takes_its_best_epoch(trainer):
    made = trainer()
    state = made.model.state_dict()
    before = {key: value.clone() for key, value in state.items()}
    for u, best in enumerate(made.best_heads.values()):
        best.state = {key: torch.full_like(value, 10.0 + u) for key, value in state.items()}
    made.take_best_modalities()
    per_modality = 0
    for key, value in made.model.state_dict().items():
        if key.startswith("input."):
            assert (value == 10 + int(key.split(".")[1])).all(), key
        elif key.startswith(("encoder.", "modality_heads.")) or ".layers." in key:
            assert all((value[u] == 10 + u).all() for u in range(3)), key
            per_modality += 1
        else:
            assert torch.equal(value, before[key]), key
    assert per_modality == 4 + 2 + made.model.config.depth * 6


def test_the_best_epoch_of_a_modality_is_that_of_its_own_score(trainer):
    made = trainer(first_epochs=5, second_epochs=1, learning_rate=0.05)
    rows = []
    for row in made.run():
        rows.append(row)
        if row.number == 4:
            break
    for name, best in made.best_heads.items():
        scores = [row.values["selection", "MAE", name] for row in rows]
        assert best.epoch == int(np.argmin(scores))
        assert best.score == -min(scores)


def test_the_stage_switch_happens_once_and_before_the_second_stage(trainer, monkeypatch):
    made, calls = trainer(), []
    monkeypatch.setattr(made, "take_best_modalities", lambda: calls.append(made.epoch))
    list(made.run())
    assert calls == [3]


@pytest.mark.parametrize("average", [0.0, 0.5])
def test_the_model_of_the_best_epoch_is_what_a_run_ends_with(trainer, average):
    made = trainer(second_epochs=6, learning_rate=0.05, average=average)
    states = {}
    for row in made.run():
        states[row.number] = {k: v.clone() for k, v in made.predictor.state_dict().items()}
    final = made.model.state_dict()
    assert all(torch.equal(final[key], value) for key, value in states[made.best.epoch].items())
    assert not made.model.training


def test_the_kept_model_is_the_running_average_of_the_weights(trainer, monkeypatch):
    made, name = trainer(average=0.9), "fused_head.weight"
    seen = []
    real = made.optimizer.step
    monkeypatch.setattr(made.optimizer, "step", lambda: (real(), seen.append(made.model.state_dict()[name].clone())))
    expected = None
    for row in made.run():
        if row.stage == 2:
            for weights in seen:
                expected = weights if expected is None else 0.9 * expected + 0.1 * weights
            torch.testing.assert_close(made.predictor.state_dict()[name], expected)
        seen.clear()


def test_without_averaging_the_weights_themselves_are_judged(trainer):
    made = trainer(average=0.0)
    assert made.predictor is made.model


def test_gradients_longer_than_the_norm_are_shortened_to_it(trainer, monkeypatch):
    made = trainer(gradient_norm=0.01)
    monkeypatch.setattr(made.optimizer, "step", lambda: None)
    made.step(range(8), np.random.default_rng(0), False)
    length = torch.stack([p.grad.norm() for p in made.model.parameters() if p.grad is not None]).norm()
    assert length.item() == pytest.approx(0.01, rel=1e-3)


def test_selection_looks_at_every_pattern_and_always_the_same_draws(trainer):
    selection = ("found", "uniform(0.6)", "only(text)")
    whole, some, text = trainer(selection=selection).shown
    assert whole.all()
    assert some.sum() == pytest.approx(0.4 * some.size, abs=1)
    assert text.any(0).tolist() == [False, True, False]
    assert np.array_equal(trainer(selection=selection).shown[1], some)


def test_feature_noise_is_for_training_only(trainer, monkeypatch):
    made = trainer(feature_noise=10.0)
    selection, train = made.selection.held, made.train.held
    before = selection.features["text"].clone(), train.features["text"].clone()
    list(made.run())
    assert torch.equal(selection.features["text"], before[0])
    assert torch.equal(train.features["text"], before[1])
    torch.manual_seed(0)
    noise = (train.blurred(2.0).features["text"] - train.features["text"])[train.valid]
    assert noise.std().item() == pytest.approx(2, rel=0.15)
    assert train.blurred(0) is train


def test_the_cosine_schedule_falls_along_each_stage(trainer):
    made, rates = trainer(cosine=True, learning_rate=5e-3), []
    for _ in made.run():
        rates.append(made.optimizer.param_groups[0]["lr"])
    expected = [RECIPE.learning_rate * (1 + np.cos(np.pi * i / 3)) / 2 for i in (0, 1, 2)] * 2
    np.testing.assert_allclose(rates, expected)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_every_scope_and_precision_trains(trainer, scope, precision):
    rows = list(trainer(scope=scope, precision=precision, first_epochs=1, second_epochs=2).run())
    assert all(np.isfinite(epoch.loss) for epoch in rows)


EVERY_KIND = [
    "found", "uniform(0.5)", "only(text, video)", "rates(text=0.9, audio=0.2)", "outage(audio, any, 3)", "speaker(A)",
    "speaker(any, text)", "label(strong, text, 0.8)", "uniform(0.3) + outage(audio, 2, 3) + label(negative, video, 1)",
]  # fmt: skip


def test_the_list_of_every_kind_is_complete():
    assert set(PARTS) - {"cells"} == {part.kind for text in EVERY_KIND for part in Pattern.parse(text).parts}


@pytest.mark.parametrize("text", EVERY_KIND)
def test_training_and_evaluation_take_every_kind_of_pattern(small_lab, small_config, tmp_path, monkeypatch, text):
    monkeypatch.setattr(finish, "PATTERNS", (Pattern.parse(text),))
    recipe = replace(RECIPE, first_epochs=1, second_epochs=2, missing=text, selection=(text,))
    card = train(small_lab, small_config, recipe, tmp_path / "run", CPU)
    assert all(np.isfinite(loss(row)) for row in log(tmp_path / "run"))
    assert card.training.missing == text
    assert f"under {text} together" in card.training.selection
    assert {m.pattern for m in card.measurements} == {text}
    assert plain(load_checkpoint(tmp_path / "run").card) == plain(card)
    assert f"missing pattern `{text}`" in (tmp_path / "run" / "README.md").read_text()


def test_a_matrix_edited_by_hand_is_for_the_one_conversation_it_was_made_for(small_lab, small_config, tmp_path, whole):
    one = small_lab.split("test")[:1]
    cells = Pattern.parse(f"cells({to_hex(np.eye(len(one[0]), 3, dtype=bool))})")
    checkpoint = load_checkpoint(whole[0])
    found = evaluate(checkpoint.model, small_lab.task, checkpoint.standardise, one, "test", [cells], 5)
    assert found[0].seeds == 1
    assert found[0].missing_rate == pytest.approx(1 - 3 / (3 * len(one[0])))
    with pytest.raises(CompVizError, match="for one conversation, got 8"):
        train(small_lab, small_config, replace(RECIPE, missing=str(cells)), tmp_path / "run", CPU)
    assert not (tmp_path / "run").exists()


def test_a_speaker_who_is_missing_must_be_in_the_data_but_not_in_every_batch(small_lab, small_config, tmp_path):
    rare = [replace(c, speakers=("Ann",) * len(c)) if i == 3 else c for i, c in enumerate(small_lab.conversations)]
    data = DataSet("Rare", small_lab.task, tuple(rare), small_lab.sources, "")
    recipe = replace(RECIPE, first_epochs=1, second_epochs=1, batch=1, missing="speaker(Ann)")
    train(data, small_config, recipe, tmp_path / "run", CPU)
    with pytest.raises(CompVizError, match="no speaker Eve, only A, Ann, B"):
        train(data, small_config, replace(recipe, missing="speaker(Eve)"), tmp_path / "other", CPU)


def test_a_pattern_is_put_on_the_conversations_of_the_batch(trainer, monkeypatch):
    made, seen = trainer(missing="speaker(A, text) + outage(audio, 2, 2)"), []
    real = made.objective
    monkeypatch.setattr(made, "objective", lambda batch, *rest: seen.append(batch) or real(batch, *rest))
    made.step([5, 1], np.random.default_rng(0), True)
    for shown, row in zip(seen[0].observed, (5, 1), strict=True):
        conversation = made.train.conversations[row]
        for s, speaker in enumerate(conversation.speakers):
            assert shown[s].tolist() == [s not in (1, 2), speaker != "A", True]


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


# Evaluation


@pytest.mark.parametrize("scope", ["bank", "conversation"])
def test_evaluation_equals_metrics_by_hand(whole, small_lab, scope):
    checkpoint = load_checkpoint(whole[0])
    conversations = small_lab.split("test")
    texts = ("uniform(0)", "uniform(0.6)", "rates(text=0.5) + outage(audio, 2, 3)", "only(text)")
    patterns = [Pattern.parse(text) for text in texts]
    found = evaluate(
        checkpoint.model, small_lab.task, checkpoint.standardise, conversations, "test", patterns, 3, scope
    )
    assert [(m.pattern, m.seeds, m.predictor) for m in found] == [
        (text, seeds, name)
        for text, seeds in zip(texts, (1, 3, 3, 1), strict=True)
        for name in ("fused", "audio", "text", "video")
    ]
    labels = np.concatenate([c.labels for c in conversations])
    utterances = Utterances.of(conversations)
    for pattern in patterns:
        runs_by_hand, drawn = [], []
        for seed in range(3 if pattern.random else 1):
            shown = pattern(utterances, small_lab.task, np.random.default_rng(seed))
            drawn.append(realised(utterances.observed, shown, utterances.modalities))
            scores, at = {name: [] for name in ("fused", "audio", "text", "video")}, 0
            for c in conversations:
                batch = Batch.of([c], checkpoint.standardise).showing(shown[at : at + len(c)])
                at += len(c)
                out = checkpoint.model(batch.features, batch.observed, batch.valid, scope)
                for name, y in {"fused": out.fused, **out.heads}.items():
                    scores[name].append(y[0].numpy())
            runs_by_hand.append({k: metrics(small_lab.task, np.concatenate(v), labels) for k, v in scores.items()})
        for m in found:
            if m.pattern == str(pattern):
                assert m.missing_rate == pytest.approx(np.mean([one.taken for one in drawn]))
                for u, share in m.realised.items():
                    assert share == pytest.approx(np.mean([one.taken_by_modality[u] for one in drawn]))
                for metric in ("ACC", "F1", "MAE", "CORR"):
                    values = [run[m.predictor][metric] for run in runs_by_hand]
                    assert m.mean[metric] == pytest.approx(np.mean(values), abs=1e-4)
                    assert m.std[metric] == pytest.approx(np.std(values), abs=1e-4)


def test_evaluation_does_not_depend_on_the_chunk(whole, small_lab, monkeypatch):
    checkpoint = load_checkpoint(whole[0])
    given = (checkpoint.model, small_lab.task, checkpoint.standardise, small_lab.split("train"), "train", HALF, 2)
    before = evaluate(*given)
    monkeypatch.setattr("comp_viz.data.batch.TOGETHER", 3)
    for first, second in zip(before, evaluate(*given), strict=True):
        assert first.mean == pytest.approx(second.mean, abs=1e-5)


def test_conversations_longer_than_the_model_reads_are_refused_before_evaluation(whole, small_lab):
    checkpoint = load_checkpoint(whole[0])
    long = replace(small_lab.split("test")[0], id="long/one")
    while len(long) <= 10:
        doubled = {name: np.concatenate([x, x]) for name, x in long.features.items()}
        arrays = {name: np.concatenate([getattr(long, name)] * 2) for name in ("observed", "labels", "durations")}
        texts = {name: getattr(long, name) * 2 for name in ("words", "context", "speakers")}
        long = replace(long, features=doubled, **arrays, **texts)
    given = [*small_lab.split("test"), long]
    with pytest.raises(
        CompVizError, match=r"'long/one' has \d+ utterances, but max_length of the model is 10 \(1 of 4"
    ):
        evaluate(checkpoint.model, small_lab.task, checkpoint.standardise, given, "test", HALF, 1)


def test_what_is_not_defined_is_none(whole, small_lab):
    checkpoint = load_checkpoint(whole[0])
    neutral = [replace(c, labels=np.zeros_like(c.labels)) for c in small_lab.split("test")]
    found = evaluate(checkpoint.model, small_lab.task, checkpoint.standardise, neutral, "test", HALF[:1], 1)
    assert found[0].mean["ACC"] is None
    assert found[0].mean["CORR"] is None
    assert found[0].mean["MAE"] > 0


def test_the_card_s_measurements_are_those_of_the_saved_weights(whole, small_lab):
    out, card = whole
    checkpoint = load_checkpoint(out)
    again = evaluate(checkpoint.model, small_lab.task, checkpoint.standardise, small_lab.split("test"), "test", HALF, 2)
    assert tuple(again) == card.measurements
    assert "## Measured" in (out / "README.md").read_text()


# Commands


@pytest.fixture
def written(small_lab, tmp_path):
    """The small lab as a data file."""
    conversations, V, S = small_lab.conversations, len(small_lab.conversations), 10
    made = {name: np.zeros((V, S, w), np.float32) for name, w in zip(small_lab.modalities, small_lab.dims, strict=True)}
    labels = np.full((V, S), np.nan, np.float32)
    for v, c in enumerate(conversations):
        labels[v, : len(c)] = c.labels
        for name, x in c.features.items():
            made[name][v, : len(c)] = x
    split = np.array([("train", "validation", "test").index(c.split) for c in conversations])
    np.savez(
        tmp_path / "small.npz", **made, labels=labels, lengths=np.array([len(c) for c in conversations]), split=split
    )
    return tmp_path / "small.npz"


SIZES = [
    "--hidden=8",
    "--prompt=3",
    "--prototypes=4",
    "--first-epochs=2",
    "--second-epochs=2",
    "--batch=4",
    "--device=cpu",
]


@pytest.fixture
def command_line(written, tmp_path, capsys):
    """A model trained by the command, and what it printed."""
    out = tmp_path / "out"
    assert main(["train", "--data", str(written), "--out", str(out), *SIZES, "--no-modulate", "--clip", "none"]) == 0
    return out, capsys.readouterr().out


def test_train_command_writes_what_it_says(command_line, written):
    out, printed = command_line
    assert f"Wrote {out}" in printed
    assert "test split, uniform(0.5)" in printed
    card = load_checkpoint(out).card
    assert card.architecture.hidden == 8
    assert card.architecture.max_length == 10
    assert card.training.recipe["modulate"] is False
    assert card.training.recipe["clip"] is None
    assert len(log(out)) == 4


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ([], "uniform(0.3)"),
        (["--missing-rate", "0.5"], "uniform(0.5)"),
        (["--missing", "only(text) + uniform(0.1)"], "only(text) + uniform(0.1)"),
    ],
)
def test_train_command_takes_a_pattern_or_a_rate(written, tmp_path, monkeypatch, options, missing):
    recipes = []

    def stop(data, config, recipe, *rest):
        recipes.append(recipe)
        raise CompVizError("enough")

    monkeypatch.setattr("comp_viz.commands.train.train", stop)
    main(
        [
            "train",
            "--data",
            str(written),
            "--out",
            str(tmp_path / "out"),
            *options,
            "--selection",
            "found",
            "uniform(0.5)",
        ]
    )
    main(["train", "--data", str(written), "--out", str(tmp_path / "out"), *options])
    assert [recipe.missing for recipe in recipes] == [missing] * 2
    assert [recipe.selection for recipe in recipes] == [("found", "uniform(0.5)"), Recipe().selection]


def test_a_pattern_and_a_rate_together_are_refused(written, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["train", "--data", str(written), "--out", str(tmp_path), "--missing", "found", "--missing-rate", "0.3"])
    assert "not allowed with" in capsys.readouterr().err


def test_evaluate_command_prints_json(command_line, written, capsys):
    out, _ = command_line
    arguments = ["evaluate", str(out), "--data", str(written), "--missing-rates", "0", "0.5", "--seeds", "2"]
    assert main([*arguments, "--json", "--device", "cpu"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["checkpoint"] == load_checkpoint(out).digest
    assert printed["prototypes"] == "bank"
    assert "validation" in printed["selection"]
    card = load_checkpoint(out).card
    assert printed["measurements"] == [asdict(m) for m in card.measurements]


def test_evaluate_command_prints_a_table(command_line, written, capsys):
    out, _ = command_line
    assert main(["evaluate", str(out), "--data", str(written), "--split", "validation", "--device", "cpu"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["pattern", "rate", "seeds", "predictor", "ACC", "F1", "MAE", "CORR"]
    assert len(lines) == 1 + 4 * 4
    assert lines[5].startswith("uniform(0.3)  0.3")


def test_evaluate_command_takes_rates_and_patterns_together(command_line, written, capsys):
    out, _ = command_line
    arguments = ["evaluate", str(out), "--data", str(written), "--device", "cpu", "--json", "--seeds", "2"]
    given = ["--missing-rates", "0.25", "--patterns", "found", "only(text) + uniform(0.5)"]
    assert main([*arguments, *given]) == 0
    found = json.loads(capsys.readouterr().out)["measurements"]
    assert [(m["pattern"], m["seeds"]) for m in found[::4]] == [
        ("uniform(0.25)", 2), ("found", 1), ("only(text) + uniform(0.5)", 2),
    ]  # fmt: skip
    assert found[8]["realised"] == {"audio": 1, "text": 0, "video": 1}
    assert found[8]["missing_rate"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--data", "nothing.npz"], "nothing.npz"),
        (["--data", "lab"], "max_length of the model is 10"),
        (["--data", "lab(classes=4)"], "Labels do not match"),
        (["--missing-rates", "0.9"], "expected 0 to 0.7"),
        (["--missing-rates", "-0.1"], "expected 0 to 0.7"),
        (["--missing-rates", "half"], "expected a number, got 'half'"),
        (["--patterns", "only(smell)"], "no modality 'smell', only audio, text, video"),
        (["--patterns", "smoke"], "no 'smoke'"),
        (["--patterns", "speaker(A)"], "does not say who speaks"),
        (["--patterns", "cells(ff)"], "for one conversation, got 3"),
        (["--seeds", "0"], "seeds"),
        (["--seeds", "-1"], "seeds"),
        (["--device", "quantum"], "not available"),
    ],
)
def test_evaluate_command_says_what_is_wrong(small_checkpoint, written, capsys, options, said):
    arguments = ["evaluate", str(small_checkpoint), "--data", str(written), "--device", "cpu", *options]
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--data", "nothing.npz"], "nothing.npz"),
        (["--max-length", "3"], "max_length of the model is 3"),
        (["--heads", "3"], "heads: expected a divisor"),
        (["--missing-rate", "0.9"], "missing rate: expected 0 to 0.7, got 0.9"),
        (["--missing-rate", "half"], "expected a number, got 'half'"),
        (["--missing", "only(smell)"], "no modality 'smell', only audio, text, video"),
        (["--missing", "cells(ff)"], "for one conversation, got 8"),
        (["--selection", "found", "label(happy, text, 1)"], "score cannot be happy"),
        (["--learning-rate", "-1"], "learning"),
        (["--bank", "-3"], "bank"),
        (["--seed", "-1"], "seed"),
    ],
)
def test_train_command_says_what_is_wrong(written, tmp_path, capsys, options, said):
    arguments = ["train", "--data", str(written), "--out", str(tmp_path / "out"), *SIZES, *options]
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_an_interrupted_train_command_ends_with_status_130(written, tmp_path, capsys, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("comp_viz.commands.train.train", stop)
    assert main(["train", "--data", str(written), "--out", str(tmp_path / "out"), *SIZES]) == 130
    assert "stopped" in capsys.readouterr().err


def test_a_command_is_needed_and_help_is_there(capsys):
    for arguments, status in (([], 2), (["dance"], 2), (["train", "--help"], 0)):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == status
    assert "--momentum" in capsys.readouterr().out


# The published recipe


def test_the_published_preset_minimises_what_the_published_code_does(trainer):
    made = trainer(
        **{f.name: getattr(PUBLISHED, f.name) for f in fields(PUBLISHED)} | {"first_epochs": 1, "second_epochs": 1}
    )
    first, second = (
        {of: value for (_, quantity, of), value in epoch.values.items() if quantity == "loss"} for epoch in made.run()
    )
    heads = [first[name] for name in made.model.config.modalities]
    expected = sum(heads) + first["private"] + first["disentanglement"]
    assert first["all"] == pytest.approx(expected, rel=1e-4)
    expected = second["fused"] + 2 * sum(second[name] for name in made.model.config.modalities)
    expected += second["reconstruction"] + second["disentanglement"]
    assert second["all"] == pytest.approx(expected, rel=1e-4)
    assert "private" not in second
    assert isinstance(made.optimizer, torch.optim.Adam)
    assert not isinstance(made.optimizer, torch.optim.AdamW)


def test_flags_change_what_the_preset_says_and_nothing_else(monkeypatch, tmp_path):
    seen = {}

    def instead(data, config, recipe, *rest):
        seen["config"], seen["recipe"] = config, recipe
        raise CompVizError("enough")

    monkeypatch.setattr("comp_viz.commands.train.train", instead)
    lab = ["train", "--data", "lab(conversations=2/2/2)", "--out", str(tmp_path / "x")]
    main([*lab, "--preset", "published", "--learning-rate", "0.01", "--selection", "found"])
    assert seen["recipe"] == replace(PUBLISHED, learning_rate=0.01, selection=("found",))
    assert seen["config"].hidden == 256
    main([*lab, "--preset", "published", "--hidden", "32"])
    assert seen["config"].hidden == 32
    main(lab)
    assert seen["recipe"] == Recipe()
    assert seen["config"].hidden == ComPConfig.hidden
