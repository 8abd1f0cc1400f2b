"""A recipe is fitted to how much data there is, and to nothing else."""

import math
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import CPU, RECIPE

from comp_viz.__main__ import main
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.npz import read_npz
from comp_viz.training.fitting import FEWEST_STEPS, MOST_NOISE, MOST_STEPS, SMALLEST_BATCH, fitted
from comp_viz.training.recipe import PUBLISHED, Recipe
from comp_viz.training.run import train
from comp_viz.training.split import splits

OURS = Recipe()
FITTED = {"batch", "learning_rate", "feature_noise", "fit_to_data"}


def steps(recipe, number):
    """Of a whole run."""
    return (recipe.first_epochs + recipe.second_epochs) * math.ceil(number / recipe.batch)


@given(st.integers(1, 20_000), st.integers(1, 200), st.sampled_from([1, 3, 8, 32]))
def test_what_is_promised_holds_for_any_amount(number, length, batch):
    asked = replace(OURS, batch=batch)
    got = fitted(asked, number, number * length)
    assert {name for name, value in asdict(got).items() if value != getattr(asked, name)} <= FITTED
    assert min(batch, SMALLEST_BATCH) <= got.batch <= batch
    if got.batch < batch:  # as large as it may be
        assert got.batch == SMALLEST_BATCH or math.ceil(number / got.batch) >= FEWEST_STEPS
        assert math.ceil(number / (got.batch + 1)) < FEWEST_STEPS
    # Steps at the full rate grow with the root of all steps once there are many.
    assert got.learning_rate <= asked.learning_rate
    if steps(got, number) > MOST_STEPS:
        equal = got.learning_rate**2 * steps(got, number)
        assert equal == pytest.approx(asked.learning_rate**2 * MOST_STEPS)
    assert asked.feature_noise <= got.feature_noise <= MOST_NOISE * asked.feature_noise


def test_noise_is_as_strong_a_ridge_whatever_the_number_of_utterances():
    few, fewer = (fitted(OURS, number, 10 * number).feature_noise for number in (400, 200))
    assert fewer / few == pytest.approx(math.sqrt(2))
    assert fitted(OURS, 5, 10).feature_noise == pytest.approx(MOST_NOISE * OURS.feature_noise)


def test_fitting_twice_is_fitting_once():
    for number in (3, 5000):
        once = fitted(OURS, number, 20 * number)
        assert once != OURS
        assert fitted(once, number, 20 * number) is once


def test_hazumi_is_what_the_recipe_was_found_on(real_data):
    training = splits(read_npz(real_data / "hazumi_online.npz"), 1).training
    assert fitted(OURS, len(training), sum(map(len, training))) == replace(OURS, fit_to_data=False)


def test_the_published_recipe_is_left_as_published():
    assert fitted(PUBLISHED, 3, 15) is PUBLISHED


def test_a_run_is_fitted_and_says_to_what(small_lab, small_config, tmp_path):
    recipe = replace(RECIPE, fit_to_data=True)
    card = train(small_lab, small_config, recipe, tmp_path / "run", CPU)
    training = small_lab.split("train")
    expected = fitted(recipe, len(training), sum(map(len, training)))
    assert expected.batch == 2 < recipe.batch
    assert card.training.recipe == asdict(expected)


def test_the_command_says_what_was_fitted_and_leaves_it_when_told(tmp_path, capsys, few_measurements):
    small = [
        "--data",
        "lab(conversations=8/3/3, lengths=4/9)",
        "--hidden",
        "8",
        "--first-epochs",
        "1",
        "--second-epochs",
        "1",
    ]
    main(["train", *small, "--out", str(tmp_path / "a")])
    assert (
        "(not with --no-fit-to-data): batch 2 instead of 8, feature noise 1.25 instead of 0.5."
        in capsys.readouterr().err
    )
    assert load_checkpoint(tmp_path / "a").card.training.recipe["batch"] == 2
    main(["train", *small, "--no-fit-to-data", "--out", str(tmp_path / "b")])
    assert "Fitted" not in capsys.readouterr().err
    assert load_checkpoint(tmp_path / "b").card.training.recipe["batch"] == 8
