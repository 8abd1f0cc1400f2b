"""Curves to set beside a measured one: a linear probe and our shipped tables on the same data, and the paper's on other data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from comp_viz.analysis.data.linear_probe import FROM_ALL, LinearProbe
from comp_viz.analysis.results import DATASET_NAMES, ROW_COLUMNS, summarise
from comp_viz.wording import how_many

OURS, PAPER, PROBE = "our table", "published, other data", "linear probe"
ON_TEST = "epoch chosen on the TEST SPLIT"


@dataclass(frozen=True)
class Reference:
    """A named curve over missing rates."""

    name: str
    about: str  # trained under what, chosen how
    published: bool
    usual: bool  # whether it is shown by default
    points: (
        pd.DataFrame
    )  # metric, missing_rate, value, half of the 95 % interval over training seeds (NaN where unknown)

    def of(self, metric: str) -> pd.DataFrame:
        """The points of one metric, by the fused prediction."""
        return self.points[self.points["metric"] == metric].assign(predictor="fused")


def from_tables(tables: Mapping[str, pd.DataFrame], digest: str, split: str) -> list[Reference]:
    """The fused predictions in our tables (name -> rows) on the data with this digest and this split.

    Of a table with at least three training seeds curves are usual.
    """
    references = []
    for name, rows in tables.items():
        same = rows[(rows["data_digest"] == digest) & (rows["split"] == split) & (rows["predictor"] == "fused")]
        mine = same[same["pattern"].str.startswith("uniform(") & ~same["pattern"].str.contains("+", regex=False)]
        if mine.empty:
            continue
        rates = mine.groupby(ROW_COLUMNS, sort=False)["missing_rate"].mean().reset_index()
        summary = summarise(mine).merge(rates, on=ROW_COLUMNS).rename(columns={"mean": "value"})
        for (method, select, under), part in summary.groupby(["method", "select", "trained_under"], sort=False):
            seeds = int(part["seeds"].max())
            shown = f"{OURS} {name}: {method}, {how_many(seeds, 'seed')}"
            shown += "" if (summary["trained_under"] == under).all() else f", trained under {under}"
            about = f"trained under {under}; {ON_TEST if select == 'test' else 'epoch chosen on the validation split'}"
            points = part[["metric", "missing_rate", "value", "half"]].sort_values("missing_rate")
            mark = ", TEST SPLIT selection" if select == "test" else ""
            usual = seeds >= 3 and part["pattern"].nunique() >= 8
            references.append(Reference(shown + mark, about, False, usual, points))
    return references


def from_paper(published: pd.DataFrame) -> list[Reference]:
    """The paper's Tables 1 and 2, as `read_published` gives them: other recordings, chosen on the test split."""
    rows = published[published["table"] < 3].rename(columns={"mean": "value"}).assign(half=float("nan"))
    about = f"printed in the paper; trained at each missing rate; {ON_TEST}"
    return [
        Reference(
            f"{PAPER}: {DATASET_NAMES.get(str(dataset), str(dataset))}, {method}", about, True, False,
            part[["metric", "missing_rate", "value", "half"]].sort_values("missing_rate"),
        )
        for (dataset, method), part in rows.groupby(["dataset", "method"], sort=False)
    ]  # fmt: skip


def from_probe(probe: LinearProbe) -> list[Reference]:
    """The linear probe of a data set, from all modalities and from the best one alone: what needs no network and no context."""
    alone = max((name for name in probe.accuracy if name != FROM_ALL), key=lambda name: probe.accuracy[name])
    about = (
        f"logistic regression on single utterances of these data, nothing taken away, evaluated on the {probe.split}"
    )
    return [
        Reference(
            f"{PROBE}: {name}", about, False, True,
            pd.DataFrame({"metric": ["ACC"], "missing_rate": [0.0], "value": [probe.accuracy[of]], "half": [float("nan")]}),
        )
        for name, of in ((FROM_ALL, FROM_ALL), (f"{alone} alone", alone))
    ]  # fmt: skip


def above_measured(measured: pd.DataFrame, references: Sequence[Reference], metric: str) -> list[tuple[str, float]]:
    """The references that are better than the fused prediction with nothing missing, the best first: name and value.

    Only usual references on the same data count; `measured` as `score_table` gives it, of a `metric` of which more is better.
    """
    rows = measured[(measured["predictor"] == "fused") & (measured["missing_rate"] == 0)]
    if rows.empty or metric == "MAE":
        return []
    own = float(rows["value"].iloc[0])
    better = []
    for one in references:
        points = one.of(metric)
        values = points.loc[points["missing_rate"] < 0.005, "value"]
        if one.usual and not one.published and len(values) and float(values.iloc[0]) > own:
            better.append((one.name, float(values.iloc[0])))
    return sorted(better, key=lambda each: -each[1])


def with_references(measured: pd.DataFrame, references: Sequence[Reference], metric: str) -> pd.DataFrame:
    """Everything the chart of a metric over missing rates draws as one table; `source` is the reference, or "measured here"."""
    parts = [measured.assign(source="measured here")]
    for one in references:
        parts.append(one.of(metric).assign(source=one.name, about=one.about))
    return pd.concat([part for part in parts if len(part)], ignore_index=True) if any(map(len, parts)) else parts[0]
