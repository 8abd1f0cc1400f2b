"""The heading of the Data page in a report."""

from comp_viz.data.summary import Summary
from comp_viz.wording import fitting, how_many


def data_title(name: str, summary: Summary) -> str:
    """How many conversations and utterances a data set has."""
    size = f"{how_many(summary.conversations, 'conversation')}, {how_many(summary.utterances, 'utterance')}"
    return fitting(f"{name}: {size}", size)
