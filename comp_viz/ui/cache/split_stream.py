"""A split of a data set standardised for a checkpoint, as whole splits are predicted from."""

import torch

from comp_viz.analysis.query import Query
from comp_viz.data.batch import Stream
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.cache.data_sets import open_data_set
from comp_viz.ui.cache.per_session import keep_resource


@keep_resource(max_entries=3, show_spinner=False)
def split_stream(query: Query, split: str) -> Stream:
    """Up to half a gigabyte; `query` is of the whole data set."""
    conversations = open_data_set(query.data, query.root).split(split)
    checkpoint = open_checkpoint(query.checkpoint, query.device)
    return Stream(conversations, checkpoint.standardise, torch.device(query.device))
