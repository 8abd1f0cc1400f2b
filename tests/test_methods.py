"""The compared methods, folds for data without any, and the linear reference."""

import warnings
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge

from comp_viz.__main__ import parser_for
from comp_viz.data.batch import Standardiser
from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.data.lab.make import lab
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.source import open_data
from comp_viz.errors import CompVizError
from comp_viz.evaluation import linear
from comp_viz.evaluation.evaluate import measure_patterns
from comp_viz.evaluation.linear import UtteranceFeatures, fit_linear
from comp_viz.methods.recipe import PUBLISHED, Recipe
from comp_viz.network.config import ComPConfig
from comp_viz.sweep.file import Sweep
from comp_viz.sweep.plan import plan_sweep
from comp_viz.training.background import SMALL, small_options
from comp_viz.training.contenders import ABLATION, CONTENDERS, KEPT_FIELDS, find_contender
from comp_viz.training.folds import FOLDS, with_fold
from comp_viz.training.resolve import ResolvedRecipe
from comp_viz.training.run import train

CONFIG = ComPConfig(("audio", "text"), (5, 4), 3, 20, hidden=8, momentum=0.6)
RECIPE = ResolvedRecipe(
    missing="uniform(0.2)", seed=3, first_epochs=2, second_epochs=5, bank=4, clip=None, select="test"
)


def changed(before, after):
    """Fields that a method set otherwise."""
    return {name: value for name, value in asdict(after).items() if asdict(before)[name] != value}


# Methods


def test_comp_and_linear_take_what_all_share():
    for name in ("comp", "linear"):
        assert CONTENDERS[name].change(CONFIG, RECIPE) == (CONFIG, RECIPE)


def test_the_ablation_has_the_eight_rows_of_table_3():
    assert len(ABLATION) == len(set(ABLATION.values())) == 8
    for name, (propagation, prompting, coordination, modulate) in ABLATION.items():
        config, recipe = CONTENDERS[name].change(CONFIG, RECIPE)
        assert (config.propagation, config.prompting, config.coordination) == (propagation, prompting, coordination)
        assert recipe.modulate == modulate
        assert set(changed(CONFIG, config)) <= {"propagation", "prompting", "coordination"}
        assert set(changed(RECIPE, recipe)) <= {"modulate"}
        kept = [part for part, flag in zip(("KP", "PG", "Cr", "GM"), ABLATION[name], strict=True) if flag]
        assert name == {"": "none", "KP+PG+Cr+GM": "comp"}.get("+".join(kept), "+".join(kept))


def test_the_baseline_is_without_prompts_and_nothing_else():
    config, recipe = CONTENDERS["no-prompting"].change(CONFIG, RECIPE)
    assert changed(CONFIG, config) == {"prompting": False}
    assert recipe == RECIPE


def test_alone_spends_all_epochs_on_the_first_stage():
    config, recipe = CONTENDERS["alone"].change(CONFIG, RECIPE)
    assert changed(CONFIG, config) == {"prompting": False, "coordination": False}
    assert changed(RECIPE, recipe) == {
        "first_epochs": 7, "second_epochs": 0, "reconstruction_weight": 0, "disentanglement_weight": 0,
    }  # fmt: skip


def test_alone_no_modality_hears_of_another(small_lab, small_config, tmp_path):
    def texts(data, change):
        conversations = [
            replace(c, features={**c.features, "audio": change(c.features["audio"])}) for c in data.conversations
        ]
        return DataSet(data.name, data.task, tuple(conversations), data.sources, data.licence)

    recipe = Recipe(first_epochs=1, second_epochs=1, batch=3, bank=2, gradient_norm=None)
    result = []
    for number, change in enumerate((lambda x: x, lambda x: x[::-1].copy())):
        config, alone = CONTENDERS["alone"].change(small_config, recipe)
        card = train(texts(small_lab, change), config, alone, tmp_path / str(number), torch.device("cpu"))
        result.append({m.predictor: m.mean for m in card.measurements if m.pattern == "uniform(0)"})
    assert result[0]["text"] == result[1]["text"]
    assert result[0]["audio"] != result[1]["audio"]


def test_published_is_as_published_whatever_the_others_share():
    config, recipe = CONTENDERS["published"].change(CONFIG, RECIPE)
    assert (config.hidden, config.momentum, config.modalities, config.max_length) == (256, 0.3, ("audio", "text"), 20)
    assert {name: getattr(recipe, name) for name in KEPT_FIELDS} == {
        name: getattr(RECIPE, name) for name in KEPT_FIELDS
    }
    assert set(changed(PUBLISHED, recipe)) <= set(KEPT_FIELDS)


def test_an_unknown_method_is_refused_with_those_there_are():
    with pytest.raises(CompVizError, match=r"'best'.*comp, published, no-prompting, alone, linear"):
        find_contender("best")


# Folds


def test_every_conversation_is_tested_on_once(small_lab):
    tested = []
    for fold in range(1, FOLDS + 1):
        data = with_fold(small_lab, fold)
        assert {c.id for c in data.split("train")} | {c.id for c in data.split("test")} == set(small_lab.rows)
        tested += [c.id for c in data.split("test")]
        assert all(c.split == "test" for c in data.split("test"))
    assert sorted(tested) == sorted(small_lab.rows)
    assert len({with_fold(small_lab, fold).digest for fold in range(1, FOLDS + 1)}) == FOLDS


def named(data, names):
    """The data set with one speaker a conversation."""
    conversations = [replace(c, speakers=(name,) * len(c)) for c, name in zip(data.conversations, names, strict=True)]
    return DataSet("Named", data.task, tuple(conversations), data.sources, data.licence)


def test_speakers_stay_in_one_fold(small_lab):
    data = named(small_lab, [f"speaker {row % 7}" for row in range(14)])
    for fold in range(1, FOLDS + 1):
        parts = with_fold(data, fold)
        training, test = ({name for c in parts.split(s) for name in c.speakers} for s in ("train", "test"))
        assert test
        assert not training & test


def test_folds_are_of_about_the_same_size():
    data = lab(LabSettings(conversations=(40, 5, 5), lengths=(4, 30)))
    sizes = [sum(map(len, with_fold(data, fold).split("test"))) for fold in range(1, FOLDS + 1)]
    assert max(sizes) - min(sizes) < 10


def test_folds_are_numbered_from_the_one_with_the_longest_conversation(small_lab):
    """Shipped tables name folds by number."""
    longest = sorted(small_lab.conversations, key=len, reverse=True)
    for number in range(1, FOLDS + 1):
        tested = {one.id for one in with_fold(small_lab, number).split("test")}
        assert {one.id for one in longest[:FOLDS]} & tested == {longest[number - 1].id}


def test_too_few_conversations_for_folds_are_refused(small_lab):
    with pytest.raises(CompVizError, match=r"5 folds.*got 3"):
        with_fold(replace(small_lab, conversations=small_lab.conversations[:3], digest="few"), 1)


# The linear reference


def parts(data):
    return data.split("train"), data.split("validation"), data.split("test")


def judged(data, missing="uniform(0)", seed=0, **task):
    training, selection, test = parts(data)
    model = fit_linear(data.task, training, selection, missing, ["uniform(0)", "uniform(0.5)"], seed)
    return model, model.evaluator(test), Utterances.of(test)


@pytest.fixture(scope="module")
def middle_lab():
    return lab(LabSettings(conversations=(60, 15, 30), lengths=(5, 15)))


def test_it_is_plain_regression_where_nothing_is_missing(middle_lab, monkeypatch):
    monkeypatch.setattr(linear, "INVERSE_STRENGTHS", (0.01,))
    monkeypatch.setattr(linear, "RIDGES", (100.0,))
    monkeypatch.setattr(linear, "PATTERN_SAMPLES", 1)
    _, judge, test = judged(middle_lab)
    result = judge(test.observed)["fused"]
    standardise = Standardiser.fit(middle_lab.split("train"))

    def gather(split):
        x = [[standardise(n, f) for n, f in c.features.items()] for c in middle_lab.split(split)]
        return np.concatenate([np.concatenate(one, 1) for one in x]), np.concatenate(
            [c.labels for c in middle_lab.split(split)]
        )

    (x, y), (other, truth) = gather("train"), gather("test")
    signs, scores = LogisticRegression(C=0.01, max_iter=300).fit(x, y > 0), Ridge(100.0).fit(x, y)
    assert result["ACC"] == pytest.approx(signs.score(other, truth > 0))
    assert result["MAE"] == pytest.approx(np.abs(scores.predict(other) - truth).mean(), rel=1e-4)
    assert result["CORR"] == pytest.approx(np.corrcoef(scores.predict(other), truth)[0, 1], rel=1e-4)


def test_a_head_hears_nothing_of_other_modalities(middle_lab):
    _, judge, test = judged(middle_lab, "uniform(0.3)")
    without = test.observed.copy()
    without[:, 0] = False
    whole, rest = judge(test.observed), judge(without)
    assert set(whole) == {"fused", *middle_lab.modalities}
    assert whole["text"] == rest["text"]
    assert whole["video"] == rest["video"]
    assert whole["audio"] != rest["audio"]
    assert whole["fused"] != rest["fused"]


def test_training_on_masked_data_helps_where_much_is_missing(middle_lab):
    data = lab(LabSettings(conversations=(200, 30, 100), strengths=(0.3, 2.5, 0.3)))
    accuracy = {}
    for missing in ("uniform(0)", "rates(text=0.9)"):
        _, judge, test = judged(data, missing)
        drawn = Pattern.parse("rates(text=0.9)")(test, data.task, np.random.default_rng(0))
        accuracy[missing] = judge(drawn)["fused"]["CORR"]
    assert accuracy["rates(text=0.9)"] > accuracy["uniform(0)"]


def test_the_strength_is_that_which_does_best_on_the_selection_split(middle_lab, monkeypatch):
    monkeypatch.setattr(linear, "RIDGES", (1e-3, 1e9))  # the second says next to nothing
    _, judge, test = judged(middle_lab)
    strong = judge(test.observed)["fused"]["MAE"]
    monkeypatch.setattr(linear, "RIDGES", (1e9,))
    _, judge, test = judged(middle_lab)
    assert strong < judge(test.observed)["fused"]["MAE"]


def test_classes_are_decided_even_if_training_lacks_one(middle_lab):
    classes = Task("emotion", ("sad", "so-so", "happy", "never seen"))
    conversations = [
        replace(c, labels=np.digitize(c.labels, [-0.7, 0.7]).astype(np.float32)) for c in middle_lab.conversations
    ]
    data = DataSet("Classes", classes, tuple(conversations), middle_lab.sources, middle_lab.licence)
    model, judge, test = judged(data, "uniform(0.3)")
    result = judge(test.observed)["fused"]
    assert set(result) == {"ACC", "UA", "F1"}
    assert result["ACC"] > 0.5
    assert not model.score


def test_the_same_seed_gives_the_same_numbers(middle_lab):
    first, again, other = (
        measure_patterns(judge, middle_lab.task, test, "test", [Pattern.parse("uniform(0.4)")], 2)
        for _, judge, test in (judged(middle_lab, "uniform(0.5)", seed) for seed in (1, 1, 2))
    )
    assert first == again
    assert first != other


def test_labels_of_one_kind_are_refused(small_lab):
    conversations = [replace(c, labels=np.ones_like(c.labels)) for c in small_lab.conversations]
    data = DataSet("Flat", small_lab.task, tuple(conversations), small_lab.sources, small_lab.licence)
    with pytest.raises(CompVizError, match="two kinds"):
        judged(data)


def test_utterances_without_labels_are_neither_learned_from_nor_judged(middle_lab):
    def forget(c):
        labels = c.labels.copy()
        labels[::2] = np.nan
        return replace(c, labels=labels)

    data = DataSet("Half", middle_lab.task, tuple(map(forget, middle_lab.conversations)), middle_lab.sources, "none")
    _, judge, test = judged(data)
    assert np.isfinite(list(judge(test.observed)["fused"].values())).all()


def test_many_utterances_are_drawn_fewer_times(middle_lab, monkeypatch):
    monkeypatch.setattr(linear, "MOST_ROWS", 1)
    _, judge, test = judged(middle_lab, "uniform(0.3)")
    assert judge(test.observed)["fused"]["ACC"] > 0.5


def test_rows_lack_what_a_pattern_takes(small_lab):
    test = small_lab.split("test")
    rows = UtteranceFeatures.of(test, Standardiser.fit(test))
    shown = rows.utterances.observed.copy()
    shown[0, 1] = False
    x, widths = rows.under(shown), list(small_lab.widths.values())
    assert not x[0, widths[0] : widths[0] + widths[1]].any()
    assert x[0, : widths[0]].any()
    assert rows.under(shown, "text").shape == (len(rows.utterances), widths[1])


def test_unknown_classes_are_left_out_without_a_warning():
    data = lab(LabSettings(conversations=(6, 3, 3), classes=4))
    for one in data.conversations:
        one.labels[::5] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, judge, test = judged(data)
    assert 0 <= judge(test.observed)["fused"]["ACC"] <= 1


def test_on_hazumi_it_reaches_what_came_with_the_data(real_data, monkeypatch):
    monkeypatch.setattr(linear, "PATTERN_SAMPLES", 1)  # with nothing missing they are all the same
    monkeypatch.setattr(linear, "INVERSE_STRENGTHS", linear.INVERSE_STRENGTHS[1:4])  # those around the best
    data = open_data("hazumi_online.npz")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it has to converge
        training, selection, test = parts(data)
        model = fit_linear(data.task, training, selection, "uniform(0)", ["uniform(0)"], 0)
    result = model.evaluator(test)(Utterances.of(test).observed)["fused"]
    assert result["ACC"] == pytest.approx(0.892, abs=0.015)  # its strength was not chosen on our validation split


# Methods of other networks as rows of a sweep


def sweep_of(**changes):
    """A sweep over ComP and MoMKE on a small lab."""
    fields = {
        "data": [str(LabSettings(conversations=(8, 3, 3), lengths=(4, 9)))],
        "missing": [0.3],
        "methods": ["comp", "momke", "momke-published"],
        "seeds": [1],
        "architecture": {"hidden": 16, "prompt": 4},
    }
    return Sweep.model_validate(fields | changes)


def test_every_row_takes_what_it_has_of_the_shared_architecture():
    comp, momke, published = (cell.run for cell in plan_sweep(sweep_of()))
    assert (comp.config.method, comp.config.hidden, comp.config.prompt) == ("comp", 16, 4)
    assert (momke.config.method, momke.config.hidden) == ("momke", 16)
    assert (momke.recipe.head_weight, momke.recipe.missing, momke.recipe.modulate) == (2.0, "uniform(0.3)", False)
    assert (published.config.hidden, published.recipe.head_weight, published.recipe.seed) == (256, 0, 1)
    assert len({run.folder for run in (comp, momke, published)}) == 3


def test_an_option_that_no_row_has_is_refused():
    with pytest.raises(CompVizError, match=r"architecture.prompts': there is no such option, only .*prompt"):
        plan_sweep(sweep_of(architecture={"prompts": 4}))
    with pytest.raises(CompVizError, match=r"architecture.prompt': there is no such option, only depth"):
        plan_sweep(sweep_of(methods=["momke"], architecture={"prompt": 4}))
    with pytest.raises(CompVizError, match="prompt"):
        plan_sweep(sweep_of(methods=[{"name": "momke", "architecture": {"prompt": 4}}], architecture={}))


def test_the_small_training_of_the_lab_page_has_only_options_of_its_method():
    assert small_options("comp") == ("--method=comp", *SMALL)
    options = parser_for(["train"]).parse_args(
        ["train", "--data=lab", "--out=x", *small_options("momke")]
    )  # raises for options there are none of
    assert (options.method, options.hidden, options.second_epochs) == ("momke", 32, 12)
