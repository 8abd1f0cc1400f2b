"""The heading of the Data page."""

from comp_viz.data.summary import Summary
from comp_viz.wording import first_upper, fitting, how_many, percent


def data_title(name: str, summary: Summary) -> str:
    """How many conversations and utterances a data set has, and how many of these are complete."""
    size = f"{how_many(summary.conversations, 'conversation')} with {how_many(summary.utterances, 'utterance')}"
    complete = f"{percent(summary.complete, 1)} of them complete"
    return fitting(
        f"{first_upper(name)} has {size}, {complete}",
        f"{first_upper(name)} has {size}",
        f"This data set has {size}, {complete}",
    )
