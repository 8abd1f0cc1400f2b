"""The entry for notebooks and scripts: a conversation as a page of the dashboard looks at it, and its numbers as DataFrames."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from comp_viz.analysis.coordinator.tables import weights_table
from comp_viz.analysis.inside import Inside, look_inside
from comp_viz.analysis.live.change import Change, change
from comp_viz.analysis.live.tables import prediction_table
from comp_viz.analysis.overview.overview import build_overview, overview_table
from comp_viz.analysis.prediction import FUSED, Prediction, predict_conversation
from comp_viz.analysis.propagation.attention import ROLLOUT_MAP, attention, map_names
from comp_viz.analysis.propagation.prompt_ablation import ablate_prompts
from comp_viz.analysis.propagation.tables import ablation_table, attention_table
from comp_viz.analysis.reconstruction.entries import compare_rebuilt
from comp_viz.analysis.reconstruction.rebuilt import Rebuilt, rebuild_conversation
from comp_viz.analysis.reconstruction.tables import reconstruction_table
from comp_viz.analysis.why.attribution import ATTRIBUTION_METHODS, INTEGRATED, attribute, attribution_table
from comp_viz.analysis.why.coalitions import predict_coalitions
from comp_viz.analysis.why.contribution import contribution, contribution_table
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Bools, Conversation
from comp_viz.data.dataset import DataSet, Utterances
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.pattern import AS_RECORDED, Pattern
from comp_viz.errors import CompVizError
from comp_viz.figures.live.heading import weight_sentence
from comp_viz.figures.live.timeline import timeline_title


@dataclass(frozen=True)
class View:
    """One conversation, read by one checkpoint under one missing pattern. Methods give the tables behind the charts.

    Utterances are counted from 1 in tables, as on screen, and from 0 in arrays.
    """

    checkpoint: Checkpoint
    conversation: Conversation
    observed: Bools  # [S, M], what the model may see

    @classmethod
    def of(
        cls, checkpoint: Checkpoint, data: DataSet, conversation: str, pattern: str = AS_RECORDED, seed: int = 1
    ) -> "View":
        """The conversation with this id under a missing pattern; the same seed takes away the same entries as on the pages.

        Raises `CompVizError` when the checkpoint cannot read the data, there is no such conversation, it is too long for the
        model, or the pattern does not fit it.
        """
        checkpoint.check(data)
        chosen = data.find(conversation)
        utterances, parsed = Utterances.of([chosen]), Pattern.parse(pattern)
        check_lengths(utterances, checkpoint.config.max_length)
        parsed.check_data(utterances, data.task)
        return cls(checkpoint, chosen, parsed(utterances, data.task, np.random.default_rng(seed)))

    @cached_property
    def inside(self) -> Inside:
        """Everything inside the forward pass, as arrays."""
        return look_inside(self.checkpoint, self.conversation, self.observed)

    @cached_property
    def complete(self) -> Inside:
        """The same with nothing taken away."""
        return look_inside(self.checkpoint, self.conversation, self.conversation.observed)

    @cached_property
    def prediction(self) -> Prediction:
        """Predictions of the fused and every modality head, and the weights of the modalities."""
        return predict_conversation(self.checkpoint, self.conversation, self.observed)

    @cached_property
    def complete_prediction(self) -> Prediction:
        """The same with nothing taken away."""
        return predict_conversation(self.checkpoint, self.conversation, self.conversation.observed)

    @property
    def change(self) -> Change:
        """What the missing pattern changes, against the conversation as recorded."""
        return change(self.prediction, self.complete_prediction, self.conversation.labels)

    def finding(self) -> str:
        """The same in two sentences: the title of the Live page and the line below it."""
        return " ".join(filter(None, (f"{timeline_title(self.change)}.", weight_sentence(self.change))))

    def predictions(self) -> pd.DataFrame:
        """One row an utterance: truth, fused prediction, heads, the complete conversation's, weights (page Live)."""
        return prediction_table(self.prediction, self.complete_prediction, self.conversation)

    def overview(self) -> pd.DataFrame:
        """One row an utterance and modality: what every part of the network does with it (page Overview)."""
        return overview_table(build_overview(self.inside, self.conversation.labels))

    def weights(self) -> pd.DataFrame:
        """One row an utterance and modality: coordinator weight, and whether the modality's head is right (page Coordinator)."""
        return weights_table(self.prediction, self.conversation.labels)

    def attention(self, modality: str, name: str = ROLLOUT_MAP) -> pd.DataFrame:
        """One row a query and key of the attention map called `name`, one of `attention_maps` (page Propagation).

        Raises `CompVizError` when there is no such modality or map.
        """
        if modality not in self.inside.modalities or name not in self.attention_maps:
            raise CompVizError(
                f"attention: expected one of {', '.join(self.inside.modalities)} and one of "
                f"{'; '.join(self.attention_maps) or 'no map, as this network has no propagation'}, got {modality!r} and {name!r}."
            )
        return attention_table(attention(self.inside, modality, name))

    @property
    def attention_maps(self) -> list[str]:
        """Names of all attention maps: rollout, the mean, and every layer and head."""
        return map_names(self.inside)

    def prompts(self) -> pd.DataFrame:
        """One row a receiver and source: what changes when that prompt is removed; empty without prompts (page Propagation).

        Runs the model once for each of the `M²` pairs.
        """
        ablation = ablate_prompts(self.checkpoint, self.conversation, self.observed)
        return ablation_table(ablation) if ablation else pd.DataFrame()

    @cached_property
    def rebuilt(self) -> Rebuilt:
        """What the method makes of every entry, beside what it is as recorded; `CompVizError` where it rebuilds nothing."""
        return rebuild_conversation(self.checkpoint, self.conversation, self.observed)

    def reconstruction(self) -> pd.DataFrame:
        """One row a missing entry: how near what is made of it comes to its own features as recorded (page Reconstruction)."""
        return reconstruction_table(compare_rebuilt(self.rebuilt))

    def contributions(self, predictor: str = FUSED) -> pd.DataFrame:
        """One row an utterance and modality: its exact Shapley value in a prediction, `fused` or of a head (page Why).

        All `2^M` coalitions of modalities are computed in one pass. Raises `CompVizError` when there is no such predictor.
        """
        if predictor not in (FUSED, *self.prediction.heads):
            raise CompVizError(
                f"contributions: expected {' or one of '.join(filter(None, (FUSED, ', '.join(self.prediction.heads))))}, "
                f"got {predictor!r}."
            )
        return contribution_table(
            contribution(predict_coalitions(self.checkpoint, self.conversation, self.observed), predictor)
        )

    def attributions(self, utterance: int, method: str = INTEGRATED, seed: int = 0) -> pd.DataFrame:
        """One row a cell: its part in the fused prediction of an utterance, counted from 1, by one of `METHODS` (page Why).

        Raises `CompVizError` when there is no such utterance or method.
        """
        if not 1 <= utterance <= len(self.conversation) or method not in ATTRIBUTION_METHODS:
            raise CompVizError(
                f"attributions: expected an utterance from 1 to {len(self.conversation)} and one of {', '.join(ATTRIBUTION_METHODS)}, "
                f"got {utterance} and {method!r}."
            )
        return attribution_table(
            attribute(self.checkpoint, self.conversation, self.observed, utterance - 1, method, seed)
        )
