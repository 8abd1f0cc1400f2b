"""Answers of checkpoints over a split, made a few passes at a time and kept, and what is made of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from comp_viz.analysis.compare.comparison import Comparison, compare, under
from comp_viz.analysis.compare.difficulty import difficulty
from comp_viz.analysis.compare.paired import Answers
from comp_viz.analysis.compare.predictions import Answered, answer_once
from comp_viz.analysis.robustness.drawings import Drawing
from comp_viz.data.dataset import Utterances
from comp_viz.errors import CompVizError
from comp_viz.ui.cache.data_sets import open_data_set
from comp_viz.ui.cache.evaluations import Done, OnSplit, stream_of
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_data


class Answering(OnSplit[Answered]):
    """What a checkpoint answers to every utterance of a split."""

    @property
    def done(self) -> Done[Answered]:
        """What was answered so far."""
        return _done(*self.digests, self.split)

    def make(self, one: Drawing) -> Answered:
        """Predict the split once, and keep the predictions."""
        stream = stream_of(self.view, self.split)
        return answer_once(self.view.checkpoint, self.view.data.task, stream, one, turn=INFERENCE)


@dataclass(frozen=True)
class Compared:
    """What is compared on a split, in names and digests alone: the key of everything made of it."""

    predictors: tuple[tuple[str, str, str], ...]  # name on the page, digest of the checkpoint, `fused` or a modality
    data: str  # name of the data set
    digest: str
    split: str

    def drawn(self, passes: Sequence[Drawing]) -> tuple[Drawing, ...]:
        """Those of some passes that are made for everything compared."""
        done = [_done(digest, self.digest, self.split).passes for _, digest, _ in self.predictors]
        return tuple(one for one in passes if all(one in made for made in done))

    def answers(self, passes: Sequence[Drawing]) -> Answers:
        """Predictions `[D, N, C]` of everything compared in passes that are made."""
        return {
            name: np.stack([_done(digest, self.digest, self.split).passes[one].predictions[of] for one in passes])
            for name, digest, of in self.predictors
        }

    def taken(self, passes: Sequence[Drawing]) -> float:
        """Missing rate, mean over passes that are made."""
        made = _done(self.predictors[0][1], self.digest, self.split).passes
        return float(np.mean([made[one].taken for one in passes]))


@st.cache_resource(max_entries=24, show_spinner=False)
def _done(checkpoint: str, data: str, split: str) -> Done[Answered]:
    """Kept by digests; 16 bytes an utterance, predictor and pass for four classes."""
    return Done()


@keep_data(max_entries=256, show_spinner=False)
def accuracy_under(compared: Compared, root: str, passes: tuple[Drawing, ...], group: str) -> pd.DataFrame:
    """ACC and differences under the drawings of one pattern."""
    data = open_data_set(compared.data, root)
    utterances = Utterances.of(data.split(compared.split))
    return under(data.task, compared.answers(passes), utterances, group, compared.taken(passes))


@keep_data(max_entries=32, show_spinner="Drawing conversations anew …")
def comparison(compared: Compared, root: str, passes: tuple[Drawing, ...]) -> Comparison:
    """Everything that is said of the compared under the pattern in force."""
    data = open_data_set(compared.data, root)
    utterances = Utterances.of(data.split(compared.split))
    return compare(
        data.task, compared.answers(passes), utterances, levels(compared.data, root, data.digest, compared.split)
    )


@keep_data(max_entries=16, show_spinner="Fitting the linear reference …")
def levels(data: str, root: str, digest: str, split: str) -> NDArray[np.str_] | None:
    """How hard every utterance of a split is, None where the data do not allow to say."""
    try:
        return difficulty(open_data_set(data, root), split)
    except CompVizError:
        return None
