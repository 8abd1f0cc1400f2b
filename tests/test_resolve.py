"""What a recipe leaves open is set by the amount of data; what it says is kept."""

import json
import math
from dataclasses import asdict, replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import CPU

from comp_viz.__main__ import main
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.dataset import Utterances
from comp_viz.data.npz import read_npz
from comp_viz.methods.recipe import PUBLISHED, Recipe
from comp_viz.training.resolve import FEWEST_STEPS, MOST_NOISE, MOST_STEPS, SMALLEST_BATCH, ResolvedRecipe, resolve
from comp_viz.training.run import train
from comp_viz.training.split import splits

OURS = Recipe()
OPEN = {"batch": None, "learning_rate": None, "feature_noise": None}
LAB = "lab(conversations=8/3/3, lengths=4/9)"


class Amount:
    """Data of which nothing is known but how much there is."""

    def __init__(self, conversations, utterances):
        self.ids, self.utterances = ("",) * conversations, utterances

    def __len__(self):
        return self.utterances


def steps(recipe, conversations):
    """Of a whole run."""
    return (recipe.first_epochs + recipe.second_epochs) * math.ceil(conversations / recipe.batch)


@given(st.integers(1, 20_000), st.integers(1, 200), st.integers(1, 300))
def test_what_is_promised_holds_for_any_amount(conversations, length, epochs):
    asked = replace(OURS, second_epochs=epochs)
    got = resolve(asked, Amount(conversations, conversations * length))
    assert asdict(got) | OPEN == asdict(asked)
    assert SMALLEST_BATCH <= got.batch <= ResolvedRecipe.batch
    assert got.batch == SMALLEST_BATCH or math.ceil(conversations / got.batch) >= FEWEST_STEPS
    assert (
        got.batch == ResolvedRecipe.batch or math.ceil(conversations / (got.batch + 1)) < FEWEST_STEPS
    )  # as large as may be
    if steps(got, conversations) > MOST_STEPS:  # steps at the full rate grow with the root of all steps
        assert got.learning_rate**2 * steps(got, conversations) == pytest.approx(
            ResolvedRecipe.learning_rate**2 * MOST_STEPS
        )
    else:
        assert got.learning_rate == ResolvedRecipe.learning_rate
    assert ResolvedRecipe.feature_noise <= got.feature_noise <= MOST_NOISE


def test_noise_is_as_strong_a_ridge_whatever_the_number_of_utterances():
    few, fewer = (resolve(OURS, Amount(100, number)).feature_noise for number in (4000, 2000))
    assert fewer / few == pytest.approx(math.sqrt(2))
    assert resolve(OURS, Amount(5, 10)).feature_noise == MOST_NOISE
    assert resolve(OURS, Amount(5, 10_000)).feature_noise == ResolvedRecipe.feature_noise


@pytest.mark.parametrize(
    "given", [{"batch": 16}, {"learning_rate": 0.1}, {"feature_noise": 0.0}, {"batch": 3, "feature_noise": 2.0}]
)
def test_what_a_recipe_says_is_kept(given):
    for conversations in (3, 5000):
        got = resolve(replace(OURS, **given), Amount(conversations, 20 * conversations))
        assert {name: getattr(got, name) for name in given} == given
        assert resolve(got, Amount(10, 10)) == got


def test_hazumi_is_what_the_recipe_was_found_on(real_data):
    training = splits(read_npz(real_data / "hazumi_online.npz"), 1).training
    assert resolve(OURS, Utterances.of(training)) == ResolvedRecipe()


def test_the_published_recipe_leaves_nothing_open():
    assert vars(resolve(PUBLISHED, Amount(3, 15))) == vars(PUBLISHED)


def test_a_run_is_fitted_and_a_resumed_one_alike(small_lab, small_config, tmp_path):
    recipe = Recipe(first_epochs=1, second_epochs=3, bank=4)
    expected = resolve(recipe, Utterances.of(small_lab.split("train")))
    assert expected.batch == 2 < ResolvedRecipe.batch

    def stop(done, of, epoch):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("comp_viz.training.run.SAVE_EPOCHS", 1)
        with pytest.raises(KeyboardInterrupt):
            train(small_lab, small_config, recipe, tmp_path / "run", CPU, stop)
    resumed = train(small_lab, small_config, recipe, tmp_path / "run", CPU)
    whole = train(small_lab, small_config, expected, tmp_path / "whole", CPU)
    assert resumed.training.recipe == whole.training.recipe == asdict(expected)
    assert resumed.measurements == whole.measurements


def test_the_command_says_what_was_set(tmp_path, capsys, few_measurements):
    small = ["train", "--data", LAB, "--hidden", "8", "--first-epochs", "1", "--second-epochs", "1"]
    main([*small, "--out", str(tmp_path / "a")])
    assert "8 training conversations: batch 2, learning rate 0.002, feature noise 1.25." in capsys.readouterr().err
    assert load_checkpoint(tmp_path / "a").card.training.recipe["batch"] == 2
    main([*small, "--batch", "8", "--feature-noise", "0", "--out", str(tmp_path / "b")])
    assert "batch 8, learning rate 0.002, feature noise 0." in capsys.readouterr().err
    assert load_checkpoint(tmp_path / "b").card.training.recipe["feature_noise"] == 0


def test_the_table_of_a_sweep_says_what_was_trained_with(tmp_path, few_measurements):
    (tmp_path / "s.yaml").write_text(
        f"data: ['{LAB}']\nmissing: [0.3]\nseeds: [1]\narchitecture: {{hidden: 8}}\nrecipe: {{first_epochs: 1, second_epochs: 1}}\n"
        "methods: [comp, {name: as given, method: comp, recipe: {batch: 5}}]\nevaluation: {patterns: [0], mask_seeds: 1}\n"
    )
    main(["sweep", str(tmp_path / "s.yaml"), "--runs", str(tmp_path / "runs")])
    rows = pd.read_parquet(tmp_path / "s.parquet").groupby("method").recipe.first().map(json.loads)
    assert (rows["comp"]["batch"], rows["as given"]["batch"]) == (2, 5)
    assert rows["comp"]["feature_noise"] == rows["as given"]["feature_noise"] == MOST_NOISE
