"""Attention and flow against naive loops, and against the model with its weights changed."""

import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.propagation.attention import (
    MEAN_MAP,
    ROLLOUT_MAP,
    Attention,
    attention,
    entropy_by_head,
    map_names,
    rollout,
)
from comp_viz.analysis.propagation.prompt_ablation import (
    ALL_UTTERANCES,
    RECEIVER_MISSING,
    RECEIVER_OBSERVED,
    ablate_prompts,
    prediction_change,
)
from comp_viz.analysis.stats.entropy import normalised_entropy
from comp_viz.data.conversation import Task
from comp_viz.figures.propagation.attention import (
    ARC_WIDTHS,
    MOST_ARCS,
    attention_title,
    head_entropy_chart,
    head_entropy_title,
    query_chart,
    query_title,
)
from comp_viz.figures.propagation.heading import ablation_heading, attention_heading
from comp_viz.figures.propagation.prompt_ablation import (
    ablation_along_title,
    ablation_chart,
    ablation_title,
    total_change,
)
from comp_viz.figures.style import DARK, LIGHT

SIX = Task("emotion", ("a", "b", "c", "d", "e", "f"))


def with_maps(here, **maps):
    return replace(here, attention={u: maps.get(u, here.attention[u]) for u in here.modalities})


def test_every_map_is_the_one_it_is_called(here):
    maps = here.attention["text"]
    n, m, h = maps.shape[:3]
    assert len(map_names(here)) == 2 + n * m * (h + 1)
    for l in range(n):
        for k in range(m):
            layer = f"block {l + 1}, layer {k + 1}"
            np.testing.assert_allclose(
                attention(here, "text", f"{layer}, all heads").weights, sum(maps[l, k]) / h, atol=1e-6
            )
            for i in range(h):
                np.testing.assert_array_equal(attention(here, "text", f"{layer}, head {i + 1}").weights, maps[l, k, i])
    np.testing.assert_allclose(
        attention(here, "text", MEAN_MAP).weights, maps.reshape(-1, *maps.shape[3:]).mean(0), atol=1e-6
    )


def test_a_map_of_a_deeper_network_becomes_the_mean(here):
    attended = attention(here, "text", "block 9, layer 1, head 1")
    assert attended.name == MEAN_MAP
    np.testing.assert_array_equal(attended.weights, attention(here, "text", MEAN_MAP).weights)


@pytest.mark.parametrize("name", [MEAN_MAP, ROLLOUT_MAP, "block 1, layer 1, head 2"])
def test_rows_sum_to_one_and_no_weight_lies_at_masked_keys(here, name):
    attended = attention(here, "text", name)
    np.testing.assert_allclose(attended.weights.sum(1), 1, atol=1e-5)
    assert not attended.weights[~attended.reachable].any()
    assert np.flatnonzero(~attended.keys).tolist() == [1, 2, 3]


def test_rollout_is_the_product_of_layers_with_their_residual_connection(here):
    maps = here.attention["audio"]
    rolled = np.eye(maps.shape[-1])
    for l in range(maps.shape[0]):
        for k in range(maps.shape[1]):
            rolled = (0.5 * maps[l, k].mean(0) + 0.5 * np.eye(len(rolled))) @ rolled
    np.testing.assert_allclose(rollout(maps), rolled, atol=1e-5)


def test_rollout_follows_attention_in_the_order_of_the_layers():
    first, second = np.zeros((3, 3), np.float32), np.zeros((3, 3), np.float32)
    first[:, 0], second[:, 1] = 1, 1  # the second layer takes from utterance 1 what that took from utterance 0
    rolled = rollout(np.stack([first, second])[:, None, None])
    assert rolled[2].tolist() == [0.5, 0.25, 0.25]


def test_without_anything_observed_only_the_residual_connection_remains(checkpoint, conversation):
    blind = conversation.observed.copy()
    blind[:, 2] = False
    here = look_inside(checkpoint, conversation, blind)
    np.testing.assert_array_equal(attention(here, "video", ROLLOUT_MAP).weights, np.eye(len(blind)))
    assert "missing everywhere" in attention_title(attention(here, "video", MEAN_MAP))
    assert "nothing to attend to" in query_title(attention(here, "video", MEAN_MAP), 0)
    assert np.isnan(entropy_by_head(here)["video"]).all()


def test_normalised_entropy_is_entropy_over_its_maximum(here):
    assert normalised_entropy(np.full(5, 0.2), 5) == pytest.approx(1)
    assert normalised_entropy(np.eye(5)[2], 5) == pytest.approx(0)
    assert np.isnan(normalised_entropy(np.eye(5)[2], 1))
    attended = attention(here, "text", "block 1, layer 2, head 1")
    for row, share in zip(attended.weights, attended.entropy, strict=True):
        entropy = sum(-w * math.log(w) for w in row.tolist() if w > 0)
        assert share == pytest.approx(entropy / math.log(attended.keys.sum()), abs=1e-5)
    assert entropy_by_head(here)["text"][0, 1, 0] == pytest.approx(attended.entropy.mean(), abs=1e-5)


def test_sentences_name_what_is_looked_at_most(here):
    S = len(here.observed)
    maps = np.zeros_like(here.attention["audio"])
    maps[..., 4] = 0.75
    maps[..., 0] = 0.25
    attended = attention(with_maps(here, audio=maps), "audio", MEAN_MAP)
    entropy = (0.75 * math.log(4 / 3) + 0.25 * math.log(4)) / math.log(attended.keys.sum())
    assert (
        attention_title(attended)
        == f"Audio attention is selective: normalised entropy {entropy:.2f}, most on utterance 5"
    )
    uniform = f"(uniform: {100 / attended.keys.sum():.1f}\u202f%)"
    assert (
        query_title(attended, 4) == f"Utterance 5 attends most to itself: 75.0\u202f% of its audio attention {uniform}"
    )
    assert query_title(attended, S - 1).startswith(f"Utterance {S} attends most to utterance 5: 75.0\u202f%")
    even = np.broadcast_to(attended.keys / int(attended.keys.sum()), maps.shape)
    uniform = attention(with_maps(here, audio=even), "audio", MEAN_MAP)
    assert attention_title(uniform).startswith("Audio attention is nearly uniform: normalised entropy 1.00")
    entropies = {"audio": np.ones((2, 2, 2)), "text": np.ones((2, 2, 2))}
    assert (
        attention_heading(entropies) == "All 16 attention heads are close to uniform: normalised entropy at least 1.00"
    )
    entropies["text"][1, 0, 1] = 0.5
    assert (
        attention_heading(entropies)
        == "15 of 16 attention heads are close to uniform (normalised entropy of 0.9 or more)"
    )
    assert (
        head_entropy_title(entropies)
        == "The most selective head is head 2 of text, block 2, layer 1: normalised entropy 0.50"
    )


def without_weights(checkpoint, receiver, sender):
    """The same network whose receiver has no weights for what it gets from a source."""
    model, config = copy.deepcopy(checkpoint.model), checkpoint.config
    u, v = config.modalities.index(receiver), config.modalities.index(sender)
    others = [name for name in config.modalities if name != receiver]
    with torch.no_grad():
        if u == v:
            model.blocks[0].inject.weight[u, : config.hidden] = 0
        else:
            for block in model.blocks:
                first = config.hidden + others.index(sender) * config.prompt
                block.inject.weight[u, first : first + config.prompt] = 0
    return replace(checkpoint, model=model)


def test_flow_is_what_a_network_without_those_weights_does_differently(checkpoint, conversation, observed, here):
    ablation = ablate_prompts(checkpoint, conversation, observed)
    for u, receiver in enumerate(here.modalities):
        for v, sender in enumerate(here.modalities):
            other = look_inside(without_weights(checkpoint, receiver, sender), conversation, observed)
            for s in range(len(observed)):
                before, after = here.propagated[receiver][s], other.propagated[receiver][s]
                change = np.linalg.norm(before - after) / np.linalg.norm(before)
                assert ablation.features[u, v, s] == pytest.approx(change, abs=1e-4)
                cosine = before @ after / np.linalg.norm(before) / np.linalg.norm(after)
                assert ablation.cosine[u, v, s] == pytest.approx(cosine, abs=1e-4)
                head = abs(here.prediction.heads[receiver][s, 0] - other.prediction.heads[receiver][s, 0])
                assert ablation.heads[u, v, s] == pytest.approx(head, abs=1e-4)
            fused = np.abs(here.prediction.fused - other.prediction.fused)[:, 0]
            np.testing.assert_allclose(ablation.fused[u, v], fused, atol=1e-4)
            flips = here.prediction.decisions() != other.prediction.decisions()
            assert ablation.flipped[u, v].tolist() == flips.tolist()
    assert ablation.features.min() > 1e-4  # every source matters to an untrained network


def test_flow_of_classes_is_the_probability_that_moves():
    before, after = np.array([[0.5, 0.5, 0, 0, 0, 0]]), np.array([[0.2, 0.5, 0.3, 0, 0, 0]])
    assert prediction_change(SIX, before, after) == pytest.approx(0.3)


def test_flow_is_averaged_where_the_receiver_is_observed_or_missing(checkpoint, conversation, observed):
    ablation = ablate_prompts(checkpoint, conversation, observed)
    for where, rows in (
        (ALL_UTTERANCES, observed | True),
        (RECEIVER_OBSERVED, observed),
        (RECEIVER_MISSING, ~observed),
    ):
        means = ablation.mean(ablation.features, where)
        for u in range(len(ablation.modalities)):
            if rows[:, u].any():
                np.testing.assert_allclose(means[u], ablation.features[u][:, rows[:, u]].mean(1), atol=1e-6)
            else:
                assert np.isnan(means[u]).all()


def test_the_sentence_names_the_strongest_prompt(checkpoint, conversation, observed):
    ablation = ablate_prompts(checkpoint, conversation, observed)
    loud = ablation.features.copy()
    loud[1, 0], loud[1, 1] = 2.0, 0.4
    loud = replace(ablation, features=loud)
    heading = ablation_heading(loud, "features", ALL_UTTERANCES)
    assert heading == "The audio → text prompt matters most: text features change by 200\u202f% without it"
    means = loud.features.mean(2)
    own, prompt = means.trace() / 3, (means.sum() - means.trace()) / 6
    assert ablation_title(loud, "features", ALL_UTTERANCES) == (
        f"Removing own features changes features by {100 * own:.0f}\u202f% on average, a prompt by {100 * prompt:.0f}\u202f%"
    )
    everything = replace(ablation, observed=np.ones_like(ablation.observed))
    assert (
        ablation_heading(everything, "features", RECEIVER_MISSING)
        == "Nothing to measure: no utterance has its receiver missing"
    )
    assert ablation_heading(None, "features", RECEIVER_MISSING) == "This network has no prompts to remove"
    loud = np.where(observed.T[:, None], 0.1, np.float32(0.6)) * np.ones_like(ablation.features)
    assert ablation_along_title(replace(ablation, features=loud), "features") == (
        "Removing a prompt changes features by 60\u202f% where the receiver is missing, 10\u202f% elsewhere"
    )


def test_arcs_lead_to_the_strongest_keys_and_thicken_with_weight(here, rng):
    S, query = 60, 7
    weights = rng.random((S, S)).astype(np.float32) ** 4
    weights /= weights.sum(1, keepdims=True)
    every = np.ones(S, dtype=bool)
    attended = Attention("text", MEAN_MAP, weights, every, np.ones((S, S), dtype=bool))
    figure = query_chart(attended, [""] * S, float(weights[query].max()), query, LIGHT)
    traces = [trace for trace in figure.data if trace.yaxis == "y2"]
    width = {}
    for trace in traces:
        for piece in np.split(trace.x, np.flatnonzero(np.isnan(trace.x)))[:-1]:
            ends = {round(float(x)) - 1 for x in piece[~np.isnan(piece)][[0, -1]]}
            width[(ends - {query} or {query}).pop()] = trace.line.width
    strongest = np.argsort(-weights[query])[:MOST_ARCS].tolist()
    assert set(width) == {k for k in strongest if weights[query, k] > 1 / S}
    order = sorted(width, key=lambda k: weights[query, k])
    assert [width[k] for k in order] == sorted(width.values())
    assert width[order[-1]] == max(ARC_WIDTHS)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_links_fill_the_same_height_in_both_figures(palette, checkpoint, conversation, observed):
    ablation = ablate_prompts(checkpoint, conversation, observed)
    quiet = replace(ablation, features=ablation.features / 3)
    whole = total_change(ablation, "features", ALL_UTTERANCES)
    for one in (ablation, quiet):
        link = ablation_chart(one, "features", ALL_UTTERANCES, whole, palette).data[0].link
        assert sum(link.value) == pytest.approx(whole, rel=1e-5)
        assert link.value[-1] > 0
        assert link.color[-1] == "rgba(0,0,0,0)"
        assert link.customdata[1].startswith("<b>Without the prompt text → audio</b>")


def test_a_missing_query_of_a_rollout_has_arcs_though_its_residual_connection_takes_a_share():
    S, query = 10, 9
    keys = np.arange(S) < 7
    weights = np.tile(np.where(keys, 0.94 / 7, 0).astype(np.float32), (S, 1))
    weights[query, query] = 0.06
    attended = Attention("text", ROLLOUT_MAP, weights, keys, keys | np.eye(S, dtype=bool))
    traces = [trace for trace in query_chart(attended, [""] * S, 0.2, query, LIGHT).data if trace.yaxis == "y2"]
    assert sum(int(np.isnan(trace.x).sum()) for trace in traces) == 7


def test_ticks_of_heads_are_narrow_enough_for_a_phone(here):
    axis = head_entropy_chart(entropy_by_head(here), LIGHT).layout.xaxis
    assert [text.replace("<br>", "") for text in axis.ticktext] == [
        "".join(character for character in value if character.isdigit()) for value in axis.tickvals
    ]
    assert axis.title.text.endswith("block, layer, head")
