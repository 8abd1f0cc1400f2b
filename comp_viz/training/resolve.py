"""What a recipe leaves open, set by the amount of data: ours was chosen on 75 conversations, and has to hold on ten and on many.

`results/README.md` shows what it is worth; the exact numbers below are round ones between data sets that were tried.
"""

import math
from dataclasses import dataclass

from comp_viz.data.dataset import Utterances
from comp_viz.methods.recipe import Recipe

MOST_STEPS = 700  # of a run at the full learning rate
FEWEST_STEPS = 7  # an epoch
SMALLEST_BATCH = 2  # conversations, so that there are prototypes of others
ENOUGH_UTTERANCES = 6_000
MOST_NOISE = 1.25


@dataclass(frozen=True)
class ResolvedRecipe(Recipe):
    """A recipe that leaves nothing open; the defaults are those of ours on the data it was chosen on."""

    batch: int = 8
    learning_rate: float = 2e-3
    feature_noise: float = 0.5


def resolve(recipe: Recipe, training: Utterances) -> ResolvedRecipe:
    """The recipe with what it leaves open set for this training data; what it says is kept.

    - **Batch**: at most as many conversations as leave `FEWEST_STEPS` steps an epoch, but no fewer than `SMALLEST_BATCH`.
      With fewer steps the second stage ends before prompts are worth anything.
    - **Learning rate**: a run of `N > MOST_STEPS` steps starts with `sqrt(MOST_STEPS / N)` of it. Nothing in the network
      holds its activations down, and thousands of steps at the full rate blow them up.
    - **Feature noise**: with `N < ENOUGH_UTTERANCES` its variance grows as `1 / N`, up to a deviation of `MOST_NOISE`.
      Noise on features acts as a ridge penalty (Bishop 1995); growing so, it weighs the same against fewer data.
    """
    conversations, utterances = len(training.ids), len(training)
    largest = (conversations - 1) // (FEWEST_STEPS - 1)  # batch with so many steps
    batch = recipe.batch or min(ResolvedRecipe.batch, max(SMALLEST_BATCH, largest))
    steps = (recipe.first_epochs + recipe.second_epochs) * math.ceil(conversations / batch)
    rate = ResolvedRecipe.learning_rate * math.sqrt(min(1, MOST_STEPS / steps))
    noise = min(MOST_NOISE, ResolvedRecipe.feature_noise * math.sqrt(max(1, ENOUGH_UTTERANCES / utterances)))
    noise = noise if recipe.feature_noise is None else recipe.feature_noise
    return ResolvedRecipe(
        **vars(recipe) | {"batch": batch, "learning_rate": recipe.learning_rate or rate, "feature_noise": noise}
    )
