"""The question that a step puts to a class, answered exactly."""

from comp_viz.analysis.lecture.answers import Question
from comp_viz.analysis.why.coalitions import predict_coalitions
from comp_viz.analysis.why.contribution import contribution
from comp_viz.analysis.why.target import decided
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Bools, Conversation


def prepared_question(checkpoint: Checkpoint, conversation: Conversation, observed: Bools, utterance: int) -> Question:
    """Which modality moves the fused prediction of `utterance` most, with what `observed [S, M]` leaves."""
    coalitions = predict_coalitions(checkpoint, conversation, observed)
    contributions = contribution(coalitions)
    classes = coalitions.task.classes
    column = int(decided(coalitions.task, coalitions.predictions[contributions.predictor][-1])[utterance])
    number = f"the probability of {classes[column]}" if classes else "the score"
    values = tuple(float(value) for value in contributions.values[:, utterance])
    return Question(contributions.modalities, utterance, values, number, bool(classes))
