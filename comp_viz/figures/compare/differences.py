"""The table of utterances on which another predictor differs most from the first."""

import pandas as pd

from comp_viz.figures.chart import About
from comp_viz.wording import decimal, fitting

ABOUT_DIFFERENCES = About(
    "The utterances, under the first drawing, on which another differs most from the first: for scores by the distance in label "
    "units, for classes by the probability that would have to move (0 to 1).",
    "Who is right more often: these are extremes, and in them chance plays its part.",
)


def differences_title(rows: pd.DataFrame, first: str) -> str:
    """Where and by how much they differ most; `rows` as `largest_differences` gives them, utterances counted from 0."""
    top = rows.iloc[0]
    place, size = f"utterance {top['utterance'] + 1} of {top['conversation']}", decimal(top["difference"])
    return fitting(
        f"They differ most in {place}: by {size} between {first} and {top['other']}",
        f"They differ most in {place}: by {size}",
        f"They differ most by {size}, in utterance {top['utterance'] + 1} of one conversation",
    )
