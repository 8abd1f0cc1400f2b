"""Predictions of checkpoints over a split, made one drawing at a time and kept, and what is computed from them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comp_viz.analysis.compare.comparison import Comparison, accuracy_under_pattern, compare_predictors
from comp_viz.analysis.compare.difficulty import known_difficulty
from comp_viz.analysis.compare.paired import PredictionsByName
from comp_viz.analysis.compare.predictions import SplitPredictions, predict_drawing
from comp_viz.analysis.query import Query
from comp_viz.analysis.robustness.drawings import Drawing
from comp_viz.data.dataset import Utterances
from comp_viz.ui.cache.data_sets import open_data_set
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_data, keep_resource
from comp_viz.ui.cache.progressive import MeasuredParts, ProgressiveMeasurement
from comp_viz.ui.cache.split_stream import split_stream
from comp_viz.ui.frame.page_view import PageView


class ComparedPredictor(NamedTuple):
    """One of what is compared."""

    name: str  # on the page
    query: Query  # its checkpoint, and the data set
    output: str  # `fused` or the modality of a head


ComparedPredictors = tuple[ComparedPredictor, ...]


def split_predictions(
    view: PageView, split: str, drawings: Sequence[Drawing]
) -> ProgressiveMeasurement[Drawing, SplitPredictions]:
    """The predictions of a view's checkpoint under each drawing, one pass over the split for each."""
    query = view.query().of_data_set()

    def measure(drawing: Drawing) -> SplitPredictions:
        return predict_drawing(view.checkpoint, view.data.task, split_stream(query, split), drawing, turn=INFERENCE)

    return ProgressiveMeasurement(drawings, _measured(query, split), measure)


@keep_resource(max_entries=24, show_spinner=False)
def _measured(query: Query, split: str) -> MeasuredParts[Drawing, SplitPredictions]:
    """16 bytes an utterance, predictor and drawing for four classes."""
    return MeasuredParts()


def measured_drawings(predictors: ComparedPredictors, split: str, drawings: Sequence[Drawing]) -> tuple[Drawing, ...]:
    """Those of some drawings that are measured for every predictor."""
    measured = [_measured(one.query, split).values for one in predictors]
    return tuple(drawing for drawing in drawings if all(drawing in values for values in measured))


def _predictions(predictors: ComparedPredictors, split: str, drawings: Sequence[Drawing]) -> PredictionsByName:
    """Predictions `[D, N, C]` of every predictor under drawings that are measured for all."""
    return {
        one.name: np.stack(
            [_measured(one.query, split).values[drawing].predictions[one.output] for drawing in drawings]
        )
        for one in predictors
    }


def _missing_rate(predictors: ComparedPredictors, split: str, drawings: Sequence[Drawing]) -> float:
    """Realised missing rate, mean over the drawings."""
    measured = _measured(predictors[0].query, split).values
    return float(np.mean([measured[drawing].missing_rate for drawing in drawings]))


@keep_data(max_entries=256, show_spinner=False)
def accuracy_under(
    predictors: ComparedPredictors, split: str, drawings: tuple[Drawing, ...], group: str
) -> pd.DataFrame:
    """ACC and differences under the drawings of one pattern."""
    data = open_data_set(predictors[0].query.data, predictors[0].query.root)
    utterances = Utterances.of(data.split(split))
    predictions = _predictions(predictors, split, drawings)
    return accuracy_under_pattern(data.task, predictions, utterances, group, _missing_rate(predictors, split, drawings))


@keep_data(max_entries=32, show_spinner="Bootstrapping conversations …")
def comparison(predictors: ComparedPredictors, split: str, drawings: tuple[Drawing, ...]) -> Comparison:
    """Every number of the comparison under the pattern in force."""
    query = predictors[0].query
    data = open_data_set(query.data, query.root)
    levels = _difficulty(query.data, query.root, query.data_digest, split)
    return compare_predictors(
        data.task, _predictions(predictors, split, drawings), Utterances.of(data.split(split)), levels
    )


@keep_data(max_entries=16, show_spinner="Fitting the linear reference …")
def _difficulty(data: str, root: str, digest: str, split: str) -> NDArray[np.str_] | None:
    """How hard every utterance of a split is; None where the data do not allow to compute it."""
    return known_difficulty(open_data_set(data, root), split)
