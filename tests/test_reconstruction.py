"""What methods rebuild of missing entries: against naive loops, values by hand, and samples whose distribution is known."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from test_compared_networks import NAMES, SMALL

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.reconstruction.by_rate import (
    COSINE,
    ERROR,
    RANK,
    REBUILDING_MEASURES,
    RebuildingScores,
    entry_sums,
    mean_features,
    rebuilding_by_rate,
    rebuilding_drawings,
    rebuilding_table,
    score_rebuilding,
)
from comp_viz.analysis.reconstruction.entries import compare_rebuilt, next_missing, reconstruct
from comp_viz.analysis.reconstruction.one_entry import missing_entry
from comp_viz.analysis.reconstruction.rebuilt import Rebuilt, rebuild_conversation
from comp_viz.analysis.reconstruction.samples import EntrySamples
from comp_viz.analysis.reconstruction.tables import reconstruction_table
from comp_viz.analysis.robustness.drawings import Drawing
from comp_viz.data.batch import Stream
from comp_viz.errors import CompVizError
from comp_viz.figures.reconstruction.by_rate import rebuilding_chart, rebuilding_span
from comp_viz.figures.reconstruction.entries import (
    entries_chart,
    entries_title,
    ranks_chart,
    ranks_title,
    reconstruction_sentence,
)
from comp_viz.figures.reconstruction.heading import (
    change_title,
    rebuilding_title,
    reconstruction_heading,
    samples_heading,
)
from comp_viz.figures.reconstruction.one_entry import entry_chart, entry_title
from comp_viz.figures.reconstruction.samples import samples_chart, samples_sentence, samples_title
from comp_viz.figures.style import LIGHT
from comp_viz.methods.registry import find_method


def test_reconstruction_against_loops(here, complete):
    compared = reconstruct(here, complete)
    for i, u in enumerate(here.modalities):
        one, true, recorded = compared[u], complete.propagated[u], complete.observed[:, i]
        gone = [s for s in range(len(recorded)) if recorded[s] and not here.observed[s, i]]
        assert one.utterances.tolist() == gone
        assert one.choices == recorded.sum()
        for e, s in enumerate(gone):
            for made, whole, cosine, rank in (
                (here.propagated[u], true, one.cosine, one.rank),
                (here.encoded[u], complete.encoded[u], one.encoded_cosine, one.encoded_rank),
            ):
                cosines = {j: cos(made[s], whole[j]) for j in range(len(recorded)) if recorded[j]}
                assert cosine[e] == pytest.approx(cosines[s], abs=1e-5)
                nearer = sum(x > cosines[s] + 1e-6 for x in cosines.values())
                level = sum(abs(x - cosines[s]) <= 1e-6 for x in cosines.values())
                assert rank[e] == nearer + np.mean(range(1, level + 1))
            others = [true[j] for j in range(len(recorded)) if recorded[j] and j != s]
            assert one.mean_cosine[e] == pytest.approx(cos(np.mean(others, 0), true[s]), abs=1e-5)
            beside = [true[j] for j in (s - 1, s + 1) if 0 <= j < len(recorded) and recorded[j]]
            assert one.neighbour_cosine[e] == pytest.approx(cos(np.mean(beside, 0), true[s]), abs=1e-5)
    assert len(compared["text"]) >= 1


def cos(x, y):
    x, y = x.astype(np.float64), y.astype(np.float64)
    return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))


def test_perfect_reconstruction_ranks_first(here, complete):
    perfect = replace(here, propagated=complete.propagated)
    one = reconstruct(perfect, complete)["text"]
    assert one.rank.tolist() == [1] * len(one)
    np.testing.assert_allclose(one.cosine, 1, atol=1e-5)
    assert one.nearest == one.beats_mean == len(one)
    sentence = reconstruction_sentence(one)
    assert sentence.startswith(f"{len(one)} of {len(one)} missing text entries are nearest to their own features")
    assert reconstruction_heading({"text": one}).startswith(f"{len(one)} of {len(one)} missing entries are nearest")


def test_random_features_rank_anywhere(here, complete, rng):
    S = 400
    observed = np.ones((S, 3), dtype=bool)
    kept = observed.copy()
    kept[::2] = False

    def noise():
        return {u: rng.standard_normal((S, 6)).astype(np.float32) for u in here.modalities}

    true = replace(
        complete, prediction=replace(complete.prediction, observed=observed), propagated=noise(), encoded=noise()
    )
    made = replace(here, prediction=replace(here.prediction, observed=kept), propagated=noise(), encoded=noise())
    one = reconstruct(made, true)["text"]
    assert one.place.mean() == pytest.approx(0.5, abs=0.07)
    assert one.nearest_by_chance == pytest.approx(0.5)


def test_nothing_taken_away_is_nothing_to_reconstruct(complete):
    compared = reconstruct(complete, complete)
    assert not any(map(len, compared.values()))
    assert reconstruction_heading(compared) == "Nothing is taken away, so there is nothing to reconstruct"
    assert entries_title(compared) == ranks_title(compared) == "Nothing is taken away"


def test_the_heading_counts_all_modalities(here, complete):
    compared = reconstruct(here, complete)
    E = sum(map(len, compared.values()))
    nearest = sum(int((one.rank == 1).sum()) for one in compared.values())
    assert f"of {E} missing entries {'are' if nearest > 1 else 'is'}" in reconstruction_heading(compared)


def with_ranks(compared, before, after):
    """The reconstruction of one modality with other ranks among 20 utterances."""
    entries = np.arange(len(after))
    nothing = np.zeros(len(after), np.float32)
    one = replace(
        compared["text"], utterances=entries, choices=20, encoded_rank=np.float32(before), rank=np.float32(after),
        encoded_cosine=nothing, cosine=nothing + 0.5, mean_cosine=nothing, neighbour_cosine=nothing,
    )  # fmt: skip
    return {"text": one}


def test_equally_near_utterances_share_the_mean_of_their_places(here, complete):
    alike = {u: np.repeat(x[:1], len(x), axis=0) for u, x in complete.propagated.items()}
    for one in reconstruct(here, replace(complete, propagated=alike)).values():
        assert one.rank.tolist() == [(one.choices + 1) / 2] * len(one)  # whatever their order
        assert one.nearest == 0 or one.choices == 1


def test_nothing_is_claimed_of_ranks_within_chance(here, complete):
    compared = reconstruct(here, complete)
    middle = with_ranks(compared, [10] * 8, [3, 18, 9, 12, 6, 15, 4, 14])
    assert reconstruction_heading(middle).startswith("Within chance: 0 of 8 missing entries")
    assert entries_title(middle) == "Ranks change within chance: propagation improves 4, worsens 4 of 8"
    assert ranks_title(middle).startswith("Median ranks are within chance: 50\u202f% of the utterances")
    assert entries_title(with_ranks(compared, [10] * 8, [10] * 8)).startswith("Ranks change within chance")
    near = with_ranks(compared, [10] * 8, [1, 1, 2, 1, 1, 3, 1, 1])
    assert reconstruction_heading(near) == "6 of 8 missing entries are nearest to their own features (0.4 by chance)"
    second = with_ranks(compared, [10] * 8, [2] * 8)
    assert (
        reconstruction_heading(second)
        == "Ranks are better than chance (median: text 8\u202f%); 0 of 8 are nearest (0.4 by chance)"
    )
    assert ranks_title(second) == "Median rank is 8\u202f% for text (50\u202f% by chance)"
    one_of_two = second | {"audio": middle["text"]}
    assert reconstruction_heading(one_of_two).startswith(
        "Only ranks of text (8\u202f%) are better than chance (50\u202f%)"
    )
    last = with_ranks(compared, [10] * 8, [19] * 8)
    assert reconstruction_heading(last).startswith("Ranks are worse than chance (median: text 93\u202f%)")
    few = with_ranks(compared, [10] * 8, [1, 1, 1, 10, 10, 15, 12, 9])
    assert reconstruction_heading(few).endswith("(0.4 by chance); ranks within chance")
    assert ranks_title(few).startswith("Median ranks are within chance")
    assert entries_title(near).startswith("Propagation improves the rank of 8 of 8 missing entries; 8 beat the mean")
    assert ranks_title(near) == "Median rank is 3\u202f% for text (50\u202f% by chance)"
    assert entries_title(with_ranks(compared, [1] * 8, [9] * 8)).startswith("Propagation worsens the rank of 8 of 8")


def test_the_curves_of_ranks_have_a_legend(here, complete):
    names = {
        trace.name for trace in ranks_chart(reconstruct(here, complete), LIGHT).data if trace.showlegend is not False
    }
    assert {"chance", "before propagation", "after propagation"} <= names


def test_an_entry_given_back_alone_is_the_exact_counterfactual(checkpoint, conversation, observed, here, complete):
    given = observed.copy()
    given[2, 1] = True
    alone = look_inside(checkpoint, conversation, given).propagated["text"][2]
    rebuilt = rebuild_conversation(checkpoint, conversation, observed)
    entry = missing_entry(rebuilt, "text", 2, alone)
    assert entry.cosine_given_back == pytest.approx(cos(here.propagated["text"][2], alone), abs=1e-5)
    assert entry.cosine == pytest.approx(cos(here.propagated["text"][2], complete.propagated["text"][2]), abs=1e-5)
    assert entry_title(entry) == (
        f"Missing text in utterance 3: cosine {entry.cosine_given_back:.2f} if given back alone, {entry.cosine:.2f} as recorded"
    ).replace("-", "\u2212")
    names = [trace.name for trace in entry_chart(entry, rebuilt.modalities, LIGHT).data]
    assert names == ["mean of the others", "own, as recorded", "own, given back alone", "rebuilt"]


def test_an_entry_beside_the_mean_of_the_others():
    true = np.array([[0, 0], [4, 0], [0, 2], [9, 9]], np.float32)
    made = np.array([[1, 1], [3, 1], [0, 0], [0, 0]], np.float32)
    recorded = np.array([True, True, True, False])[:, None]
    rebuilt = Rebuilt(np.zeros((4, 1), bool), recorded, {"text": made}, {"text": true})
    entry = missing_entry(rebuilt, "text", 1)
    assert entry.mean.tolist() == [0, 1]  # of the first and the third: the fourth has none
    assert entry.error == pytest.approx((1 + 1) / (16 + 1))
    assert entry.cosine == pytest.approx(3 / np.sqrt(10))
    assert entry_title(entry) == "Missing text in utterance 2: cosine 0.95, error 0.12 times that of the mean"
    assert math.isnan(entry.cosine_given_back)


def test_missing_entries_are_visited_in_a_circle(here, complete):
    compared = reconstruct(here, complete)
    gone = sorted({int(s) for one in compared.values() for s in one.utterances})
    assert [next_missing(compared, s) for s in gone] == [*gone[1:], gone[0]]


def test_methods_without_propagation_have_nothing_before_it(here, complete):
    rebuilt = Rebuilt(here.observed, complete.observed, here.propagated, complete.propagated)
    compared = compare_rebuilt(rebuilt)
    assert all(one.encoded_place is None for one in compared.values())
    with_before = reconstruct(here, complete)
    assert all(np.array_equal(one.rank, with_before[u].rank) for u, one in compared.items())
    figures = entries_chart(compared, [""] * len(here.observed), 0, 0, LIGHT), ranks_chart(compared, LIGHT)
    assert not any("before" in (trace.name or "") for figure in figures for trace in figure.data)
    assert entries_title(compared).endswith("closer to their own features than the mean of the others")
    assert not any("before" in column for column in reconstruction_table(compared))


def test_comp_rebuilds_its_propagated_features(checkpoint, conversation, observed, here, complete):
    rebuilt = rebuild_conversation(checkpoint, conversation, observed)
    batch = {u: torch.from_numpy(checkpoint.standardise(u, x) * conversation.observed[:, [i]])[None] for i, (u, x) in enumerate(conversation.features.items())}  # fmt: skip
    valid = torch.ones(1, len(conversation), dtype=torch.bool)
    with torch.inference_mode():
        made = checkpoint.model.reconstruct(batch, torch.from_numpy(observed)[None], valid)
    for u in here.modalities:
        np.testing.assert_allclose(made[u][0].numpy(), here.propagated[u], atol=1e-6)
        np.testing.assert_array_equal(rebuilt.made[u], here.propagated[u])
        np.testing.assert_array_equal(rebuilt.true[u], complete.propagated[u])


def test_sums_by_hand():
    true = np.array([[3, 0], [0, 1], [-1, 0], [5, 5]], np.float32)
    made = np.array([[2, 0], [9, 9], [1, 1], [0, 0]], np.float32)
    recorded, observed = np.array([True, True, True, False]), np.array([False, True, False, False])
    mean = np.array([1, 0], np.float32)
    got = entry_sums(made, true, recorded, observed, mean)
    # Of the first its own features are the nearest of three; of the third they are the furthest. Less the mean the first
    # points the same way, the third from (-2, 0) to (0, 1), at a right angle.
    np.testing.assert_allclose(got, [2, (0.5 + 2.5) / 3, 1 + 0, 1 + (4 + 1), 4 + 4], atol=1e-6)
    scores = RebuildingScores(0.5, {"text": np.stack([got, np.array([2.0, 0.2, 1.0, 1.0, 4.0])])})
    np.testing.assert_allclose(scores.measured("text", RANK), [1.2 / 4, 0.2 / 2, 1 / 2], atol=1e-6)
    np.testing.assert_allclose(scores.measured("text", COSINE), [2 / 4, 1 / 2, 1 / 2])
    np.testing.assert_allclose(scores.measured("text", ERROR), [7 / 12, 1 / 4, 6 / 8])
    assert scores.entries("text") == 4
    assert np.isnan(RebuildingScores(0, {"text": np.zeros((2, 5))}).measured("text", ERROR)).all()


def test_a_split_is_the_sum_of_its_conversations(checkpoint, small_lab):
    stream = Stream(small_lab.split("test"), checkpoint.standardise, torch.device("cpu"))
    means, drawing = mean_features(checkpoint, stream), Drawing("uniform(0.5)", 1)
    scores = score_rebuilding(checkpoint, small_lab.task, stream, drawing, means)
    shown = np.split(stream_pattern(stream, small_lab.task, drawing), np.cumsum(stream.utterances.lengths)[:-1])
    everything = [rebuild_conversation(checkpoint, c, o) for c, o in zip(stream.conversations, shown, strict=True)]
    for i, u in enumerate(small_lab.modalities):
        truth = np.concatenate([one.true[u][one.recorded[:, i]] for one in everything])
        np.testing.assert_allclose(means[u], truth.mean(0), atol=1e-5)
        ranks = np.concatenate([compare_rebuilt(one)[u].place for one in everything])
        assert scores.entries(u) == len(ranks)
        assert scores.measured(u, RANK)[0] == pytest.approx(ranks.mean(), abs=1e-4)
        made = np.concatenate([one.made[u][one.missing(u)] for one in everything])
        own = np.concatenate([one.true[u][one.missing(u)] for one in everything])
        error = np.square(made - own).sum() / np.square(own - means[u]).sum()
        assert scores.measured(u, ERROR)[0] == pytest.approx(error, rel=1e-4)


def stream_pattern(stream, task, drawing):
    from comp_viz.data.patterns.pattern import Pattern

    return Pattern.parse(drawing.pattern)(stream.utterances, task, np.random.default_rng(drawing.seed))


def test_the_table_has_every_measure_pattern_and_modality(checkpoint, small_lab):
    table = rebuilding_table(checkpoint, small_lab, ["uniform(0)", "uniform(0.5)"], seeds=2)
    assert table["measure"].unique().tolist() == list(REBUILDING_MEASURES)
    assert len(table) == 3 * 2 * 3
    nothing = table[table["pattern"] == "uniform(0)"]
    assert nothing["value"].isna().all()
    assert (nothing["entries"] == 0).all()
    some = table[table["pattern"] == "uniform(0.5)"]
    assert (some["seeds"] == 2).all()
    assert some["value"].notna().all()
    assert some["half"].notna().all()
    with pytest.raises(CompVizError, match="pattern"):
        rebuilding_table(checkpoint, small_lab, ["uniform(2)"])


def test_the_mean_feature_is_no_better_than_itself_and_the_truth_is_best():
    rng = np.random.default_rng(0)
    true = rng.normal(size=(30, 4)).astype(np.float32)
    mean, recorded, observed = true.mean(0), np.ones(30, bool), np.zeros(30, bool)
    perfect, guess, wrong = (
        RebuildingScores(1, {"text": entry_sums(made, true, recorded, observed, mean)[None]})
        for made in (true, np.tile(mean, (30, 1)), 2 * mean - true)
    )
    assert [perfect.measured("text", m)[0] for m in REBUILDING_MEASURES] == pytest.approx([0.5 / 30, 1, 0], abs=1e-6)
    assert guess.measured("text", ERROR)[0] == pytest.approx(1)
    assert wrong.measured("text", COSINE)[0] == pytest.approx(-1)


def test_the_chart_over_rates_has_a_curve_a_modality_and_the_level_of_chance():
    sums = {u: np.tile(np.array([10, 2.0 + i, 4.0, 5.0, 10.0]), (3, 1)) for i, u in enumerate(NAMES)}
    done = {
        Drawing("uniform(0.3)"): RebuildingScores(0.29, sums),
        Drawing("uniform(0.3)", 1): RebuildingScores(0.31, sums),
    }
    table = rebuilding_by_rate(done, ["uniform(0.3)", "uniform(0.7)"], RANK)
    assert table["value"].tolist() == pytest.approx([0.2, 0.3, 0.4])
    assert table["missing_rate"].tolist() == pytest.approx([0.3] * 3)
    assert rebuilding_title(table, RANK) == (
        "Rank with 30\u202f% missing: audio 20\u202f%, text 30\u202f%, video 40\u202f% (50\u202f% by chance)"
    )
    assert rebuilding_title(rebuilding_by_rate({}, ["uniform(0.3)"], RANK), RANK) == "Nothing is measured yet"
    more = pd.concat([table, table.assign(missing_rate=0.6, value=0.4)])
    assert change_title(more[more["modality"] != "video"], RANK) == (
        "Rank from 30\u202f% to 60\u202f% missing: audio 20\u202f% to 40\u202f%, text 30\u202f% to 40\u202f%"
    )
    assert change_title(table, RANK) == "Rank by missing rate"
    span = rebuilding_span([table], RANK)
    figure = rebuilding_chart(table, NAMES, RANK, span, LIGHT)
    assert [trace.name for trace in figure.data] == ["● audio", "■ text", "▲ video", "chance"]
    assert figure.layout.yaxis.range == span[::-1]  # the nearest above
    assert figure.data[-1].y == (0.5, 0.5)
    for measure in (COSINE, ERROR):
        other = rebuilding_by_rate(done, ["uniform(0.3)"], measure)
        assert (
            rebuilding_chart(other, NAMES, measure, rebuilding_span([other], measure), LIGHT).layout.yaxis.range[0]
            < 0.01
        )


def test_every_rate_is_measured_before_any_is_drawn_again():
    drawings = rebuilding_drawings()
    assert len(drawings) == len(set(drawings)) == 3 * 7
    assert [one.seed for one in drawings] == sorted(one.seed for one in drawings)
    assert "uniform(0)" not in {one.pattern for one in drawings}


@pytest.mark.parametrize(("shift", "ratio"), [(0.0, 1.0), (3.0, 3.0)])
def test_samples_of_a_known_distribution_are_calibrated(shift, ratio):
    rng = np.random.default_rng(3)
    scale = rng.uniform(0.5, 2, size=(400, 1))
    everything = rng.normal(size=(9, 400, 12)) * scale
    true = everything[0] + shift * scale * np.sign(rng.normal(size=(400, 12)))
    samples = EntrySamples("text", np.arange(400), everything[1:].astype(np.float32), true.astype(np.float32))
    assert samples.overconfidence == pytest.approx(ratio, abs=0.15)
    assert samples.correlation > 0.8  # those that spread more err more
    assert samples.outside_expected == pytest.approx(2 / 9)
    if not shift:
        assert samples.outside == pytest.approx(2 / 9, abs=0.02)
        assert samples_heading({"text": samples}).startswith("Samples are calibrated")
    else:
        assert samples.outside > 0.8
        assert samples_heading({"text": samples}).startswith("Missing text: the truth is ")
    assert samples_title({"text": samples}).startswith("Rank correlation of spread and error")
    assert "8 samples" in samples_sentence(samples)
    cloud, line = samples_chart({"text": samples}, LIGHT).data
    np.testing.assert_array_equal(cloud.x, samples.spread)
    assert line.y[1] / line.x[1] == pytest.approx(np.sqrt(1 + 1 / 8))


def test_nothing_missing_is_nothing_to_sample():
    nothing = EntrySamples("text", np.zeros(0, int), np.zeros((8, 0, 3), np.float32), np.zeros((0, 3), np.float32))
    assert math.isnan(nothing.overconfidence)
    assert math.isnan(nothing.outside)
    assert samples_heading({"text": nothing}) == "Nothing is taken away, so nothing is generated"
    assert len(samples_chart({"text": nothing}, LIGHT).data) == 1


def test_a_sample_of_the_networks_own_seed_is_what_it_rebuilds():
    method = find_method("imder")
    torch.manual_seed(0)
    network = method.build(method.config(NAMES, (5, 6, 7), max_length=9, **SMALL["imder"])).eval()
    features = {u: torch.randn(1, 6, width) for u, width in zip(NAMES, (5, 6, 7), strict=True)}
    observed, valid = torch.ones(1, 6, 3, dtype=torch.bool), torch.ones(1, 6, dtype=torch.bool)
    observed[0, 2:4, 1] = False
    own = network.draw_sample(features, observed, valid, network.config.sampler_seed)
    rebuilt = network.reconstruct(features, observed, valid)
    other = network.draw_sample(features, observed, valid, network.config.sampler_seed + 1)
    for u in NAMES:
        torch.testing.assert_close(own[u], rebuilt[u])
        assert not torch.allclose(own[u], other[u])


@pytest.mark.parametrize("name", ["momke", "gcnet"])
def test_what_a_network_has_not_it_says(name):
    method = find_method(name)
    sizes = SMALL.get(name, {"hidden": 6, "depth": 1})
    network = method.build(method.config(NAMES, (5, 6, 7), max_length=9, **sizes)).eval()
    batch = {u: torch.randn(1, 4, k) for u, k in zip(NAMES, (5, 6, 7), strict=True)}
    rest = torch.ones(1, 4, 3, dtype=torch.bool), torch.ones(1, 4, dtype=torch.bool)
    with pytest.raises(CompVizError, match="draws no samples"):
        network.draw_sample(batch, *rest, 0)
    if not method.capabilities & {"reconstruction"}:
        with pytest.raises(CompVizError, match="gives no reconstruction"):
            network.reconstruct(batch, *rest)
