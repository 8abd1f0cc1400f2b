"""The effects that the paper itself prints for its claims on accuracy: differences of the rows of its Table 3."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from comp_viz.analysis.claims.accuracies import COMP, LACKING, NOTHING
from comp_viz.analysis.results import named_by_flags, read_published_results
from comp_viz.training.contenders import ABLATION

# Claim -> what an effect is of -> the row that ComP is compared with.
PUBLISHED_ROWS = {
    "prompting": {"prompts": LACKING["prompts"]},
    "components": {"all four together": NOTHING, **LACKING},
    "modulator": {"gradient modulator": LACKING["gradient modulator"]},
}


@dataclass(frozen=True)
class PublishedEffect:
    """Fused ACC of ComP minus that of another row on one data set of the paper, as a share, over its missing rates."""

    of: str
    dataset: str
    mean: float
    low: float  # at the missing rate where it is smallest
    high: float


def published_effects(path: Path) -> dict[str, list[PublishedEffect]]:
    """What Table 3 says of each claim on accuracy; single numbers of other data, and of epochs chosen on the test split."""
    tables = [named_by_flags(read_published_results(path, classes), ABLATION) for classes in (False, True)]
    rows = pd.concat(tables, ignore_index=True)
    wide = rows[rows["metric"] == "ACC"].pivot_table(
        index=["dataset", "missing_rate"], columns="method", values="mean", sort=False
    )
    return {
        claim: [
            PublishedEffect(of, str(dataset), float(one.mean()), float(one.min()), float(one.max()))
            for of, row in named.items()
            for dataset, one in (wide[COMP] - wide[row]).groupby(level="dataset", sort=False)
        ]
        for claim, named in PUBLISHED_ROWS.items()
    }
