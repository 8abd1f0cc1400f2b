"""The Claims page: the rule, each verdict from tables that make it, the numbers, and every sentence that quotes one."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from page_cases import write_case
from scipy import stats
from test_results import frame, row

from comp_viz.analysis.claims.accuracies import ALONE, COMP, GAP, LACKING, WITHOUT_PROMPTS
from comp_viz.analysis.claims.counterparts import counterpart_roles
from comp_viz.analysis.claims.effect import Effect, effect_of_mean, effect_of_ratio, effect_of_resamples
from comp_viz.analysis.claims.inside_sums import (
    ALL_MODALITIES,
    BEST_HEAD,
    BEYOND_NEIGHBOURS,
    OBSERVED,
    RIGHT_HEADS,
    LabelledFeatures,
    conversation_evidence,
)
from comp_viz.analysis.claims.measured import (
    MEASURED_SCHEMA,
    MEASURED_TABLE,
    claim_sums,
    read_claim_sums,
    sums_of_rows,
    write_claim_sums,
)
from comp_viz.analysis.claims.predicted import conversation_hits, predicted_evidence
from comp_viz.analysis.claims.separation import separation_sums
from comp_viz.analysis.claims.shipped_claims import RULES, shipped_claims
from comp_viz.analysis.claims.table_evidence import claim_rows, table_accuracies
from comp_viz.analysis.claims.verdict import Evidence, Judgement, Outcome, Rule, Verdict, judge_claims, verdict_of
from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.results import read_results
from comp_viz.analysis.stats.bootstrap import resampled
from comp_viz.checkpoint.card import read_card
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.source import open_data
from comp_viz.errors import CompVizError
from comp_viz.figures.claims.effects import effects_chart, effects_table, effects_title
from comp_viz.figures.claims.facts import source_facts
from comp_viz.figures.claims.heading import claims_heading, verdict_table, verdict_words
from comp_viz.figures.claims.published import NO_PUBLISHED_NUMBER, published_words
from comp_viz.figures.claims.testing import no_counterpart
from comp_viz.figures.claims.words import CLAIM_WORDS, least_words
from comp_viz.figures.style import LIGHT
from comp_viz.resources import shipped
from comp_viz.stories import read_story
from comp_viz.ui.claims.sections import effect_line
from comp_viz.wording import HEADING
from recipes.claims import measure_split

ROOT = Path(__file__).parents[1]
RATES = ("uniform(0)", "uniform(0.3)", "uniform(0.5)")
U = ("audio", "text", "video")


@pytest.fixture(scope="module")
def judged():
    """The seven claims by the shipped tables."""
    return shipped_claims(shipped("results"))


# The rule

SEEN, ABSENT, OPEN = Outcome.SEEN, Outcome.ABSENT, Outcome.OPEN


@pytest.mark.parametrize(
    ("primary", "parts", "verdict"),
    [
        (SEEN, [SEEN, SEEN], Verdict.HOLDS),
        (SEEN, [], Verdict.HOLDS),
        (SEEN, [SEEN, ABSENT], Verdict.IN_PART),
        (SEEN, [OPEN], Verdict.IN_PART),
        (OPEN, [SEEN, OPEN], Verdict.IN_PART),
        (ABSENT, [SEEN], Verdict.IN_PART),
        (ABSENT, [ABSENT, OPEN], Verdict.NOT_SEEN),
        (OPEN, [ABSENT, ABSENT], Verdict.UNKNOWN),
        (OPEN, [], Verdict.UNKNOWN),
    ],
    ids=["all", "no parts", "one absent", "one open", "a part", "a part alone", "absent", "open", "open alone"],
)
def test_a_verdict_follows_from_outcomes(primary, parts, verdict):
    assert verdict_of(primary, parts) is verdict


@pytest.mark.parametrize(
    ("low", "high", "p", "outcome"),
    [
        (0.01, 0.03, 0.01, SEEN),
        (0.01, 0.03, 0.06, OPEN),
        (-0.01, 0.03, 0.01, OPEN),
        (-0.03, 0.004, 0.9, ABSENT),
        (0.001, 0.004, 0.001, ABSENT),
        (-0.03, -0.02, 0.001, ABSENT),
        (np.nan, np.nan, 0.001, OPEN),
    ],
    ids=["above zero", "by chance", "around zero", "below the least", "too small", "the other way", "no interval"],
)
def test_an_outcome_follows_from_an_interval(low, high, p, outcome):
    assert Rule(0.005).outcome(Effect("all", 0.0, low, high, p), p) is outcome


def test_all_seven_claims_count_in_holms_method_also_those_without_a_measurement():
    evidence = Evidence(Effect("all", 0.02, 0.01, 0.03, 0.01), (), 5, "training seed")
    assert judge_claims({"gap": evidence}, RULES)["gap"].p == pytest.approx(7 * 0.01)
    assert judge_claims({"gap": evidence}, RULES)["gap"].verdict is Verdict.UNKNOWN
    assert judge_claims({"gap": evidence}, {"gap": Rule(0.005)})["gap"].verdict is Verdict.HOLDS


# Tables that make each verdict

LARGE, NOTHING, NOISE = 0.05, 0.0, 0.0005
# Verdict -> what each part of ComP is worth, alone minus jointly, gap without prompts, gap without the modulator, spread of units
SCENARIOS = {
    Verdict.HOLDS: ([LARGE] * 4, LARGE, LARGE, LARGE, NOISE),
    Verdict.IN_PART: ([LARGE, LARGE, NOTHING, NOTHING], NOTHING, LARGE, LARGE, NOISE),
    Verdict.NOT_SEEN: ([NOTHING] * 4, NOTHING, NOTHING, NOTHING, NOISE),
    Verdict.UNKNOWN: ([NOTHING] * 4, NOTHING, NOTHING, NOTHING, 0.1),
}


def accuracy_rows(verdict, unit):
    """Rows of all methods in five seeds or cuts, whose differences make the claims on accuracy come out as `verdict`."""
    worth, lost, gap, modulated, spread = SCENARIOS[verdict]
    rng = np.random.default_rng(4)
    heads = {
        COMP: (0.8, 0.0), WITHOUT_PROMPTS: (0.8 - gap, gap), ALONE: (0.8 - gap + lost, gap), "none": (0.7, 0.0),
        LACKING["gradient modulator"]: (0.8 - modulated, modulated),
    }  # fmt: skip
    fused = {COMP: 0.8, WITHOUT_PROMPTS: 0.8 - worth[1], ALONE: 0.7, "none": 0.8 - max(worth)}
    fused |= {name: 0.8 - one for name, one in zip(LACKING.values(), worth, strict=True)}
    rows = []
    for method, pattern, number in [(m, p, n) for m in fused for p in RATES for n in range(1, 6)]:
        # in part: prompts help at one rate alone
        extra = LARGE if verdict is Verdict.IN_PART and method == WITHOUT_PROMPTS and pattern == RATES[0] else 0.0
        least, width = heads.get(method, (0.8, 0.0))
        values = {"fused": fused[method] + extra} | dict(zip(U, (least + width, least, least), strict=True))
        for name, value in values.items():
            where = {"seed": number} if unit == "seed" else {"fold": number, "seed": 1}
            rate = float(pattern[8:-1])
            rows.append(row(method, pattern=pattern, predictor=name, ACC=value + spread * rng.standard_normal(), missing_rate=rate, mask_seeds=5, **where))  # fmt: skip
    return frame(rows).assign(data_digest="d", selection="by hand")


def inside_sums(verdict):
    """Sums over 40 conversations that make the claims on features and weights come out as `verdict`."""
    rng = np.random.default_rng(5)
    names = {
        "reconstruction": (ALL_MODALITIES, *U, BEYOND_NEIGHBOURS),
        "separation": (ALL_MODALITIES, *U),
        "coordinator": (BEST_HEAD, RIGHT_HEADS, OBSERVED),
    }
    effects = {
        Verdict.HOLDS: (0.3, 0.3),
        Verdict.IN_PART: (0.3, 0.0),
        Verdict.NOT_SEEN: (0.0, 0.0),
        Verdict.UNKNOWN: (0.0, 0.0),
    }
    spread = 2.0 if verdict is Verdict.UNKNOWN else 0.01

    def sums(place):
        noise = rng.standard_normal(40)
        per_entry = effects[verdict][place > 0] + spread * (noise - noise.mean())
        return np.column_stack([20 * per_entry, np.full(40, 20.0)])

    return {claim: {of: sums(place) for place, of in enumerate(parts)} for claim, parts in names.items()}


PROVENANCE = {
    "checkpoint": "c", "checkpoint_digest": "d", "data": "lab", "data_digest": "d", "split": "test", "pattern": "uniform(0.3)",
    "mask_seed": 0, "seed": 1, "trained_under": "uniform(0.3)", "select": "validation", "selection": "by hand",
}  # fmt: skip


def write_tables(folder, verdict):
    """All tables that the page judges by."""
    for name, unit in (("hazumi", "seed"), ("folds", "fold"), ("ablation", "seed")):
        accuracy_rows(verdict, unit).to_parquet(folder / f"{name}.parquet")
    ids = [f"c{number}" for number in range(40)]
    write_claim_sums(folder / MEASURED_TABLE, inside_sums(verdict), ids, PROVENANCE)


@pytest.mark.parametrize("verdict", SCENARIOS, ids=str)
def test_tables_make_each_verdict_of_each_claim(verdict, tmp_path):
    write_tables(tmp_path, verdict)
    made = shipped_claims(tmp_path)
    assert {key: one.judgement.verdict for key, one in made.items()} == dict.fromkeys(RULES, verdict)
    table = verdict_table({key: one.judgement for key, one in made.items()})
    assert list(table["verdict"]) == [verdict_words(verdict)] * 7
    assert "7 of 7 claims" in claims_heading({key: one.judgement for key, one in made.items()})
    for key, one in made.items():
        title = effects_title(one.judgement)
        assert len(title) <= HEADING
        assert len(effects_chart(key, one.judgement, RULES[key].least, title, LIGHT).data) == len(
            one.judgement.outcomes
        )


@pytest.mark.parametrize("lost", ["hazumi.parquet", MEASURED_TABLE])
def test_a_table_that_is_not_there_is_named(lost, tmp_path):
    write_tables(tmp_path, Verdict.HOLDS)
    (tmp_path / lost).unlink()
    with pytest.raises(CompVizError, match=Path(lost).name):
        shipped_claims(tmp_path)


def test_a_table_of_two_checkpoints_is_refused(tmp_path):
    write_tables(tmp_path, Verdict.HOLDS)
    path = tmp_path / MEASURED_TABLE
    rows = pq.read_table(path).to_pandas()
    rows.loc[3, "checkpoint"] = "another"
    rows.to_parquet(path)
    with pytest.raises(CompVizError, match="one checkpoint on one split"):
        read_claim_sums(path)


def test_a_method_that_a_table_lacks_leaves_its_claim_open(tmp_path):
    write_tables(tmp_path, Verdict.HOLDS)
    path = tmp_path / "ablation.parquet"
    rows = pd.read_parquet(path)
    rows[rows["method"] != LACKING["gradient modulator"]].to_parquet(path)
    made = shipped_claims(tmp_path)
    assert made["modulator"].judgement.verdict is Verdict.UNKNOWN
    assert LACKING["gradient modulator"] in made["modulator"].judgement.evidence.lacking
    assert made["components"].judgement.verdict is Verdict.IN_PART


# Numbers


def test_the_effect_of_prompts_is_students_over_the_cuts(judged):
    rows = read_results(shipped("results/folds.parquet"))
    fused = rows[(rows["predictor"] == "fused") & rows["ACC"].notna()]
    wide = fused.groupby(["method", "fold", "pattern"])["ACC"].mean()
    by_cut = (wide["comp"] - wide["no-prompting"]).groupby("fold").mean()
    low, high = stats.t.interval(0.95, len(by_cut) - 1, by_cut.mean(), stats.sem(by_cut))
    primary = judged["prompting"].judgement.evidence.primary
    assert (primary.value, primary.low, primary.high) == pytest.approx((by_cut.mean(), low, high))
    assert primary.p == pytest.approx(stats.ttest_1samp(by_cut, 0).pvalue)
    assert judged["prompting"].judgement.evidence.n == len(by_cut) == 5


def test_the_gap_is_that_between_the_best_and_the_worst_head_of_each_seed(judged):
    rows = read_results(shipped("results/hazumi.parquet"))
    heads = rows[rows["predictor"].isin(U)].groupby(["method", "seed", "pattern"])["ACC"].agg(["max", "min"])
    gap = (heads["max"] - heads["min"]).groupby(["method", "seed"]).mean()
    closed = gap["no-prompting"] - gap["comp"]
    part = next(one for one in judged["gap"].judgement.evidence.parts if one.of == GAP)
    assert part.value == pytest.approx(closed.mean())
    assert part.high - part.value == pytest.approx(stats.sem(closed) * stats.t.ppf(0.975, len(closed) - 1))


def test_a_ratio_is_resampled_over_conversations():
    rng = np.random.default_rng(2)
    sums = np.column_stack([rng.normal(1, 3, 30), rng.integers(3, 9, 30)])
    effect = effect_of_ratio("all", sums)
    drawn = resampled(sums)
    ratios = drawn[:, 0] / drawn[:, 1]
    assert effect.value == pytest.approx(sums[:, 0].sum() / sums[:, 1].sum())
    assert (effect.low, effect.high) == pytest.approx(tuple(np.quantile(ratios, [0.025, 0.975])))
    assert effect.p == pytest.approx(2 * (min((ratios <= 0).sum(), (ratios >= 0).sum()) + 1) / (len(ratios) + 1))
    assert effect.counted == sums[:, 1].sum()


def test_few_units_have_no_interval():
    assert not effect_of_ratio("all", np.ones((9, 2))).measured
    assert effect_of_ratio("all", np.ones((10, 2))).measured
    assert not effect_of_mean("all", np.array([0.3])).measured
    assert not effect_of_mean("all", np.array([0.3, np.nan])).measured
    assert not effect_of_resamples("all", float("nan"), np.ones(5), 20, 3).measured


def test_sums_of_a_conversation_are_those_of_plain_loops(small_checkpoint, small_lab):
    checkpoint, conversation = load_checkpoint(small_checkpoint), small_lab.split("test")[0]
    observed = conversation.observed.copy()
    observed[::2, 0] = observed[1::3, 2] = False
    here, complete = (look_inside(checkpoint, conversation, one) for one in (observed, conversation.observed))
    made = conversation_evidence(here, complete, conversation.labels)
    S, places, nearer, with_neighbours = len(conversation), [], 0, 0

    def cosine(x, y):
        return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))

    for i, u in enumerate(U):
        own = complete.propagated[u].astype(np.float64)
        for s in np.flatnonzero(~observed[:, i]):
            cosines = [cosine(here.propagated[u][s], own[j]) for j in range(S)]
            places.append((sum(one > cosines[s] for one in cosines) + 0.5) / S)
            beside = [own[j] for j in (s - 1, s + 1) if 0 <= j < S]
            nearer += cosines[s] > cosine(np.sum(beside, axis=0), own[s])
            with_neighbours += 1
    above, below = made.reconstruction[ALL_MODALITIES]
    assert below == len(places) == (~observed).sum()
    assert above == pytest.approx(sum(0.5 - place for place in places), abs=1e-3)
    assert made.reconstruction[BEYOND_NEIGHBOURS] == pytest.approx((nearer - with_neighbours / 2, with_neighbours))

    weights, heads = here.prediction.coordinator, np.stack([here.prediction.heads[u][:, 0] for u in U], axis=1)
    errors = np.abs(heads - conversation.labels[:, None])
    best = [weights[s, errors[s].argmin()] - 1 / 3 for s in range(S)]
    assert made.coordinator[BEST_HEAD] == pytest.approx((sum(best), S), abs=1e-5)
    some = [s for s in range(S) if 0 < observed[s].sum() < 3]
    beyond = sum(weights[s, observed[s]].sum() - observed[s].mean() for s in some)
    assert made.coordinator[OBSERVED] == pytest.approx((beyond, len(some)), abs=1e-5)
    for i, u in enumerate(U):
        np.testing.assert_array_equal(made.features[u].encoded, here.encoded[u][observed[:, i]])


def test_of_classes_the_best_head_is_the_surest_of_the_truth(tmp_path):
    data = write_case("four modalities", tmp_path)
    checkpoint, conversation = load_checkpoint(tmp_path / "checkpoints" / "case"), data.split("test")[0]
    inside = look_inside(checkpoint, conversation, conversation.observed)
    made = conversation_evidence(inside, inside, conversation.labels)
    prediction, beyond, labelled = inside.prediction, 0.0, 0
    for s, label in enumerate(conversation.labels):
        if not np.isnan(label):
            sure = [prediction.heads[u][s, int(label)] for u in prediction.modalities]
            beyond += prediction.coordinator[s, int(np.argmax(sure))] - 1 / 4
            labelled += 1
    assert 0 < labelled < len(conversation)
    assert made.coordinator[BEST_HEAD] == pytest.approx((beyond, labelled), abs=1e-5)
    assert made.reconstruction[ALL_MODALITIES] == (0, 0)  # nothing was taken away


def test_neighbours_are_those_of_other_conversations():
    rng = np.random.default_rng(3)
    made = []
    for _ in range(4):
        truth = rng.integers(2, size=8)
        made.append(
            {
                "audio": LabelledFeatures(
                    rng.standard_normal((8, 3)), rng.standard_normal((8, 3)) + 4 * truth[:, None], truth
                )
            }
        )
    sums = separation_sums(made)["audio"]
    points, truth = (np.concatenate([getattr(one["audio"], name) for one in made]) for name in ("propagated", "truth"))
    before = np.concatenate([one["audio"].encoded for one in made])
    of = np.repeat(range(4), 8)
    expected = np.zeros(4)
    for features, sign in ((points, 1), (before, -1)):
        for i in range(32):
            distance = np.where(of == of[i], np.inf, ((features - features[i]) ** 2).sum(1))
            expected[of[i]] += sign * (truth[distance.argsort()[:5]] == truth[i]).mean()
    assert sums[:, 0] == pytest.approx(expected)
    assert sums[:, 1].tolist() == [8] * 4
    assert separation_sums(made[:1]) == {}


def test_hits_of_two_checkpoints_give_the_difference_of_their_accuracies(small_checkpoint, small_lab):
    checkpoint = load_checkpoint(small_checkpoint)
    stream = Stream(small_lab.split("train"), checkpoint.standardise, checkpoint.model.device)
    hits = {rate: conversation_hits(checkpoint, small_lab.task, stream, rate) for rate in (0.0, 0.3, 0.5, 0.7)}
    worse = {rate: replace(one, hits={name: x * 0 for name, x in one.hits.items()}) for rate, one in hits.items()}
    evidence = predicted_evidence("prompting", {COMP: hits, WITHOUT_PROMPTS: worse}, U, "")
    accuracy = [one.hits["fused"].sum() / one.counted.sum() for one in hits.values()]
    assert evidence.primary.value == pytest.approx(np.mean(accuracy))
    assert [one.value for one in evidence.parts] == pytest.approx(accuracy)
    assert not evidence.primary.measured  # eight conversations


# Counterparts


def cards(*names):
    return [read_card(shipped(f"checkpoints/{name}/config.json")) for name in names]


def test_a_checkpoint_stands_for_what_it_lacks_and_only_where_all_else_is_alike():
    whole, without, other = cards("hazumi", "hazumi-no-prompting", "mosi")
    assert counterpart_roles(whole, without) == (WITHOUT_PROMPTS, LACKING["prompts"])
    assert counterpart_roles(whole, other) == counterpart_roles(whole, whole) == ()
    changed = replace(without.training, recipe=without.training.recipe | {"batch": 3})
    assert counterpart_roles(whole, replace(without, training=changed)) == ()
    reseeded = replace(without.training, recipe=without.training.recipe | {"seed": 99})
    assert counterpart_roles(whole, replace(without, training=reseeded))
    unknown = replace(without.training, recipe=without.training.recipe | {"no such option": 1})
    assert counterpart_roles(whole, replace(without, training=unknown)) == ()
    plain = replace(whole.training, recipe=whole.training.recipe | {"modulate": False})
    assert counterpart_roles(whole, replace(whole, training=plain)) == (LACKING["gradient modulator"],)


@pytest.mark.parametrize("key", ["gap", "prompting", "components", "modulator"])
def test_what_is_lacking_is_named_with_the_way_to_make_it(key):
    sentence = no_counterpart(key, "hazumi")
    flags = {
        "gap": "--no-prompting",
        "prompting": "--no-prompting",
        "components": "--no-propagation",
        "modulator": "--no-modulate",
    }
    assert flags[key] in sentence
    assert ("sweep" in sentence) == (key in ("gap", "components"))


# What ships


def test_the_shipped_sums_are_those_of_the_checkpoint(real_data):
    checkpoint, data = load_checkpoint(shipped("checkpoints/hazumi")), open_data(str(real_data / "hazumi_online.npz"))
    rows = read_claim_sums(shipped(f"results/{MEASURED_TABLE}"))
    assert list(rows.columns) == MEASURED_SCHEMA.names
    assert (rows["checkpoint_digest"].iloc[0], rows["data_digest"].iloc[0]) == (checkpoint.digest, data.digest)
    for claim, by_effect in claim_sums(measure_split(checkpoint, data)).items():
        kept = sums_of_rows(rows, claim)
        assert list(kept) == list(by_effect)
        for of, sums in by_effect.items():  # another processor may order two nearly equal cosines otherwise
            assert np.abs(sums - kept[of]).sum() <= 0.01 * kept[of][:, 1].sum(), (claim, of)


def test_the_documentation_gives_verdicts_tests_and_margins_as_they_are(judged):
    text = (ROOT / "docs" / "claims.md").read_text()
    rows = verdict_table({key: one.judgement for key, one in judged.items()}).to_dict("records")
    for number, (key, one) in enumerate(zip(RULES, rows, strict=True), 1):
        words = CLAIM_WORDS[key]
        assert f"| {number}. {one['claim']} | {one['verdict']} | {one['effect']} | {one['over']} |" in text
        margin = least_words(RULES[key].least, words.unit)
        assert f"| {number}. {words.name} | {words.test} | {margin} | {words.reason} |" in text


def test_what_cards_say_of_the_shipped_measurements_stands_in_the_tables(judged):
    results = shipped("results")
    acc = table_accuracies(claim_rows(results, "gap"), "seed")
    gaps = [f"{100 * acc.gap(method).mean():.1f}" for method in (ALONE, WITHOUT_PROMPTS, COMP)]
    assert (
        f"{gaps[0]} points alone, {gaps[1]} jointly without prompts and {gaps[2]} with ComP"
        in CLAIM_WORDS["gap"].shipped
    )
    alone = {u: acc.of(ALONE, u).mean() for u in U}
    leads = 100 * (acc.of(COMP) - acc.of(WITHOUT_PROMPTS)).mean(0)
    assert leads.min() > 0
    assert (
        f"by {leads.min():.1f} to {leads.max():.1f} points, on the same 38 dialogues"
        in CLAIM_WORDS["prompting"].shipped
    )
    parts = {one.of: one.value for one in judged["components"].judgement.evidence.parts}
    helping = [100 * value for of, value in parts.items() if of != "gradient modulator"]
    assert f"by {min(helping):.1f} to {max(helping):.1f} points" in CLAIM_WORDS["components"].shipped
    assert abs(parts["gradient modulator"]) < 0.0005
    assert judged["components"].judgement.evidence.n == 3
    place = judged["reconstruction"].judgement.evidence.primary.value
    assert f"The measured {100 * place:.0f} of 50 points" in CLAIM_WORDS["reconstruction"].shipped
    gains = {one.of: one.value for one in judged["separation"].judgement.evidence.parts}
    assert max(gains, key=gains.get) == min(alone, key=alone.get) == "video"
    best, right, _ = judged["coordinator"].judgement.evidence.effects
    assert f"differently in {right.counted} of about {round(best.counted, -3):,}" in CLAIM_WORDS["coordinator"].shipped
    acc = table_accuracies(claim_rows(results, "modulator"), "seed")
    with_it, without = (f"{100 * acc.gap(method).mean():.1f}" for method in (COMP, LACKING["gradient modulator"]))
    assert f"{with_it} points with the modulator and {without} without" in CLAIM_WORDS["modulator"].shipped


def test_the_story_says_what_the_verdicts_are(judged):
    steps = {step.show: step for step in read_story(shipped("stories/claims.yaml")).steps}
    says = {
        "gap": (Verdict.IN_PART, "only one of them is seen"),
        "prompting": (Verdict.UNKNOWN, "it cannot be told"),
        "components": (Verdict.UNKNOWN, "still no verdict"),
        "reconstruction": (Verdict.HOLDS, "This one holds"),
        "coordinator": (Verdict.NOT_SEEN, "Not seen is a result too"),
    }
    for key, (verdict, words) in says.items():
        assert judged[key].judgement.verdict is verdict
        assert words in steps[f"claim_{key}_effects"].say
    assert judged["components"].judgement.evidence.primary.low > 0
    assert judged["coordinator"].judgement.outcomes[0] is Outcome.ABSENT


def test_every_card_names_what_it_was_measured_on_and_says_how_epochs_were_chosen(judged):
    for one in judged.values():
        facts = dict(source_facts(one.source))
        assert re.search(r"SHA-256 [0-9a-f]{8}", facts["Data"])
        assert "validation" in facts["Selection protocol"] or "held out" in facts["Selection protocol"]
        assert len(facts["Selection protocol"]) < 450
        assert "optimistic" in dict(source_facts(replace(one.source, on_test=True)))["Selection protocol"]


def test_what_the_paper_prints_is_the_difference_of_its_rows(judged):
    table = pd.read_csv(shipped("results/published.csv")).query(
        "table == 3 and metric == 'ACC' and dataset == 'CMUMOSI'"
    )
    flags = ["knowledge_propagation", "prompt_generation", "coordinator", "gradient_modulation"]
    by_row = table.pivot_table(index="missing_rate", columns=flags, values="value_percent")
    gain = by_row[1, 1, 1, 1] - by_row[1, 0, 1, 1]
    printed = next(one for one in judged["prompting"].published if one.dataset == "CMUMOSI")
    assert (100 * printed.mean, 100 * printed.low, 100 * printed.high) == pytest.approx(
        (gain.mean(), gain.min(), gain.max())
    )
    words = published_words(judged["prompting"].published)
    assert f"Prompts +{gain.mean():.1f} points on CMU-MOSI (+{gain.min():.1f} to +" in words
    assert {one.of for one in judged["components"].published} == {"all four together", *LACKING}
    assert published_words(judged["gap"].published) == NO_PUBLISHED_NUMBER


@pytest.mark.parametrize(
    ("outcomes", "title"),
    [
        ((SEEN, SEEN, SEEN), "All 3 effects are seen"),
        ((ABSENT, OPEN, OPEN), "None of 3 effects is seen"),
        ((OPEN, SEEN, ABSENT), "1 of 3 effects is seen: audio"),
        ((SEEN, OPEN, SEEN), "2 of 3 effects are seen: all, text"),
    ],
)
def test_a_chart_says_which_of_its_marks_are_filled(outcomes, title):
    effects = [Effect(name, 0.02, 0.01, 0.03, 0.01) for name in ("all", "audio", "text")]
    assert (
        effects_title(Judgement(Evidence(effects[0], tuple(effects[1:]), 5, "training seed"), 0.01, outcomes)) == title
    )


@pytest.mark.parametrize(("low", "p", "said"), [(0.006, 0.068, True), (0.006, 0.01, False), (-0.006, 0.61, False)])
def test_an_interval_above_zero_that_holm_leaves_to_chance_is_explained(low, p, said):
    effect = Effect("all four together", 0.012, low, 0.018, p)
    words = effect_line("components", Judgement(Evidence(effect, (), 3, "training seed"), p, (OPEN,)))
    assert words.endswith(", not below 0.05, so it may be chance.") == said


@pytest.mark.parametrize("key", RULES)
def test_headings_are_short_and_numbers_complete(key, judged):
    one = judged[key].judgement
    title = effects_title(one)
    assert len(title) <= HEADING
    assert len(f"{verdict_words(one.verdict)}: {CLAIM_WORDS[key].name}") <= HEADING
    assert len(effects_table(key, one)) == 1 + len(one.evidence.parts)
    assert (shipped("pages") / f"{CLAIM_WORDS[key].page}.py").is_file()
