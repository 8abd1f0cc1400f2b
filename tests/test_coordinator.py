"""What the Coordinator page computes: weights by group, against correctness, and predictions under other weights."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from comp_viz.analysis.coordinator.groups import (
    UNKNOWN,
    by_availability,
    by_emotion,
    by_subset,
    emotion_labels,
    kept_subsets,
    left_with,
    subset_name,
)
from comp_viz.analysis.coordinator.reweighting import (
    BY_HAND,
    EQUAL,
    LEARNED,
    compare_weightings,
    fixed_weights,
    normalised_weights,
)
from comp_viz.analysis.coordinator.tables import (
    accuracy_table,
    availability_table,
    trust_table,
    weightings_table,
    weights_table,
)
from comp_viz.analysis.coordinator.trust import FEWEST_ANSWERS, disagreement, trust_in_heads
from comp_viz.analysis.coordinator.weights import near_equal, weight_floor, weight_span, weight_summary
from comp_viz.analysis.prediction import Prediction, predict_conversation
from comp_viz.analysis.stats.intervals import interval_of_share
from comp_viz.analysis.stats.ranks import auc, auc_interval
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.conversation import Task
from comp_viz.figures.coordinator.accuracy import reweighted_accuracy_title
from comp_viz.figures.coordinator.by_availability import weights_by_availability_title
from comp_viz.figures.coordinator.heading import (
    coordinator_facts,
    coordinator_heading,
    right_head_weighted,
    weight_by_availability,
    weight_range,
)
from comp_viz.figures.coordinator.reweighting import other_weights_title
from comp_viz.figures.coordinator.simplex import simplex_title
from comp_viz.figures.coordinator.strips import correctness_title, emotions_title
from comp_viz.figures.coordinator.weights_along import weights_title
from comp_viz.network.intervention import Intervention
from comp_viz.wording import percent

NAMES = ("audio", "text", "video")
SCORE, CLASSES = Task("sentiment"), Task("emotion", ("calm", "glad", "cross"))


def made(rng, task=SCORE, S=40, M=3):
    """A prediction of random numbers, and labels of which some are unknown or neutral."""
    names = (*NAMES, "pose", "gaze")[:M]
    C = task.outputs
    values = rng.dirichlet(np.ones(C), (M + 1, S)) if task.classes else rng.normal(size=(M + 1, S, 1))
    heads = {name: values[u].astype(np.float32) for u, name in enumerate(names)}
    coordinator = rng.dirichlet(np.full(M, 4.0), S).astype(np.float32)
    labels = (rng.integers(C, size=S) if task.classes else rng.integers(-3, 4, size=S)).astype(np.float32)
    labels[::9] = np.nan
    return Prediction(task, rng.random((S, M)) > 0.4, values[M].astype(np.float32), heads, coordinator, names), labels


def naive_decision(task, row):
    return int(np.argmax(row)) if task.classes else int(row[0] > task.neutral)


def naive_truth(task, label):
    if np.isnan(label) or (not task.classes and label == task.neutral):
        return None
    return int(label) if task.classes else int(label > task.neutral)


@pytest.fixture
def opened(small_checkpoint, small_lab):
    """A checkpoint, a conversation, and a matrix with something missing."""
    conversation = max(small_lab.conversations, key=len)
    observed = conversation.observed.copy()
    observed[1:4, 1] = False
    observed[2:5, 0] = False
    return load_checkpoint(small_checkpoint), conversation, observed


@pytest.mark.parametrize("M", [2, 3, 4])
def test_weights_are_summed_up_as_loops_do(rng, M):
    here, _ = made(rng, M=M)
    result = weight_summary(here)
    S = len(here.coordinator)
    total = sum(abs(float(here.coordinator[s, u]) - 1 / M) for s in range(S) for u in range(M))
    assert result.distance == pytest.approx(total / (S * M), abs=1e-6)
    assert sum(of.leads for of in result.by_modality.values()) == S
    for u, name in enumerate(here.modalities):
        of, seen, unseen = result.by_modality[name], [], []
        for s in range(S):
            (seen if here.observed[s, u] else unseen).append(float(here.coordinator[s, u]))
        assert (of.observed, of.missing) == (len(seen), len(unseen))
        assert of.difference == pytest.approx(np.mean(seen) - np.mean(unseen), abs=1e-6)
        assert of.low == min(seen + unseen)
        assert of.high == max(seen + unseen)


def test_the_farthest_from_equal_is_all_weight_on_one(rng):
    here, _ = made(rng)
    one_hot = replace(here, coordinator=np.eye(3, dtype=np.float32)[rng.integers(3, size=40)])
    result = weight_summary(one_hot)
    assert result.distance == pytest.approx(result.farthest)
    assert weight_summary(replace(here, coordinator=np.full((40, 3), 1 / 3, np.float32))).distance == pytest.approx(
        0, abs=1e-7
    )


def test_what_is_never_missing_has_no_difference(rng):
    here, _ = made(rng)
    whole = weight_summary(replace(here, observed=np.ones((40, 3), dtype=bool)))
    assert all(of.difference is None and of.where_missing is None for of in whole.by_modality.values())
    assert weight_by_availability(whole) == "No modality is observed in some utterances and missing in others"


def test_the_heading_says_how_far_from_equal_the_weights_are(rng):
    here, labels = made(rng)
    here = replace(here, coordinator=np.tile(np.float32([0.25, 0.7, 0.05]), (40, 1)))
    result = weight_summary(here)
    assert coordinator_heading(result) == (
        "Coordinator weights differ from 1/3 each: on average 0.05 (video) to 0.70 (text)"
    )
    near = weight_summary(replace(here, coordinator=np.tile(np.float32([0.33, 0.31, 0.36]), (40, 1))))
    assert (
        coordinator_heading(near) == "Coordinator weights are close to 1/3 each: on average 0.31 (text) to 0.36 (video)"
    )
    assert weight_range(result) == (
        "Weights of single utterances range from 0.05 (video) to 0.70 (text), 0.24 from equal on average"
    )
    assert weights_title(result) == "Text has the largest weight in 40 of 40 utterances"
    sentence = weight_by_availability(weight_summary(made(rng)[0]))
    assert sentence.startswith("The mean weight of ")
    assert f"is {0.25:.2f} where it is observed" in weight_by_availability(
        replace(result, by_modality={"audio": result.by_modality["audio"]})
    )
    facts = coordinator_facts(result, trust_in_heads(here, labels), disagreement(here, labels))
    assert facts.count(". ") == 3
    assert facts.endswith(").")


def test_fitted_axes_hold_every_weight_and_the_equal_ones(rng):
    one, two = made(rng)[0], made(rng)[0]
    low, high = weight_span(one, two)
    for p in (one, two):
        assert low <= p.coordinator.min()
        assert p.coordinator.max() <= high
        assert (p.coordinator >= np.array(weight_floor(one, two), dtype=np.float32) - 1e-6).all()
    assert low <= 1 / 3 <= high
    equal = replace(one, coordinator=np.full((40, 3), 1 / 3, np.float32))
    assert near_equal(equal) == 40
    assert simplex_title(equal) == "Every weight is within 0.05 of 1/3 in 40 of 40 utterances"
    low, high = weight_span(equal)
    assert low < 1 / 3 < high


@pytest.mark.parametrize("M", [2, 3, 4])
def test_availability_parts_the_utterances(rng, M):
    here, _ = made(rng, M=M)
    result = by_availability(here)
    assert sorted(np.concatenate([each.members for each in result.values()])) == list(range(40))
    for some, each in result.items():
        for s in each.members:
            assert tuple(np.array(here.modalities)[here.observed[s]]) == some
        np.testing.assert_allclose(each.mean, here.coordinator[each.members].mean(0), rtol=1e-5)
        assert (each.low <= each.high).all()
    assert list(map(len, result)) == sorted(map(len, result))


def test_every_subset_of_a_few_modalities_and_the_telling_ones_of_many():
    assert len(kept_subsets(NAMES)) == 7
    assert len(kept_subsets(("a", "b", "c", "d"))) == 15
    many = kept_subsets(tuple("abcdefg"))
    assert len(many) == 7 + 7 + 1
    assert len(set(many)) == len(many)
    assert subset_name((), NAMES) == "nothing"
    assert subset_name(NAMES, NAMES) == "all"
    assert subset_name(("a", "b", "d"), tuple("abcd")) == "all but c"
    assert subset_name(("audio", "text"), NAMES) == "audio + text"


def test_left_with_takes_everything_else_away(rng):
    observed = rng.random((20, 3)) > 0.3
    left = left_with(NAMES, observed, ("text", "video"))
    assert not left[:, 0].any()
    np.testing.assert_array_equal(left[:, 1:], observed[:, 1:])


def test_fixed_patterns_are_what_the_model_says_under_them(opened):
    checkpoint, conversation, _ = opened
    names = tuple(conversation.features)
    runs = {
        kept: predict_conversation(checkpoint, conversation, left_with(names, conversation.observed, kept))
        for kept in kept_subsets(names)
    }
    result = by_subset(runs)
    for kept, each in result.items():
        observed = conversation.observed.copy()
        for u, name in enumerate(names):
            if name not in kept:
                observed[:, u] = False
        again = predict_conversation(checkpoint, conversation, observed).coordinator.mean(0)
        np.testing.assert_allclose(each.mean, again, atol=1e-6)
    alone = {name: result[(name,)].mean[u] for u, name in enumerate(names)}
    together = result[names].mean
    gaps = [abs(alone[name] - together[u]) for u, name in enumerate(names)]
    u = int(np.argmax(gaps))
    assert weights_by_availability_title(result, names) == (
        f"The mean weight of {names[u]} is {alone[names[u]]:.2f} with {names[u]} alone and {together[u]:.2f} with all modalities"
    )


@pytest.mark.parametrize("task", [SCORE, CLASSES, Task("score", (), 1, 7, 5)])
def test_emotions_are_classes_or_sides_of_neutral(rng, task):
    here, labels = made(rng, task)
    for name, label in zip(emotion_labels(task, labels), labels, strict=True):
        if np.isnan(label):
            assert name == UNKNOWN
        elif task.classes:
            assert name == task.classes[int(label)]
        else:
            assert name == ("negative" if label < task.neutral else "positive" if label > task.neutral else "neutral")
    groups = by_emotion(here, labels)
    assert sum(len(each.members) for each in groups) == len(labels)
    assert all(len(each.members) for each in groups)


def test_the_emotion_sentence_names_the_widest_gap(rng):
    here, labels = made(rng)
    here = replace(here, coordinator=here.coordinator.copy())
    here.coordinator[labels < 0] = [0.8, 0.1, 0.1]
    here.coordinator[labels > 0] = [0.1, 0.45, 0.45]
    here.coordinator[labels == 0] = [0.3, 0.35, 0.35]
    sentence = emotions_title(by_emotion(here, labels), NAMES)
    assert sentence == "The mean weight of audio is 0.80 in negative and 0.10 in positive utterances"
    rare = np.where(np.arange(40) < 2, 0, np.where(np.arange(40) % 2, 1, -1)).astype(np.float32)
    here.coordinator[:2] = [0.98, 0.01, 0.01]
    assert "neutral" not in emotions_title(by_emotion(here, rare), NAMES)
    assert "neutral" in emotions_title(by_emotion(here, np.abs(rare)), NAMES)  # nothing else to compare with
    assert emotions_title(by_emotion(here, np.full(40, np.nan)), NAMES) == "No utterance has a label"
    assert emotions_title(by_emotion(here, np.full(40, 2.0)), NAMES) == "Every labelled utterance is positive"


@pytest.mark.parametrize("task", [SCORE, CLASSES])
def test_trust_compares_what_heads_get_right_and_wrong(rng, task):
    here, labels = made(rng, task)
    result = trust_in_heads(here, labels)
    for u, name in enumerate(here.modalities):
        right, wrong = [], []
        for s, label in enumerate(labels):
            truth = naive_truth(task, label)
            if truth is not None:
                (right if naive_decision(task, here.heads[name][s]) == truth else wrong).append(s)
        each = result[name]
        assert each.right.tolist() == right
        assert each.wrong.tolist() == wrong
        w = here.coordinator[:, u]
        pairs = [(w[i] > w[j]) + 0.5 * (w[i] == w[j]) for i, j in product(right, wrong)]
        assert each.auc == pytest.approx(np.mean(pairs))
        assert each.mean_right == pytest.approx(w[right].mean())
        assert each.interval[0] <= each.auc <= each.interval[1]


def test_an_auc_turns_round_with_its_groups(rng):
    up, down = rng.normal(1, 1, 12).round(1), rng.normal(0, 1, 9).round(1)
    assert auc(up, down) == pytest.approx(1 - auc(down, up))
    low, high = auc_interval(auc(up, down), 12, 9)
    np.testing.assert_allclose(auc_interval(auc(down, up), 9, 12), (1 - high, 1 - low), atol=1e-3)
    assert auc(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1


def test_an_interval_has_a_width_at_the_ends_and_narrows_with_more():
    low, high = auc_interval(1.0, 6, 6)
    assert low < 0.9
    assert high == 1
    narrow = auc_interval(0.7, 200, 200)
    assert narrow[1] - narrow[0] < 0.5 * np.subtract(*auc_interval(0.7, 20, 20)[::-1])


@pytest.mark.parametrize("apart", [0.0, 0.8])
def test_an_interval_holds_the_true_area_as_often_as_it_says(rng, apart):
    from scipy.stats import norm

    true = norm.cdf(apart / np.sqrt(2))
    held = 0
    for _ in range(400):
        low, high = auc_interval(auc(rng.normal(apart, 1, 40), rng.normal(0, 1, 15)), 40, 15)
        held += low <= true <= high
    assert 0.92 <= held / 400 <= 0.99


def test_few_answers_say_nothing_and_clear_ones_do(rng):
    here, labels = made(rng)
    labels[:] = 1.0
    wrong = np.arange(40) < FEWEST_ANSWERS - 1
    sure = replace(here, heads={name: np.where(wrong[:, None], -1.0, 1.0).astype(np.float32) for name in NAMES})
    result, apart = trust_in_heads(sure, labels), disagreement(sure, labels)
    assert all(each.auc is not None and each.interval is None for each in result.values())
    assert (
        correctness_title(result, apart)
        == "Too few right or wrong answers among 40 labelled utterances to trust an AUC"
    )
    assert right_head_weighted(apart).endswith("which utterances are easy, not which head is right")
    wrong = np.arange(40) < 15
    coordinator = np.where(wrong[:, None], [0.1, 0.45, 0.45], [0.5, 0.25, 0.25]).astype(np.float32)
    follows = replace(
        here,
        coordinator=coordinator,
        heads={name: np.where(wrong[:, None], -1.0, 1.0).astype(np.float32) for name in NAMES},
    )
    result = trust_in_heads(follows, labels)
    assert result["audio"].auc == 1
    assert result["audio"].differs_from_chance
    sentence = correctness_title(result, disagreement(follows, labels))
    assert sentence == "The weight of audio is larger where its own head is right (AUC 1.00)"
    against = {name: result[name] for name in ("text", "video")}
    assert correctness_title(against, disagreement(follows, labels)) == (
        "The weight of text is smaller where its own head is right (AUC 0.00)"
    )
    nothing = np.full(40, np.nan, np.float32)
    assert (
        correctness_title(trust_in_heads(here, nothing), disagreement(here, nothing))
        == "No utterance has a label to compare the heads with"
    )


@pytest.mark.parametrize("task", [SCORE, CLASSES])
def test_disagreement_counts_whom_the_coordinator_believes(rng, task):
    here, labels = made(rng, task)
    result = disagreement(here, labels)
    apart, trusted, chance, labelled = [], 0, 0.0, 0
    for s, label in enumerate(labels):
        truth = naive_truth(task, label)
        if truth is None:
            continue
        labelled += 1
        right = [naive_decision(task, here.heads[name][s]) == truth for name in here.modalities]
        if 0 < sum(right) < 3:
            apart.append(s)
            trusted += right[int(here.coordinator[s].argmax())]
            chance += sum(right) / 3
    assert result.utterances.tolist() == apart
    assert (result.labelled, result.trusted_right) == (labelled, trusted)
    assert result.by_chance == pytest.approx(chance)


def test_given_weights_are_normalised():
    assert normalised_weights((1, 1, 2)) == (0.25, 0.25, 0.5)
    assert normalised_weights((0, 0)) == (0.5, 0.5)
    for weights_ in fixed_weights(NAMES).values():
        assert sum(weights_) == pytest.approx(1)
    assert fixed_weights(NAMES)["only text"] == (0, 1, 0)


def test_other_weights_are_the_model_run_again(opened):
    checkpoint, conversation, observed = opened
    trained = predict_conversation(checkpoint, conversation, observed)
    given = fixed_weights(NAMES) | {BY_HAND: normalised_weights((0.2, 0.5, 0.1))}
    runs = {
        name: predict_conversation(checkpoint, conversation, observed, Intervention(weights=weights_))
        for name, weights_ in given.items()
    }
    result = compare_weightings({LEARNED: trained} | runs, conversation.labels)
    assert not result[LEARNED].differs.any()
    assert np.abs(result["only audio"].followed - result[LEARNED].followed).max() > 1e-3
    for name, weights_ in given.items():
        np.testing.assert_allclose(
            result[name].prediction.coordinator, np.tile(weights_, (len(observed), 1)), atol=1e-6
        )
        for head, values in result[name].prediction.heads.items():  # the coordinator comes after the heads
            np.testing.assert_array_equal(values, trained.heads[head])


@pytest.mark.parametrize("task", [SCORE, CLASSES])
def test_weightings_are_counted_as_loops_do(rng, task):
    (first, labels), (second, _) = made(rng, task), made(rng, task)
    result = compare_weightings({LEARNED: first, EQUAL: second}, labels)[EQUAL]
    differs, hits, judged, errors = 0, 0, 0, []
    for s, label in enumerate(labels):
        before, now = (naive_decision(task, p.fused[s]) for p in (first, second))
        differs += before != now
        column = before if task.classes else 0
        assert result.followed[s] == second.fused[s, column]
        assert result.moved[s] == second.fused[s, column] - first.fused[s, column]
        if (truth := naive_truth(task, label)) is not None:
            judged, hits = judged + 1, hits + (now == truth)
        if not np.isnan(label):
            errors.append(1 - second.fused[s, int(label)] if task.classes else abs(second.fused[s, 0] - label))
    assert result.differs.sum() == differs
    assert result.judged.sum() == judged
    assert result.accuracy == pytest.approx(hits / judged)
    assert result.error == pytest.approx(np.mean(errors), rel=1e-5)
    assert result.interval[0] < result.accuracy < result.interval[1]


def test_a_share_of_all_or_nothing_still_has_an_interval():
    low, high = interval_of_share(20, 20)
    assert 0.8 < low < 0.9
    assert high == pytest.approx(1)
    assert interval_of_share(0, 20) == pytest.approx((1 - high, 1 - low))


def test_sentences_about_other_weights(rng):
    (first, labels), (second, _) = made(rng), made(rng)
    runs = {LEARNED: first, EQUAL: first, "only audio": second, "only text": first, BY_HAND: second}
    result = compare_weightings(runs, labels)
    changed = int(result["only audio"].differs.sum())
    assert other_weights_title(result) == f"Equal weights change none of 40 decisions, all weight on audio {changed}"
    without = other_weights_title(compare_weightings({EQUAL: first, "only audio": second}, labels))
    assert without == f"All weight on audio changes {changed} of 40 decisions"
    same = other_weights_title(compare_weightings({LEARNED: first, EQUAL: first, "only audio": first}, labels))
    assert same == "Neither equal weights nor all weight on one modality changes any of 40 decisions"
    learned, audio = result[LEARNED].accuracy, result["only audio"].accuracy
    sentence = f"Accuracy is {percent(learned)} with {LEARNED}, {percent(learned)} with {EQUAL}"
    assert reweighted_accuracy_title(result) == sentence + f", {percent(audio)} with only audio" * (audio > learned)
    unlabelled = compare_weightings(runs, np.full(40, np.nan, np.float32))
    assert reweighted_accuracy_title(unlabelled) == "No utterance has a label to compare predictions with"
    neutral = compare_weightings(runs, np.zeros(40, np.float32))  # errors, but no decision to judge
    best = min(neutral, key=lambda name: neutral[name].error)
    assert reweighted_accuracy_title(neutral).startswith(
        f"The mean error is smallest with {best}: {neutral[best].error:.3f}"
    )


@pytest.mark.parametrize("task", [SCORE, CLASSES])
def test_tables_hold_what_charts_show(rng, task):
    here, labels = made(rng, task)
    table = weights_table(here, labels)
    np.testing.assert_array_equal(table.weight.to_numpy().reshape(40, 3), here.coordinator)
    right = table[(table.modality == "text") & (table["own head"] == "right")].utterance.to_numpy() - 1
    assert right.tolist() == trust_in_heads(here, labels)["text"].right.tolist()
    available = by_availability(here)
    fixed = by_subset(dict.fromkeys(kept_subsets(NAMES), here))
    rows = availability_table(available, fixed)
    assert len(rows) == 3 * (len(available) + len(fixed))
    of = trust_table(trust_in_heads(here, labels)).set_index("modality")
    assert of.loc["text", "AUC"] == trust_in_heads(here, labels)["text"].auc
    result = compare_weightings({LEARNED: here, EQUAL: made(rng, task)[0]}, labels)
    long = weightings_table(result, labels)
    assert len(long) == 80
    assert long[long.weights == EQUAL].differs.sum() == result[EQUAL].differs.sum()
    shares = accuracy_table(result).set_index("weights")
    assert shares.loc[EQUAL, "accuracy"] == result[EQUAL].accuracy


def test_tables_bear_conversations_without_labels(rng):
    here, labels = made(rng)
    labels[:] = np.nan
    assert trust_table(trust_in_heads(here, labels)).AUC.isna().all()
    assert accuracy_table(compare_weightings({LEARNED: here}, labels)).accuracy.isna().all()
    assert set(weights_table(here, labels)["own head"]) == {"not judged"}
