"""Answers of a checkpoint on one conversation: each is kept under the digest of its `Query`."""

from comp_viz.analysis.inside import Inside, look_inside
from comp_viz.analysis.prediction import Prediction, predict_conversation
from comp_viz.analysis.propagation.prompt_ablation import PromptAblation, ablate_prompts
from comp_viz.analysis.query import Query
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Bools, Conversation
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.cache.data_sets import open_data_set
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_data, keep_resource


def open_query(query: Query) -> tuple[Checkpoint, Conversation, Bools]:
    """The checkpoint, conversation and missing pattern `[S, M]` of a query."""
    return query.open(open_checkpoint, open_data_set)


@keep_data(max_entries=256, show_spinner=False)
def cached_prediction(query: Query) -> Prediction:
    """The model's prediction for one conversation under one missing pattern."""
    opened = open_query(query)
    with INFERENCE:
        return predict_conversation(*opened, query.changed)


@keep_resource(max_entries=16, show_spinner=False)
def cached_inside(query: Query) -> Inside:
    """Everything inside the forward pass; about 8 MB for 120 utterances. Shared by all visitors and not to be changed."""
    opened = open_query(query)
    with INFERENCE:
        return look_inside(*opened, query.changed)


@keep_data(max_entries=64, show_spinner="Removing one prompt after the other …")
def cached_prompt_ablation(query: Query) -> PromptAblation | None:
    """What every prompt and every modality's own features are worth; one pass for each of them."""
    opened = open_query(query)
    with INFERENCE:
        return ablate_prompts(*opened)
