"""`results`: tables of sweeps, printed as the paper prints its own, beside the paper's figures."""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import wrap
from typing import Any

import pandas as pd

from comp_viz.analysis.results import (
    TABLE_COLUMNS,
    matched,
    named_by_flags,
    read_published_results,
    read_results,
    summarise,
)
from comp_viz.commands.data_text import printable
from comp_viz.commands.results_text import LINE_WIDTH, Line, flag_lines, method_lines, ordered, text_table
from comp_viz.errors import CompVizError
from comp_viz.evaluation.metrics import METRICS
from comp_viz.resources import shipped
from comp_viz.sweep.epochs import is_epochs
from comp_viz.training.contenders import ABLATION

SHIPPED = shipped("results")
OTHER_DATA = "AS PUBLISHED, ON OTHER DATA (recordings, features, splits; chosen on the test split)"
METRIC_UNITS = {"MAE": "in labels", "CORR": ""}
NOTES = {
    "alone": "alone: no fused prediction; every modality was trained by itself.",
    "linear": "linear: sees single utterances; each head is a regression on that modality by itself. "
    "ACC, UA and F1 are of logistic regression, MAE and CORR of ridge regression.",
}


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser("results", help="print the tables of sweeps")
    parser.add_argument("tables", nargs="*", type=Path, help="Parquet tables of sweeps; default: those in results/")
    parser.add_argument("--published", type=Path, default=SHIPPED / "published.csv", help="CSV of the paper's figures")
    parser.add_argument("--csv", action="store_true", help="print means, half widths and seeds as CSV instead")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print every table of every file."""
    paths = options.tables or sorted(path for path in SHIPPED.glob("*.parquet") if not is_epochs(path))
    if not paths:
        raise CompVizError(f"There is no table of results in {SHIPPED}. Make one: comp-viz sweep SWEEP.yaml.")
    tables = {path: read_results(path) for path in paths}
    if options.csv:
        whole = [summarise(rows).assign(file=path.name) for path, rows in tables.items()]
        pd.concat(whole).to_csv(sys.stdout, index=False)
        return
    for path, rows in tables.items():
        print(f"{path}\n{'=' * len(str(path))}\n")
        print("\n".join(printable(line) for line in report(rows, options.published)))


def report(rows: pd.DataFrame, published: Path) -> Iterator[str]:
    """All lines on one sweep's table."""
    summary = summarise(rows)
    for _, group in summary.groupby("data", sort=False):
        theirs = read_published_results(published, classes="UA" in set(group["metric"]))
        for _, part in pd.concat([matched(group), group]).groupby(TABLE_COLUMNS, sort=False):
            yield from one_group(part, theirs)
            theirs = theirs[:0]  # once is enough
    for failed in rows.dropna(subset=["failure"]).itertuples():
        yield f"FAILED: {failed.method} on {failed.data} under {failed.trained_under}, seed {failed.seed}: {failed.failure}"


def one_group(group: pd.DataFrame, published: pd.DataFrame) -> Iterator[str]:
    """Tables of what was trained under one pattern, selected on one split and evaluated on one."""
    first = group.iloc[0]
    yield f"{first['data']}, {first['split']} split, trained under {first['trained_under']}"
    yield from wrap(seeds_words(group), LINE_WIDTH)
    if first["select"] == "test":
        yield "EPOCHS SELECTED ON THE TEST SPLIT, the paper's protocol: every number of ours is optimistic as well."
    yield ""
    parts = set(ABLATION) - {"comp"}
    ablated, others = group["method"].isin(ABLATION), group[~group["method"].isin(parts)]
    of_ablation = group[ablated] if group["method"].isin(parts).any() else group[:0]
    for metric in METRICS:
        yield from ablation(metric, of_ablation, published)
        if set(others["method"]) != {"comp"} or of_ablation.empty:
            yield from methods(metric, others, published)
    for name, note in NOTES.items():
        if (group["method"] == name).any():
            yield from wrap(note, LINE_WIDTH)
    yield ""


def seeds_words(group: pd.DataFrame) -> str:
    """How many seeds the means are over."""
    counts = group.groupby("method", sort=False)["seeds"].max()
    if counts.max() == 1:
        return "One seed, so no interval is known."
    which = "" if counts.nunique() == 1 else f" ({', '.join(f'{name} {n}' for name, n in counts.items())})"
    return f"Mean over {counts.max()} training seeds{which} ± half the 95 % interval; for each seed, the mean over mask seeds."


def methods(metric: str, numbers: pd.DataFrame, published: pd.DataFrame) -> list[str]:
    """Methods and their heads by missing rate, then what the paper says of others on other data."""
    numbers = numbers[numbers["metric"] == metric]
    theirs = published[(published["table"] != 3) & (published["metric"] == metric)]
    return table_with_published(metric_title(metric), metric, numbers, theirs, method_lines)


def ablation(metric: str, numbers: pd.DataFrame, published: pd.DataFrame) -> list[str]:
    """The layout of the paper's Table 3: fused prediction by which parts were kept, ours and theirs."""
    numbers = numbers[(numbers["metric"] == metric) & (numbers["predictor"] == "fused")]
    theirs = named_by_flags(published, ABLATION)
    return table_with_published(
        f"KP  PG  Cr  GM  {metric_title(metric)}", metric, numbers, theirs[theirs["metric"] == metric], flag_lines
    )


def table_with_published(
    head: str,
    metric: str,
    ours: pd.DataFrame,
    theirs: pd.DataFrame,
    as_lines: Callable[[str, pd.DataFrame], list[Line]],
) -> list[str]:
    """One table of our numbers, with a section below for every data set of the published ones; nothing without ours."""
    if ours.empty:
        return []
    patterns = ordered(ours["pattern"])
    theirs = theirs[theirs["pattern"].isin(patterns)]
    sections = [
        (f"{OTHER_DATA}: {name}", as_lines(metric, rows)) for name, rows in theirs.groupby("dataset", sort=False)
    ]
    return text_table(head, patterns, [("", as_lines(metric, ours)), *sections])


def metric_title(metric: str) -> str:
    """What a table is of."""
    return f"{metric} {METRIC_UNITS.get(metric, 'in %')}".rstrip()
