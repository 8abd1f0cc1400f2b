"""The ranking of the methods as a table, and in words."""

import numpy as np
import pandas as pd

from comp_viz.analysis.compare.ranking import Ranking
from comp_viz.data.patterns.entries import Uniform
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.figures.chart import About
from comp_viz.wording import decimal, fitting, how_many, percent, points

ABOUT_RANKING = About(
    "Every method trained anew by the same recipe, on the same splits and masks, its epoch chosen on the same split: accuracy of the fused "
    "prediction in percent, mean over training seeds ± half its 95\u202f% interval. Methods are ranked by the mean over the missing rates; "
    "behind the first is taken seed by seed. The paper's rank is the mean of its ranks over the data sets of its comparison.",
    "What each method reaches when it is tuned: the recipe was found with ComP. One data set; the paper's figures are of others, of "
    "epochs chosen on the test split, and of each method's own code.",
)
ABOUT_CUTS = About(
    "The same with other speakers held out: the speakers are cut into parts, and every part is tested once by a network trained on the "
    "others. Mean over cuts ± half its 95\u202f% interval; behind the first is taken cut by cut.",
    "Networks of different cuts share most of their training data, so these intervals are somewhat too narrow.",
)


def ranking_title(ranking: Ranking) -> str:
    """Which method leads, and by how much."""
    methods = ranking.rows[ranking.rows["rank"].notna()]
    first, second = methods.iloc[0], methods.iloc[1]
    name = f"On other speakers {first['name']}" if ranking.by_cut else first["name"]
    mean = f"{name} is first with {percent(first['mean'], 1)} over all missing rates"
    lead = points(first["mean"] - second["mean"]).removeprefix("+")
    return fitting(f"{mean}, {second['name']} {lead} behind", mean)


def ranking_facts(ranking: Ranking) -> str:
    """How many seeds or cuts it rests on, which methods are level with the first, and how far the paper's order agrees."""
    repeats, unit = sorted(set(ranking.rows["repeats"])), "cut" if ranking.by_cut else "seed"
    span = how_many(repeats[0], unit) if len(repeats) == 1 else f"{repeats[0]} to {how_many(repeats[-1], unit)}"
    parts = [f"{span} a method."]
    if ranking.level:
        parts.append(f"Within chance of the first: {', '.join(ranking.level)}.")
    if not np.isnan(ranking.agreement):
        parts.append(f"Spearman's correlation with the paper's order: {decimal(ranking.agreement)}.")
    return " ".join(parts)


def ranking_table(ranking: Ranking) -> pd.DataFrame:
    """The ranking as people read it."""
    return pd.DataFrame(
        [
            {
                "rank": "" if np.isnan(row["rank"]) else f"{row['rank']:.0f}",
                "method": row["name"],
                "cuts" if ranking.by_cut else "seeds": str(row["repeats"]),
                **{rate_name(pattern): spread(row[pattern], row[f"half {pattern}"]) for pattern in ranking.patterns},
                "mean": spread(row["mean"], row["half"]),
                "behind the first": "" if row["rank"] == 1 else spread(row["behind"], row["behind half"]),
                "paper's rank": "" if np.isnan(row["paper rank"]) else decimal(row["paper rank"], 1),
            }
            for row in ranking.rows.to_dict("records")
        ]
    )


def spread(value: float, half: float) -> str:
    """A share in percent with half its interval, `89.2 ± 0.4`."""
    return decimal(100 * value, 1) + ("" if np.isnan(half) else f" ± {decimal(100 * half, 1)}")


def rate_name(pattern: str) -> str:
    """The head of a pattern's column: `30 % missing`, or the pattern itself where it is another one."""
    parts = Pattern.parse(pattern).parts
    if len(parts) == 1 and isinstance(parts[0], Uniform):
        return f"{percent(parts[0].rate)} missing"
    return pattern


def ranking_markdown(ranking: Ranking) -> str:
    """The same table for a page of the documentation."""
    table = ranking_table(ranking)
    lines = [[*table.columns], ["---"] * len(table.columns), *table.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
