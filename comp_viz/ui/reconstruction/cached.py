"""What a conversation is rebuilt as, kept under the digest of its `Query`."""

from comp_viz.analysis.query import Query
from comp_viz.analysis.reconstruction.rebuilt import Rebuilt, rebuild_conversation
from comp_viz.analysis.reconstruction.samples import EntrySamples, draw_samples
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_resource
from comp_viz.ui.cache.predictions import open_query


@keep_resource(max_entries=16, show_spinner="Rebuilding what is missing …")
def cached_rebuilt(query: Query) -> Rebuilt:
    """A conversation as it is rebuilt, beside what it is; shared by all visitors and not to be changed."""
    with INFERENCE:
        return rebuild_conversation(*open_query(query))


@keep_resource(max_entries=16, show_spinner="Generating samples of what is missing …")
def cached_samples(query: Query) -> dict[str, EntrySamples]:
    """Samples of all missing entries, of a method that has some."""
    rebuilt = cached_rebuilt(query)
    with INFERENCE:
        return draw_samples(*open_query(query), rebuilt)
