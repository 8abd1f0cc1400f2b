"""Prototypes, bank and prompts as numbers: against naive loops, against properties, and against the model run again."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from runs import CPU, RECIPE

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.analysis.prototypes.assignment import explained_share, measure_assignments
from comp_viz.analysis.prototypes.colouring import COLOURINGS, colouring
from comp_viz.analysis.prototypes.embedding import FEWEST_POINTS, compiled_on_disk, embed_points
from comp_viz.analysis.prototypes.feature_space import feature_spaces, neighbour_agreement
from comp_viz.analysis.prototypes.momentum import momentum_changes, prompt_momentum
from comp_viz.analysis.prototypes.nearest import bank_library, bank_members, nearest_utterances, own_library
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.batch import Batch, Standardiser, Stream
from comp_viz.errors import CompVizError
from comp_viz.network.bank import prototype_bank
from comp_viz.network.intervention import Intervention
from comp_viz.training.loop import Trainer
from comp_viz.training.split import bank_conversations, splits


@pytest.fixture
def opened(small_checkpoint, small_lab):
    conversation = max(small_lab.conversations, key=len)
    observed = conversation.observed.copy()
    observed[1:3, 1] = False
    checkpoint = load_checkpoint(small_checkpoint)
    return checkpoint, conversation, observed, look_inside(checkpoint, conversation, observed)


def test_entropy_and_effective_number_are_those_of_each_row(opened):
    checkpoint, _, _, inside = opened
    for l in range(2):
        for name, assignment in measure_assignments(checkpoint, inside, l).items():
            for s, row in enumerate(inside.assignments[name][l]):
                entropy = -sum(w * np.log(w) for w in row.tolist())
                assert assignment.entropy[s] == pytest.approx(entropy / np.log(len(row)), abs=1e-5)
                assert assignment.effective[s] == pytest.approx(np.exp(entropy), rel=1e-4)
                assert assignment.own[s] == pytest.approx(sum(row[:4].tolist()), abs=1e-6)
                by_hand = [row[i : i + 4].sum() / 4 * len(row) for i in range(0, len(row), 4)]
                np.testing.assert_allclose(assignment.by_conversation[s], by_hand, rtol=1e-4)


def test_both_parts_of_a_prompt_share_its_variance(opened):
    checkpoint, _, _, inside = opened
    model, l = checkpoint.model, 1
    assignments = measure_assignments(checkpoint, inside, l)
    for u, name in enumerate(inside.modalities):
        bank = checkpoint.bank[u].flatten(0, 1).numpy()
        together = np.concatenate([inside.prototypes[name], bank])
        mixed = torch.from_numpy(inside.assignments[name][l] @ together)
        stacked = torch.zeros(len(inside.modalities), *mixed.shape)
        stacked[u] = mixed
        with torch.inference_mode():
            part = model.blocks[l].from_prototypes(stacked)[u].numpy()
        prompts = inside.prompts[name][l]
        rest = prompts - part
        assert assignments[name].explained == pytest.approx(explained_share(part, prompts), abs=1e-4)
        assert assignments[name].explained + explained_share(rest, prompts) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("utterances", [1, 3])
def test_what_never_varies_has_no_share(utterances):
    assert np.isnan(explained_share(*np.ones((2, utterances, 2), np.float32)))


def test_old_and_new_add_up_to_what_the_model_delivers(opened):
    checkpoint, _, _, inside = opened
    momentum = checkpoint.config.momentum
    pairs = prompt_momentum(inside, 1, momentum)
    assert len(pairs) == 6
    assert prompt_momentum(inside, 0, momentum) == []
    for pair in pairs:
        i = inside.senders(pair.receiver).index(pair.sender)
        delivered = inside.delivered[pair.receiver][1][:, i]
        np.testing.assert_allclose(pair.delivered, delivered, atol=1e-6)
        old = momentum * inside.renewed[pair.receiver][0][:, i]
        shares = [float(o @ p / (p @ p)) for o, p in zip(old, delivered, strict=True)]
        np.testing.assert_allclose(pair.share, shares, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(pair.old, np.linalg.norm(old, axis=1), rtol=1e-5)
        assert pair.overall == pytest.approx(float((old * delivered).sum() / (delivered**2).sum()), rel=1e-4)


@pytest.mark.parametrize(("momentum", "share"), [(0.0, 0), (1.0, 1)])
def test_at_the_ends_of_momentum_all_is_new_or_old(opened, momentum, share):
    checkpoint, conversation, observed, _ = opened
    inside = look_inside(checkpoint, conversation, observed, Intervention(momentum=momentum))
    for pair in prompt_momentum(inside, 1, momentum):
        np.testing.assert_allclose(pair.share, share, atol=1e-6)


def test_every_momentum_is_the_model_run_again(opened):
    checkpoint, conversation, observed, _ = opened
    trained = predict_conversation(checkpoint, conversation, observed).fused[:, 0]
    moved, kept = momentum_changes(checkpoint, conversation, observed, (0.9, checkpoint.config.momentum))
    model = load_checkpoint_with(checkpoint, momentum=0.9)
    again = predict_conversation(model, conversation, observed).fused[:, 0]
    np.testing.assert_allclose(moved.change.difference, again - trained, atol=1e-6)
    assert moved.mean_change > 0
    assert kept.mean_change == pytest.approx(0, abs=1e-7)


def load_checkpoint_with(checkpoint, **changes):
    model = checkpoint.model
    other = type(model)(replace(model.config, **changes)).eval()
    other.bank = model.bank.clone()
    other.load_state_dict(model.state_dict())
    return replace(checkpoint, model=other)


def test_the_bank_is_named_as_the_trainer_chose_it(small_lab, small_config):
    for seed in (1, 66):
        recipe = replace(RECIPE, bank=3, seed=seed)
        parts = splits(small_lab, seed, recipe.select)
        standardise = Standardiser.fit(parts.training)
        trainer = Trainer(
            small_lab.task, small_config, recipe, *(Stream(p, standardise, CPU) for p in (parts.training, parts.selection)), CPU
        )  # fmt: skip
        named = bank_conversations(small_lab, recipe)
        batch = Batch.of(named, standardise)
        torch.testing.assert_close(trainer.bank_conversations.labels, batch.labels, equal_nan=True)
        for name, x in batch.features.items():
            torch.testing.assert_close(trainer.bank_conversations.features[name], x)


def test_a_trained_checkpoint_gives_its_bank_again_by_name(whole, small_lab):
    checkpoint = load_checkpoint(whole[0])
    library = bank_library(checkpoint, small_lab)
    assert [c.id for c in library.conversations] == [c.id for c in bank_members(checkpoint, small_lab)]
    again = prototype_bank(checkpoint.model, Batch.of(library.conversations, checkpoint.standardise))
    assert (again - checkpoint.bank).abs().max() < 0.01
    assert len(library.places) == len(library.encoded["text"])


def test_a_bank_without_a_recipe_or_of_other_data_has_no_names(whole, small_checkpoint, small_lab):
    with pytest.raises(CompVizError, match="does not say how it was trained"):
        bank_library(load_checkpoint(small_checkpoint), small_lab)
    with pytest.raises(CompVizError, match="another version"):
        bank_library(load_checkpoint(whole[0]), replace(small_lab, digest="other"))


def test_another_bank_is_not_shown_under_the_cards_names(whole, small_lab):
    checkpoint = load_checkpoint(whole[0])
    checkpoint.model.bank = checkpoint.model.bank.flip(1)
    with pytest.raises(CompVizError, match="do not give this bank again"):
        bank_library(checkpoint, small_lab)


def test_neighbours_are_the_highest_cosines_among_what_is_observed(opened):
    _, conversation, _, inside = opened
    library = own_library(inside, conversation)
    nearest = nearest_utterances(inside.prototypes["audio"], library, "audio", most=3)
    there = [s for s in range(len(conversation)) if conversation.observed[s, 0]]
    for prototype, rows, values in zip(inside.prototypes["audio"], nearest.rows, nearest.cosines, strict=True):
        cosine = {s: float(cos(prototype, inside.encoded["audio"][s])) for s in there}
        best = sorted(cosine, key=lambda s: -cosine[s])[:3]
        assert rows.tolist() == best
        np.testing.assert_allclose(values, [cosine[s] for s in best], atol=1e-5)


def test_an_utterance_without_the_modality_is_no_neighbour(opened):
    _, conversation, _, inside = opened
    library, prototypes = own_library(inside, conversation), inside.prototypes["audio"]
    nearest = int(nearest_utterances(prototypes, library, "audio", most=1).rows[0, 0])
    observed = conversation.observed.copy()
    observed[nearest, 0] = False
    lacking = replace(library, conversations=(replace(conversation, observed=observed),))
    assert nearest not in nearest_utterances(prototypes, lacking, "audio", most=len(conversation)).rows


def cos(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def test_before_and_after_are_drawn_by_one_embedding(opened):
    checkpoint, conversation, _, inside = opened
    whole = look_inside(checkpoint, conversation, conversation.observed)
    first, second = feature_spaces([inside, whole], ["audio"], "PCA", 2, aligned=False)
    clouds = [cloud for space in (first, second) for cloud in space.clouds if cloud.stage != "fused"]
    together = np.concatenate([cloud.points for cloud in clouds]).astype(np.float64)
    at = np.concatenate([cloud.at for cloud in clouds])
    # The way between any two points is the same linear map of their difference.
    linear = np.linalg.lstsq(together - together.mean(0), at, rcond=None)[0]
    np.testing.assert_allclose((together - together.mean(0)) @ linear, at, atol=1e-4)
    assert {cloud.stage for cloud in clouds} == {"prototypes", "encoded", "propagated"}
    assert first.of_stage("fused")[0].points.shape[1] == 3 * checkpoint.config.hidden


def test_aligning_changes_no_neighbourhood_and_shortens_the_ways(opened):
    inside = opened[3]
    plain, aligned = (feature_spaces([inside], ["text"], "PCA", 2, aligned=turned)[0] for turned in (False, True))
    before = plain.of_stage("encoded")[0].points
    moved, turned = plain.of_stage("propagated")[0].points, aligned.of_stage("propagated")[0].points

    def between(x):
        distances = np.linalg.norm(x[:, None] - x[None], axis=-1)
        return distances / distances.max()

    np.testing.assert_allclose(between(moved), between(turned), atol=1e-4)
    whole, rest = ((moved - before) ** 2).sum(), ((turned - before) ** 2).sum()
    assert plain.common == pytest.approx(1 - rest / whole, abs=1e-4)
    assert 0 < plain.common <= 1


@pytest.mark.parametrize("method", ["UMAP", "t-SNE"])
def test_an_embedding_comes_out_the_same_twice_and_keeps_groups_apart(method, rng):
    groups = np.repeat(np.eye(2, 6, dtype=np.float32) * 20, 15, axis=0)
    points = groups + rng.standard_normal((30, 6)).astype(np.float32)
    one, two = embed_points(points, method, 2), embed_points(points, method, 2)
    np.testing.assert_array_equal(one.coordinates, two.coordinates)
    assert one.method == method
    truth = np.repeat([0, 1], 15)
    assert neighbour_agreement(one.coordinates, truth).share == 1
    assert one.kept > 0.7


@pytest.mark.parametrize("method", ["PCA", "UMAP", "t-SNE"])
@pytest.mark.parametrize("dims", [2, 3])
def test_few_or_equal_points_are_drawn_by_pca(method, dims, rng):
    for points in (rng.standard_normal((2, 5)), np.ones((50, 5)), rng.standard_normal((FEWEST_POINTS - 1, 5))):
        embedding = embed_points(points.astype(np.float32), method, dims)
        assert embedding.method == "PCA"
        assert embedding.coordinates.shape == (len(points), dims)
        assert np.isfinite(embedding.coordinates).all()
        assert 0 <= embedding.kept <= 1 + 1e-9


def test_agreement_counts_the_nearest_that_share_a_label(rng):
    points, truth = rng.standard_normal((20, 3)).astype(np.float32), rng.integers(-1, 2, 20)
    known = [i for i in range(20) if truth[i] >= 0]
    shares, chances = [], []
    for i in known:
        others = sorted((j for j in known if j != i), key=lambda j: np.linalg.norm(points[i] - points[j]))[:5]
        shares.append(np.mean([truth[j] == truth[i] for j in others]))
        chances.append(np.mean([truth[j] == truth[i] for j in known if j != i]))
    agreement = neighbour_agreement(points, truth)
    assert agreement.share == pytest.approx(np.mean(shares))
    assert agreement.chance == pytest.approx(np.mean(chances))
    assert neighbour_agreement(points, np.full(20, -1)) is None


def test_equally_near_utterances_share_places_whatever_their_order(rng):
    """Ten equal points of two labels: the nearest of each are all others alike, and the number is that by chance."""
    points = np.concatenate([np.zeros((10, 3)), 9 + rng.standard_normal((4, 3))]).astype(np.float32)
    truth = np.array([0] * 6 + [1] * 4 + [0] * 4)
    turned = [*np.r_[0:10][::-1].tolist(), 10, 11, 12, 13]
    assert neighbour_agreement(points, truth).share == pytest.approx(
        neighbour_agreement(points[turned], truth[turned]).share
    )
    alone = neighbour_agreement(points[:10], truth[:10])
    assert alone.share == pytest.approx(alone.chance)


@pytest.mark.parametrize("method", ["UMAP", "t-SNE"])
def test_equal_points_are_drawn_at_one_place_and_count_once(method, rng):
    different = rng.standard_normal((20, 5)).astype(np.float32)
    points = np.concatenate([different, np.repeat(different[:1], 34, axis=0)])
    embedding = embed_points(points, method, 2)
    np.testing.assert_array_equal(embedding.coordinates[20:], np.repeat(embedding.coordinates[:1], 34, axis=0))
    assert len(np.unique(embedding.coordinates, axis=0)) == 20
    assert embedding.kept == embed_points(different, method, 2).kept


@pytest.mark.parametrize("by", COLOURINGS)
def test_every_point_is_told_apart_rightly(by, opened):
    _, conversation, observed, inside = opened
    cloud = feature_spaces([inside], ["text"], "PCA", 2, aligned=False)[0].of_stage("encoded")[0]
    colours = colouring(by, cloud, inside.prediction, conversation.labels, conversation.speakers)
    fused, labels = inside.prediction.fused[:, 0], conversation.labels
    for s in range(len(conversation)):
        expected = {
            "label": labels[s],
            "prediction": fused[s],
            "modality": "text",
            "speaker": conversation.speakers[s] or "unnamed",
            "availability": "observed" if observed[s, 1] and conversation.observed[s, 1] else "missing",
            "correctness": "unknown" if labels[s] == 0 else "right" if (fused[s] > 0) == (labels[s] > 0) else "wrong",
        }[by]
        value = colours.scores[s] if colours.scores is not None else colours.names[colours.kinds[s]]
        assert value == expected or (np.isnan(value) and np.isnan(expected))


def test_umap_compiled_by_a_process_of_its_own_is_found_on_disk():
    code = "from comp_viz.analysis.prototypes.embedding import compile_to_disk; compile_to_disk()"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])
    assert compiled_on_disk()
