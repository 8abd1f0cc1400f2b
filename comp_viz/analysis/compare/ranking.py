"""The methods in the order they come to under one protocol, and in the order the paper's figures put them in."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from comp_viz.analysis.shipped_results import ResultsTable, paired_difference
from comp_viz.analysis.stats.intervals import half_width_of_mean
from comp_viz.methods.registry import find_method, method_names

RANKED = ("comp", "gcnet")  # a table that holds these is one of the methods
# Where the paper names a method otherwise than the registry's folders do.
PAPER_NAMES = {"SDR-GNN": "sdr_gnn"}
REFERENCES = {"linear": "regression per utterance", "no-prompting": "ComP without prompting"}


@dataclass(frozen=True)
class Ranking:
    """Methods by their mean accuracy over the missing rates of a table, the best first.

    Means are over training seeds, or over cuts of the data where those were trained on (`by_cut`), seeds averaged.
    `rows`: `method`, `name` on screen, how many `repeats` there are, one column of means for each of `patterns` and one of its
    `half` (as `half uniform(0.3)`; half the 95 % interval over repeats, NaN from one), `mean` and `half` over all of them,
    `behind` the first, repeat by repeat, with `behind half`, `rank` among the methods (NaN of references that are none), and the
    paper's `paper rank`: the mean of the ranks in its data sets, NaN where it has none.
    """

    patterns: tuple[str, ...]
    rows: pd.DataFrame
    by_cut: bool = False

    @property
    def agreement(self) -> float:
        """Spearman's correlation of our ranks and the paper's over the methods that both have; NaN below three."""
        both = self.rows.dropna(subset=["rank", "paper rank"])
        return float(spearmanr(both["rank"], both["paper rank"]).statistic) if len(both) > 2 else float("nan")

    @property
    def level(self) -> list[str]:
        """Names of the methods that the first is not clearly ahead of: the interval of what they are behind holds 0."""
        close = self.rows[(self.rows["behind"] <= self.rows["behind half"]) & self.rows["rank"].gt(1)]
        return close["name"].tolist()


def rank_methods(table: ResultsTable, published: pd.DataFrame | None) -> Ranking:
    """Rank the methods and references of a table; `published` as `results.read_published_results` gives it, where it is there."""
    patterns, paper = tuple(table.patterns), {} if published is None else published_ranks(published)
    repeats = {method: repeated_accuracy(table, method) for method in table.rows["method"].unique()}
    known = {method: each for method, each in repeats.items() if len(each) and ranked_name(method)}
    means = {method: each.mean(axis=1) for method, each in known.items()}
    order = sorted(known, key=lambda method: -means[method].mean())
    methods = [method for method in order if method not in REFERENCES]
    rows = []
    for method in order:
        behind, behind_half, _ = paired_difference(means[methods[0]], means[method])
        row = {"method": method, "name": ranked_name(method), "repeats": len(means[method])}
        row |= {pattern: known[method][pattern].mean() for pattern in patterns}
        row |= {f"half {pattern}": half_width_of_mean(known[method][pattern]) for pattern in patterns}
        row |= {"mean": means[method].mean(), "half": half_width_of_mean(means[method])}
        row |= {"behind": behind, "behind half": behind_half}
        row["rank"] = methods.index(method) + 1 if method in methods else np.nan
        rows.append(row | {"paper rank": paper.get(method, np.nan)})
    return Ranking(patterns, pd.DataFrame(rows), table.by_cut)


def repeated_accuracy(table: ResultsTable, method: str) -> pd.DataFrame:
    """ACC of the fused prediction `[seed or cut x pattern]`, the other averaged; of those that have every pattern."""
    rows = table.rows[(table.rows["method"] == method) & (table.rows["predictor"] == "fused")]
    wide = rows.pivot_table(index="fold" if table.by_cut else "seed", columns="pattern", values="ACC")
    return wide.reindex(columns=table.patterns).dropna()


def ranked_name(method: str) -> str:
    """The name on screen of a method in the registry or a reference; "" of other rows of a table."""
    if method in REFERENCES:
        return REFERENCES[method]
    return find_method(method).title if method in method_names() else ""


def published_ranks(published: pd.DataFrame) -> dict[str, float]:
    """Method in the registry -> the mean of its ranks by ACC over the data sets of the paper's comparison, 1 the best."""
    rows = published[(published["table"] < 3) & (published["metric"] == "ACC")]
    means = rows.groupby(["dataset", "method"])["mean"].mean().unstack("method")
    ranks = means.rank(axis=1, ascending=False).mean()
    return {PAPER_NAMES.get(str(name), str(name).lower()): float(rank) for name, rank in ranks.items()}
