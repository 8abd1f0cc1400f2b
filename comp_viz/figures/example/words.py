"""What the Example page says while modalities are taken away: one sentence or two for each pattern."""

from comp_viz.analysis.example.answers import Effect
from comp_viz.wording import decimal, how_many, percent

HEADING_TEXT = "Take the voice, the words or the face away, and watch the model answer"
CHANNELS = {"audio": "voice", "text": "words", "video": "face"}  # modality -> what a viewer loses with it
ABOUT_EXAMPLE = (
    "The curves are the probabilities that the fused prediction of the checkpoint `clips` gives to four emotions, utterance by "
    "utterance; dotted, with nothing taken away. Seven people read a command each (Grid corpus, CC BY 4.0), and nobody acts an "
    "emotion: this shows what a model makes of them, not how anyone feels."
)


def happening(effect: Effect, classes: int) -> str:
    """What just happened, for people: which predictions change, and how sure the model still is."""
    if not effect.missing:
        return (
            f"Nothing is taken away. The likeliest emotion has a probability of {percent(effect.before)} on average; guessing among "
            f"{classes} would be {percent(1 / classes)}."
        )
    changed = f"{effect.changed} of {how_many(effect.utterances, 'prediction')} change"
    certainty = (
        f"the mean probability of the likeliest emotion goes from {percent(effect.before)} to {percent(effect.after)}"
    )
    if len(effect.missing) == effect.modalities:
        return f"Everything is taken away: {changed}, and {certainty}. What is predicted now says nothing of the clip."
    names = " and the ".join(CHANNELS[name] for name in effect.missing)
    return (
        f"Without the {names}, {changed}, and {certainty}. The coordinator still gives what is missing "
        f"{decimal(effect.weight)} of its weight."
    )
