"""The sections of one conversation under a missing pattern, as the Live page shows it."""

import numpy as np
import pandas as pd

from comp_viz.analysis.live.change import Change, describe
from comp_viz.analysis.prediction import Prediction
from comp_viz.data.conversation import Conversation
from comp_viz.figures.chart import About
from comp_viz.figures.live.timeline import timeline
from comp_viz.figures.style import Palette
from comp_viz.report.section import Section

TIMELINE = About(
    "From the top: the fused prediction with the truth; each modality's own head, which predicts from that modality and the "
    "prompts it receives, filled where it is observed and open where it is missing; the change of the fused prediction against "
    "the complete conversation, on violet where the decision flips; the coordinator's weights, hatched where missing.",
    "Whether one conversation is typical, which is measured over a split on the Robustness and Compare pages; nor why.",
)


def timeline_section(
    here: Prediction, complete: Prediction, found: Change, conversation: Conversation, selected: int, palette: Palette
) -> Section:
    """The conversation along its utterances, with everything drawn as a table."""
    figure = timeline(here, complete, found, conversation.labels, conversation.words, selected, palette)
    return Section(
        "timeline", describe(found), TIMELINE, lambda: along_table(here, complete, found, conversation), figure
    )


def along_table(here: Prediction, complete: Prediction, found: Change, conversation: Conversation) -> pd.DataFrame:
    """One row an utterance, counted from 1: words, truth, predictions, change, and of each modality what holds of it."""
    S, classes = len(conversation), here.task.classes
    columns: dict[str, object] = {"utterance": np.arange(1, S + 1), "speaker": conversation.speakers}
    columns |= {"words": conversation.words, "truth": conversation.labels}
    for name, values in {"fused": here.fused, "complete": complete.fused, **here.heads}.items():
        called = name if name in ("fused", "complete") else f"{name} head"
        columns |= (
            {f"{called} {kind}": values[:, c] for c, kind in enumerate(classes)} if classes else {called: values[:, 0]}
        )
    columns |= {"change": found.difference, "flipped": found.flipped}
    for u, name in enumerate(here.modalities):
        columns |= {f"{name} observed": here.observed[:, u], f"{name} weight": here.coordinator[:, u]}
    return pd.DataFrame(columns)
