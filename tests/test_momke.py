"""MoMKE: the numbers of the published network, its two stages, and what becomes of its checkpoint."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import GOLDEN
from runs import CPU, RECIPE, log, loss

from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.conversation import Task
from comp_viz.errors import CompVizError
from comp_viz.methods.learning import Stage
from comp_viz.methods.losses import task_loss
from comp_viz.methods.momke.method import METHOD
from comp_viz.methods.momke.network import MoMKEConfig
from comp_viz.methods.momke.published import momke_from_published
from comp_viz.training.run import train

DIMS = (6, 8, 5)
FLOAT32 = 1e-7  # the published attention computes in single precision whatever its model's


@pytest.fixture(params=["score", "four"])
def golden(request):
    """Our network with the golden weights, its batch, and what the published one gave."""
    with np.load(GOLDEN / "momke.npz") as archive:
        of_case = {k.removeprefix(f"{request.param}/"): archive[k] for k in archive if k.startswith(request.param)}
    weights = {k.removeprefix("w/"): torch.from_numpy(v) for k, v in of_case.items() if k.startswith("w/")}
    network = momke_from_published(weights, heads=2, max_length=10)
    side_by_side = torch.from_numpy(of_case["in/features"]).transpose(0, 1)
    batch = (
        dict(zip(network.config.modalities, side_by_side.split(DIMS, -1), strict=True)),
        torch.from_numpy(of_case["in/observed"]).transpose(0, 1),
        torch.from_numpy(of_case["in/umask"]).bool(),
    )
    return network, batch, of_case


def close(ours, theirs, valid):
    np.testing.assert_allclose(ours[valid].detach().numpy(), theirs[valid.numpy()], atol=FLOAT32, rtol=FLOAT32)


def test_the_experts_alone_give_the_published_numbers(golden):
    network, batch, theirs = golden
    projected, rows = network.begin(*batch)
    heads = network.first_stage(projected, rows)
    task = Task("emotion", tuple("abcd")) if network.config.outputs == 4 else Task("sentiment")
    targets = torch.from_numpy(theirs["in/labels"])
    for place, (name, head) in enumerate(heads.items()):
        close(head, theirs[f"first/head_{name}"], batch[2])
        lost = task_loss(task, head, targets, batch[2])
        assert lost.item() == pytest.approx(float(theirs["first/losses"][place]), abs=1e-6)
    close(rows.pad(network.fused_features(network.alone(projected, rows), rows)), theirs["first/hidden"], batch[2])


def test_the_mixture_gives_the_published_numbers(golden):
    network, batch, theirs = golden
    out, valid = network(*batch), batch[2]
    close(out.fused, theirs["second/fused"], valid)
    routes = network.routing(*batch)
    close(routes, theirs["second/router"].transpose(1, 2, 0, 3), valid)
    projected, rows = network.begin(*batch)
    mixed, alone, _ = network.mixture(projected, rows)
    close(rows.pad(network.fused_features(mixed, rows)), theirs["second/hidden"], valid)
    torch.testing.assert_close(alone, network.alone(projected, rows))


def test_other_parameters_are_refused():
    with pytest.raises(CompVizError, match="not the parameters of the published three-modality MoMKE"):
        momke_from_published({"nlp_head.weight": torch.zeros(1, 3)}, heads=2)


def test_weights_are_the_mean_of_the_observed_modalities_routers(golden):
    network, (features, observed, valid), _ = golden
    routes, weights = network.routing(features, observed, valid), network(features, observed, valid).weights
    for b, s in valid.nonzero().tolist():
        among = observed[b, s] if observed[b, s].any() else torch.ones(3, dtype=torch.bool)
        torch.testing.assert_close(weights[b, s], routes[b, s, among].mean(0))


def test_a_conversation_does_not_depend_on_its_batch(golden):
    network, (features, observed, valid), _ = golden
    together = network(features, observed, valid).fused
    for b, length in enumerate(valid.sum(1).tolist()):
        one = {u: x[b : b + 1, :length] for u, x in features.items()}
        alone = network(one, observed[b : b + 1, :length], valid[b : b + 1, :length]).fused
        torch.testing.assert_close(alone[0], together[b, :length])


@pytest.fixture(scope="module")
def run(small_lab, tmp_path_factory):
    """A short training on the small lab."""
    config = MoMKEConfig(small_lab.modalities, small_lab.dims, max_length=10, hidden=8, depth=2, dropout=0.1)
    recipe = replace(RECIPE, first_epochs=8, second_epochs=8, learning_rate=0.01, modulate=False)
    out = tmp_path_factory.mktemp("momke") / "run"
    return out, train(small_lab, config, recipe, out, CPU)


def test_both_stages_learn(run):
    out, card = run
    rows = log(out)
    assert [row["stage"] for row in rows] == [1] * 8 + [2] * 8
    for part in (rows[:8], rows[8:]):
        assert loss(part[-1]) < loss(part[0])
    assert ("training", "loss", "fused") not in rows[0]
    assert ("selection", "coordinator", "text") in rows[-1]
    assert (card.method, card.architecture.depth) == ("momke", 2)
    assert "- **Architecture**: hidden 8, experts of 2 attention layers" in (out / "README.md").read_text()


def test_the_first_stage_sees_complete_conversations_and_the_second_the_recipe_s_pattern(small_lab, trainer):
    config = MoMKEConfig(small_lab.modalities, small_lab.dims, max_length=10, hidden=8, depth=1)
    made = trainer(config=config, missing="only(text)")
    steps = [made.step([0, 1], np.random.default_rng(0), stage) for stage in made.stages]
    assert steps[0].observed[steps[0].valid].all()
    assert steps[1].observed[steps[1].valid].all(0).tolist() == [False, True, False]
    assert steps[0].coordinator is None
    assert steps[1].coordinator.shape[-1] == 3


def test_the_second_stage_trains_the_heads_only_where_they_weigh(small_lab, trainer):
    config = MoMKEConfig(small_lab.modalities, small_lab.dims, max_length=10, hidden=8, depth=1)
    for weight in (0.0, 2.0):
        made = trainer(config=config, head_weight=weight)
        made.optimizer.step = lambda: None
        made.step([0, 1], np.random.default_rng(0), made.stages[1])
        assert bool(made.model.modality_heads.weight.grad.any()) == (weight > 0)


def test_without_a_second_stage_nothing_fused_is_learned():
    assert [s.number for s in METHOD.stages(replace(RECIPE, second_epochs=0))] == [1]
    assert METHOD.stages(RECIPE)[0] == Stage(1, 3, "heads", complete=True)
    assert not METHOD.learns_fused(replace(RECIPE, second_epochs=0))
    assert METHOD.learns_fused(RECIPE)


def test_its_checkpoint_predicts_with_heads_and_weights(run, small_lab):
    checkpoint, conversation = load_checkpoint(run[0]), small_lab.split("test")[0]
    prediction = predict_conversation(checkpoint, conversation, conversation.observed)
    assert tuple(prediction.heads) == small_lab.modalities
    np.testing.assert_allclose(prediction.coordinator.sum(1), 1, atol=1e-6)
