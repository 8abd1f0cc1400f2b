"""What the Clips page says above its charts, and what the words of it mean."""

from comp_viz.analysis.clips.prediction import UNLIKE
from comp_viz.analysis.prediction import Prediction
from comp_viz.wording import decimal, how_many, percent

CLIP_TERMS = (
    "The mean is over all utterances of the clip in which something is observed, of the fused prediction. It describes what the model computes, not how a "
    "person feels."
)

UNLIKE_NOTE = (
    f"*unlike* names what is farther from the features that the checkpoint learned from than {percent(UNLIKE)} of the utterances held "
    "out of its training. There its probabilities mean little, however high they are."
)


def clip_heading(prediction: Prediction) -> str:
    """What the model predicts for the clip on average."""
    seen = prediction.anything_observed
    if not seen.any():
        return f"Nothing is observed in {how_many(len(seen), 'utterance')}, so nothing is predicted"
    count, mean = int(seen.sum()), prediction.fused[seen].mean(0)
    over, of = (f"Over {how_many(count, 'utterance')}", "mean ") if count > 1 else ("In its one utterance", "")
    if not prediction.task.classes:
        return f"{over}, the {of}predicted {prediction.task.name} is {decimal(float(mean[0]))}"
    top = int(mean.argmax())
    return f"{over}, {prediction.task.classes[top]} has the highest {of}probability, {percent(float(mean[top]))}"
