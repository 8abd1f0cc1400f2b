"""Words for the lab's utterances, so that a synthetic conversation can be read along."""

import numpy as np

# From strongly negative to strongly positive, in equal steps of the label from -3 to 3.
TONES = (
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

PHRASES = {
    "neutral": TONES[2],
    "happy": TONES[4],
    "sad": (
        "I keep thinking about how it used to be.",
        "It just isn't the same without her.",
        "I don't feel like seeing anyone today.",
        "I had hoped so much that it would work.",
        "Some days I hardly get out of bed.",
    ),
    "angry": (
        "How many times do I have to say this?",
        "Don't you dare blame me for that.",
        "That is none of your business!",
        "I have had enough of these excuses.",
        "He read my letters. All of them!",
    ),
    "surprised": (
        "Wait, you two know each other?",
        "I did not see that coming at all.",
        "You're back already? It's only Tuesday!",
        "Hang on, is that really the price?",
        "Since when do you play the piano?",
    ),
    "afraid": (
        "Did you hear that? Someone is at the door.",
        "I don't want to go in there on my own.",
        "What if the results are bad?",
        "Please don't drive so fast.",
        "My hands are still shaking.",
    ),
}


def phrase(tone: float | str, rng: np.random.Generator) -> str:
    """A sentence whose tone fits a score from -3 to 3, or an emotion by name."""
    fitting = PHRASES[tone] if isinstance(tone, str) else TONES[min(int((tone + 3) / 6 * len(TONES)), len(TONES) - 1)]
    return fitting[rng.integers(len(fitting))]
