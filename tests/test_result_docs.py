"""Tables in the documentation that are computed: they hold the numbers of the shipped tables of results, and no others.

To write them anew after a sweep: `python tests/test_result_docs.py` prints them.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comp_viz.analysis.compare.ranking import RANKED, rank_methods
from comp_viz.analysis.results import read_published_results, read_results
from comp_viz.analysis.shipped_results import ResultsTable, paired_difference, tables_in
from comp_viz.figures.compare.ranking import ranking_markdown, spread

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"
PROMPTS = ("comp", "prompts from observed")


def one_table(name):
    """The rows of a shipped sweep, which are of one table."""
    (rows,) = tables_in(read_results(RESULTS / f"{name}.parquet"), None)
    return ResultsTable(name, rows, pd.DataFrame())


def half_of(values):
    """Half the 95 % interval of a mean, as `paired_difference` from zero has it."""
    return paired_difference(values, values * 0)[1]


def markdown(head, lines):
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *lines])


def prompts_table(names):
    """Accuracy with prompts of all and of observed utterances, and the difference seed by seed, for each of several tables."""
    lines, rates = [], []
    for words, name in names.items():
        table = one_table(name)
        rates = [f"{table.rows[table.rows['pattern'] == p]['missing_rate'].mean():.1g}" for p in table.patterns]
        cells = {method: [table.accuracy(method, p)["fused"] for p in table.patterns] for method in PROMPTS}
        for method in PROMPTS:
            label = "of all, as published" if method == "comp" else "of what is observed"
            lines.append([f"{words}, {label}", *(spread(x.mean(), half_of(x)) for x in cells[method])])
        first, second = (cells[method] for method in PROMPTS)
        pairs = [paired_difference(b, a)[:2] for a, b in zip(first, second, strict=True)]
        lines.append([f"{words}, difference", *(spread(*pair) for pair in pairs)])
    return markdown(["prompts", *rates], lines)


def methods_table():
    """The ranking of all methods on Hazumi."""
    published = read_published_results(RESULTS / "published.csv", classes=False)
    return ranking_markdown(rank_methods(one_table("methods"), published))


PROMPTS_TABLES = {"validation": "prompts_from_validation", "test": "prompts_from"}
TABLES = {
    "results/README.md, prompts": ("results/README.md", lambda: prompts_table(PROMPTS_TABLES)),
    "docs/methods.md, ranking": ("docs/methods.md", methods_table),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_hold_the_numbers_of_the_sweeps(name):
    path, table = TABLES[name]
    lines = {line.strip() for line in (ROOT / path).read_text().splitlines()}
    assert [line for line in table().splitlines() if line not in lines] == []


def test_the_ranked_methods_are_in_the_shipped_table():
    assert set(RANKED) <= set(one_table("methods").rows["method"])
    assert np.isfinite(one_table("methods").rows["ACC"]).any()


if __name__ == "__main__":
    for name, (_, table) in TABLES.items():
        print(f"{name}\n\n{table()}\n")
