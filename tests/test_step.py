"""What training does to the network, step by step, is what the method says."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from runs import CPU, RECIPE, equal, log, loss, plain, sub

from comp_viz.__main__ import main
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.patterns.matrices import to_hex
from comp_viz.data.patterns.pattern import PATTERN_PARTS, Pattern
from comp_viz.errors import CompVizError
from comp_viz.evaluation.evaluate import evaluate
from comp_viz.methods.modulator import modulation
from comp_viz.methods.recipe import PUBLISHED
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import SCOPES
from comp_viz.training import finish
from comp_viz.training.resolve import ResolvedRecipe
from comp_viz.training.run import train

pytestmark = pytest.mark.usefixtures("few_measurements")

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
    result = made.step([0, 2, 4], np.random.default_rng(0), made.stages[0 if first else 1])
    named = {f"model.{k}": v.grad for k, v in made.model.named_parameters()}
    named |= {f"companion.{k}": v.grad for k, v in made.companion.named_parameters()}
    return {k: g.clone() for k, g in named.items() if g is not None}, result, made.train.pick([0, 2, 4])


def test_the_modulator_changes_only_the_compressor_s_gradient(trainer, monkeypatch):
    before, _, _ = gradients(trainer(modulate=False), False, monkeypatch)
    changed, result, batch = gradients(trainer(modulate=True), False, monkeypatch)
    name = "model.compressor.fc1.weight"
    assert {key for key in before if not torch.equal(before[key], changed[key])} == {name}
    assert result.modulation.clipped.shape == (3,)
    assert ((result.modulation.clipped >= 0) & (result.modulation.clipped <= 1)).all()
    S = batch.valid.shape[1]
    assert torch.equal(before[name][:, S:], changed[name][:, S:])


def test_the_modulator_scales_by_the_mean_coefficient_of_the_position(trainer, monkeypatch):
    made = trainer()
    before, _, _ = gradients(trainer(modulate=False), False, monkeypatch)
    seen = []
    real = made.learning.modulate
    monkeypatch.setattr(made.learning, "modulate", lambda *given: seen.append(given) or real(*given))
    changed, _, _ = gradients(made, False, monkeypatch)
    _, error, counted = seen[0]
    expected = modulation(error, counted, RECIPE.clip)
    name = "model.compressor.fc1.weight"
    S = counted.shape[1]
    torch.testing.assert_close(changed[name][:, :S], before[name][:, :S] * expected.by_position[..., None])


def test_nothing_is_modulated_in_the_first_stage(trainer, monkeypatch):
    before, _, _ = gradients(trainer(modulate=False), True, monkeypatch)
    changed, result, _ = gradients(trainer(modulate=True), True, monkeypatch)
    assert equal(before, changed)
    assert result.modulation is None


def test_the_first_stage_trains_neither_prompts_nor_the_coordinator(trainer, monkeypatch):
    result, _, _ = gradients(trainer(), True, monkeypatch)
    for key in result:
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
    real = made.learning.objective
    monkeypatch.setattr(
        made.learning,
        "objective",
        lambda stage, batch, *rest: patterns.append(batch.observed.clone()) or real(stage, batch, *rest),
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
    made.take_best(made.stages[0])
    per_modality = 0
    for key, value in made.model.state_dict().items():
        if key.startswith("input."):
            assert (value == 10 + int(key.split(".")[1])).all(), key
        elif key == "bank" or key.startswith(("coordinator.", "fusion.", "fused_head.")):
            assert torch.equal(value, before[key]), key
        else:
            assert all((value[u] == 10 + u).all() for u in range(3)), key
            per_modality += 1
    assert per_modality == 4 + 2 + made.model.config.depth * 6 + 4 + 2 * 8 + 4  # prompts too: they are as they were


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
    real = made.begin_stage
    monkeypatch.setattr(made, "begin_stage", lambda place: calls.append((made.epoch, place)) or real(place))
    list(made.run())
    assert calls == [(0, 0), (3, 1)]


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
    made.step(range(8), np.random.default_rng(0), made.stages[1])
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
    assert set(PATTERN_PARTS) - {"cells"} == {part.kind for text in EVERY_KIND for part in Pattern.parse(text).parts}


@pytest.mark.parametrize("text", EVERY_KIND)
def test_training_and_evaluation_take_every_kind_of_pattern(small_lab, small_config, tmp_path, monkeypatch, text):
    monkeypatch.setattr(finish, "MEASURED_PATTERNS", (Pattern.parse(text),))
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
    result = evaluate(checkpoint.model, small_lab.task, checkpoint.standardise, one, "test", [cells], 5)
    assert result[0].seeds == 1
    assert result[0].missing_rate == pytest.approx(1 - 3 / (3 * len(one[0])))
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
    real = made.learning.objective
    monkeypatch.setattr(
        made.learning, "objective", lambda stage, batch, *rest: seen.append(batch) or real(stage, batch, *rest)
    )
    made.step([5, 1], np.random.default_rng(0), made.stages[0])
    for shown, row in zip(seen[0].observed, (5, 1), strict=True):
        conversation = made.train.conversations[row]
        for s, speaker in enumerate(conversation.speakers):
            assert shown[s].tolist() == [s not in (1, 2), speaker != "A", True]


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
    assert vars(seen["recipe"]) == vars(replace(PUBLISHED, learning_rate=0.01, selection=("found",)))
    assert seen["config"].hidden == 256
    main([*lab, "--preset", "published", "--hidden", "32"])
    assert seen["config"].hidden == 32
    main(lab)
    assert seen["recipe"] == ResolvedRecipe(batch=2, feature_noise=1.25)  # of two conversations
    assert seen["config"].hidden == ComPConfig.hidden
