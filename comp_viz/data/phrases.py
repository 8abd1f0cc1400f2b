"""Words for the lab's utterances, so that a synthetic conversation can be read along."""

import numpy as np

# From strongly negative to strongly positive, in equal steps of the label from -3 to 3.
PHRASES = (
    (
        "This has gone wrong in every way it could.",
        "I can't believe we are back at zero.",
        "Honestly, this is the worst week I've had.",
        "No. I'm done arguing about it.",
        "Everything we built is simply gone.",
    ),
    (
        "I'm not happy with how this turned out.",
        "It failed again this morning.",
        "That's not what we agreed on.",
        "I had expected a bit more, to be fair.",
        "We are losing time we don't have.",
        "It makes me a little nervous.",
    ),
    (
        "Let me check that and come back to you.",
        "I think the meeting is at three.",
        "Could you say that once more?",
        "Right, so there are two options.",
        "It's on the second page, near the end.",
        "Okay. And what happens after that?",
        "I haven't decided yet.",
    ),
    (
        "That sounds good to me.",
        "It went better than I thought.",
        "I like where this is going.",
        "Nice, the numbers moved in our favour.",
        "Thanks, that really helped.",
        "We might just make it in time.",
    ),
    (
        "This is exactly what I hoped for!",
        "I could not be happier with it.",
        "It works, all of it, on the first try!",
        "What a day, I'm still smiling.",
        "You did it, this is wonderful!",
    ),
)


def phrase(label: float, rng: np.random.Generator) -> str:
    """A sentence whose tone fits a label from -3 to 3."""
    level = min(int((label + 3) / 6 * len(PHRASES)), len(PHRASES) - 1)
    return str(rng.choice(PHRASES[level]))
