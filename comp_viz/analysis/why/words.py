"""What single words of a clip's utterance do: the text is extracted anew without each, and with sentences rewritten."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comp_viz.analysis.clips.prediction import predict_clip
from comp_viz.analysis.prediction import decide
from comp_viz.analysis.why.target import decided, direction
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.clips.clip import Clip
from comp_viz.clips.degrade import replaced_words
from comp_viz.data.conversation import Floats, Task

MOST_WORDS = 60  # words of an utterance that are left out one by one


@dataclass(frozen=True)
class WordEffects:
    """How the prediction of one utterance moves when each of its words is left out."""

    task: Task
    utterance: int
    words: tuple[str, ...]  # [W]
    effects: Floats  # [W], prediction less the one without the word, of the class decided for or the score
    way: int  # +1 or -1: which way the number speaks for the decision
    flips: np.ndarray  # [W], whether the decision is another one without the word
    before: Floats  # [C]


def without_word(clip: Clip, utterance: int, left_out: int) -> Clip:
    """The clip without one word of an utterance."""
    words = clip.spans[utterance].words
    return replaced_words(clip, utterance, words[:left_out] + words[left_out + 1 :])


def word_effects(checkpoint: Checkpoint, clip: Clip, utterance: int) -> WordEffects:
    """Leave out every word of an utterance in turn, at most the first `MOST_WORDS`."""
    before = predict_clip(checkpoint, clip.conversation).fused
    task, words = checkpoint.card.task, clip.spans[utterance].words[:MOST_WORDS]
    column, way = int(decided(task, before)[utterance]), int(direction(task, before)[utterance])
    after = np.array(
        [
            predict_clip(checkpoint, without_word(clip, utterance, i).conversation).fused[utterance]
            for i in range(len(words))
        ]
    ).reshape(len(words), task.outputs)
    now = decide(task, before[[utterance]])
    return WordEffects(
        task, utterance, tuple(word.text for word in words), before[utterance, column] - after[:, column], way,
        decide(task, after) != now, before[utterance],
    )  # fmt: skip


def word_effect_table(effects: WordEffects) -> pd.DataFrame:
    """One row for every word."""
    return pd.DataFrame({"word": effects.words, "effect": effects.effects, "flips": effects.flips})
