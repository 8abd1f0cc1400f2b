"""The bank of a checkpoint: its conversations with their encoded utterances and prototypes, kept, and by name."""

from comp_viz.analysis.prototypes.nearest import Library, bank_library
from comp_viz.analysis.query import Query
from comp_viz.errors import CompVizError
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.cache.data_sets import open_data_set
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_resource
from comp_viz.ui.frame.page_view import PageView


@keep_resource(max_entries=4, show_spinner="Encoding the conversations of the bank …")
def _library(query: Query) -> Library | str:
    """The library of a checkpoint's bank, or why there is none."""
    try:
        with INFERENCE:
            return bank_library(open_checkpoint(query.checkpoint, query.device), open_data_set(query.data, query.root))
    except CompVizError as error:
        return str(error)


def cached_library(view: PageView) -> Library | str:
    """The training conversations of the bank, or in words why they are not known."""
    return _library(view.query().of_data_set())


def bank_names(view: PageView) -> list[str]:
    """Names of the conversations of the bank, numbers where they are not known."""
    bank = cached_library(view)
    if isinstance(bank, Library):
        return [conversation.id for conversation in bank.conversations]
    return [f"bank {i + 1}" for i in range(view.checkpoint.bank.shape[1])]
