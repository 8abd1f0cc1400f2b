"""A recipe fitted to how much data there is: ours was found on 75 conversations, and has to hold on ten and on ten thousand.

`results/README.md` has the experiments behind the numbers below.
"""

import math
from dataclasses import replace

from comp_viz.training.recipe import Recipe

MOST_STEPS = 700  # of a run at the full learning rate
FEWEST_STEPS = 7  # an epoch
ENOUGH = 6_000  # training utterances
MOST_NOISE = 2.5  # times the recipe's own
SMALLEST_BATCH = 2  # conversations, so that there are prototypes of others


def fitted(recipe: Recipe, conversations: int, utterances: int) -> Recipe:
    """The recipe for so many training conversations and utterances; as it is where it asks not to be fitted.

    - **Batch**: as few conversations as make `FEWEST_STEPS` steps an epoch. With fewer steps the second stage ends before
      prompts are worth anything.
    - **Learning rate**: a run of `N > MOST_STEPS` steps starts with `sqrt(MOST_STEPS / N)` of it. Nothing in the network
      holds its activations down, and thousands of steps at the full rate blow them up.
    - **Feature noise**: its variance grows as `ENOUGH / N` for `N < ENOUGH` utterances, up to `MOST_NOISE` times its
      deviation. Noise on the features acts as a ridge penalty (Bishop 1995), and a ridge counts for as much against fewer
      data when it grows so.
    """
    if not recipe.fit_to_data:
        return recipe
    small = (conversations - 1) // (FEWEST_STEPS - 1)  # the largest batch that makes so many steps
    batch = min(recipe.batch, max(SMALLEST_BATCH, small))
    steps = (recipe.first_epochs + recipe.second_epochs) * math.ceil(conversations / batch)
    return replace(
        recipe,
        batch=batch,
        learning_rate=recipe.learning_rate * math.sqrt(min(1, MOST_STEPS / steps)),
        feature_noise=recipe.feature_noise * min(MOST_NOISE, math.sqrt(max(1, ENOUGH / utterances))),
        fit_to_data=False,
    )
