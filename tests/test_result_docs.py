"""Tables in the documentation that are computed: they hold the numbers of shipped tables and checkpoints, and no others.

To write them anew after a sweep: `python tests/test_result_docs.py` prints them.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import DATA
from needs import need_data
from scipy.stats import spearmanr

from comp_viz.analysis.compare.ranking import RANKED, rank_methods, repeated_accuracy
from comp_viz.analysis.coordinator.reweighting import EQUAL
from comp_viz.analysis.coordinator.shuffle import AMONG_ALIKE, EXCHANGED, shuffle_test
from comp_viz.analysis.imbalance.leeway import leeway
from comp_viz.analysis.results import read_published_results, read_results
from comp_viz.analysis.shipped_results import ResultsTable, paired_difference, tables_in
from comp_viz.checkpoint.card import read_card
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.patterns.pattern import PROTOCOL
from comp_viz.data.source import open_data
from comp_viz.figures.compare.ranking import ranking_markdown, spread
from comp_viz.methods.registry import find_method, method_names
from comp_viz.wording import decimal, signed

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"
PROMPTS = {"comp": "of all, as published", "prompts from observed": "of what is observed"}
SHARPNESS = {
    "comp": "κ 1, as published",
    "κ 3": "κ 3",
    "κ 10": "κ 10",
    "κ 30": "κ 30",
    "κ 10 learned": "κ learned from 10 on",
}
BALANCE = {
    "with prompts": {
        "comp, none": "no balance",
        "comp": "eq. 11",
        **{f"comp, {x}": f"`{x}`" for x in ("ogm-ge", "mmpareto", "loss")},
    },
    "without prompts": {
        "no-prompting": "no balance",
        **{f"no-prompting, {x}": f"`{x}`" for x in ("ogm-ge", "mmpareto", "loss")},
    },
}
BALANCE_TABLES = {"CMU-MOSI": "balance_mosi", "Hazumi": "balance_hazumi"}
COORDINATOR = {"comp": "as published"} | {x: x for x in ("taught", "reads encodings", "reads encodings, taught")}


def one_table(name):
    """The rows of a shipped sweep, which are of one table."""
    (rows,) = tables_in(read_results(RESULTS / f"{name}.parquet"), None)
    return ResultsTable(name, rows, pd.DataFrame())


def half_of(values):
    """Half the 95 % interval of a mean, as `paired_difference` from zero has it."""
    return paired_difference(values, values * 0)[1]


def markdown(head, lines):
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *lines])


def rates_of(table):
    """The missing rates of a table's patterns, as heads of columns."""
    return [f"{table.rows[table.rows['pattern'] == p]['missing_rate'].mean():.1g}" for p in table.patterns]


def variants(words, table, labels):
    """Accuracy of the first of some rows of a table, and by how much others are ahead: method -> its line.

    Seed by seed, or cut by cut where the table has cuts.
    """
    first, *others = labels
    runs = {method: repeated_accuracy(table, method) for method in labels}
    cells = {method: [each[p] for p in table.patterns] for method, each in runs.items()}
    lines = {first: [f"{words}, {labels[first]}", *(spread(x.mean(), half_of(x)) for x in cells[first])]}
    for method in others:
        pairs = [paired_difference(b, a)[:2] for a, b in zip(cells[first], cells[method], strict=True)]
        lines[method] = [f"{words}, {labels[method]}, minus that", *(spread(*pair) for pair in pairs)]
    return lines


def variants_table(head, names, labels):
    """Variants of a method in several tables; `names` has the table for the words before the label of a row's name."""
    tables = {words: one_table(name) for words, name in names.items()}
    lines = [line for words, table in tables.items() for line in variants(words, table, labels).values()]
    return markdown([head, *rates_of(next(iter(tables.values())))], lines)


def assignments_table():
    """Entropy and largest weight of assignments by κ: means over modalities, in both blocks, over seeds."""
    table = pd.read_parquet(RESULTS / "inside" / "sharpness_assignments.parquet")
    means = table.groupby(["method", "block"])[["entropy", "largest"]].mean()
    lines = [
        [
            label,
            *(
                f"{means.loc[(method, b), column]:.{digits}f}"
                for column, digits in (("entropy", 2), ("largest", 1))
                for b in (1, 2)
            ),
        ]
        for method, label in SHARPNESS.items()
    ]
    heads = [f"{what}, block {b}" for what in ("entropy", "largest weight") for b in (1, 2)]
    return markdown(["sharpness", *heads], lines)


def weights_table():
    """What the coordinator's weights follow, and what exchanging them does, in % of the weight and points."""
    table = pd.read_parquet(RESULTS / "inside" / "coordinator_weights.parquet")
    lines = []
    for method, label in COORDINATOR.items():
        rows = table[table["method"] == method].set_index("pattern")
        cells = [
            rows.loc[f"uniform({rate})", column].reset_index(drop=True)
            for column in ("best head", "observed", "exchanged")
            for rate in (0.3, 0.7)
        ]
        lines.append([label, *(spread(x.mean(), half_of(x)) for x in cells)])
    heads = [
        f"{what}, {rate}" for what in ("on the best head", "on what is observed", "exchanged") for rate in (0.3, 0.7)
    ]
    return markdown(["coordinator", *heads], lines)


def balance_table():
    """Accuracy without balance, how much every rule adds with prompts and without, and how far apart heads err at the end."""
    lines = []
    for data, name in BALANCE_TABLES.items():
        table, leeways = one_table(name), pd.read_parquet(RESULTS / "inside" / f"{name}_leeway.parquet")
        apart = leeways[leeways["moment"] == "last"].groupby("method")["spread"].mean()
        for words, labels in BALANCE.items():
            for method, line in variants(f"{data} {words}", table, labels).items():
                lines.append([*line, f"{apart[method]:.2f}"])
    return markdown(["balance", *rates_of(table), "heads apart"], lines)


def methods_table(name):
    """The ranking of all methods in a shipped sweep."""
    published = read_published_results(RESULTS / "published.csv", classes=False)
    return ranking_markdown(rank_methods(one_table(name), published))


def sizes_table():
    """Accuracy of methods at our size and at their published one."""
    table, lines = one_table("published_size"), []
    for method in dict.fromkeys(table.rows["method"]):
        name, _, published = method.partition(" at its ")
        each = repeated_accuracy(table, method)
        cells = [*(each[p].mean() for p in table.patterns), each.mean(axis=1).mean()]
        words = f"{find_method(name).title}, {published or 'our size'}"
        lines.append([words, *(spread(value, np.nan) for value in cells)])
    return markdown(["method", *rates_of(table), "mean"], lines)


def shuffle_table():
    """What exchanging the coordinator's weights does to the shipped checkpoints, in points, with the interval over dialogues."""
    data = open_data(str(need_data(DATA / "hazumi_online.npz")))
    patterns = {str(p): f"{p.parts[0].rate:g}" for p in PROTOCOL}
    lines = []
    for name, words in {"hazumi": "ComP", "hazumi-no-prompting": "without prompting"}.items():
        checkpoint = load_checkpoint(ROOT / "checkpoints" / name)
        stream = Stream(data.split("test"), checkpoint.standardise, torch.device("cpu"))
        tests = [shuffle_test(checkpoint, data.task, stream, pattern) for pattern in patterns]
        for weights, label in (
            (EXCHANGED, "exchanged between all"),
            (AMONG_ALIKE, "exchanged among alike"),
            (EQUAL, "equal"),
        ):
            cells = [[100 * test.row(weights)[key] for key in ("difference", "low", "high")] for test in tests]
            lines.append(
                [f"{words}, {label}", *(f"{signed(v, 1)} ({signed(a, 1)} to {signed(b, 1)})" for v, a, b in cells)]
            )
    return markdown(["weights", *patterns.values()], lines)


def leeway_table():
    """The spread of weights of heads in the first recorded epoch, in the last of stage 1, and in the last of shipped runs."""
    named = {
        "ComP, Hazumi": "hazumi",
        "without prompting, Hazumi": "hazumi-no-prompting",
        "MoMKE, Hazumi": "hazumi-momke",
        "ComP, CMU-MOSI": "mosi",
    }
    lines = []
    for words, name in named.items():
        folder = ROOT / "checkpoints" / name
        spread_by_epoch = leeway(folder / "telemetry").set_index("epoch")["spread"]
        first_stage = spread_by_epoch[
            spread_by_epoch.index < read_card(folder / "config.json").training.recipe["first_epochs"]
        ]
        cells = (first_stage.iloc[0], first_stage.iloc[-1], spread_by_epoch.iloc[-1])
        lines.append([words, *(f"{value:.2f}" for value in cells)])
    return markdown(["shipped run", "first epoch", "end of stage 1", "end of stage 2"], lines)


PROMPTS_TABLES = {
    "validation": "prompts_from_validation",
    "test": "prompts_from",
    "five cuts": "prompts_from_cuts",
    "CMU-MOSI": "prompts_from_mosi",
}
SHARPNESS_TABLES = {"validation": "sharpness_validation", "test": "sharpness"}
TABLES = {
    "results/README.md, prompts": (
        "results/README.md",
        lambda: variants_table("prompts", PROMPTS_TABLES, PROMPTS),
    ),
    "results/README.md, sharpness": (
        "results/README.md",
        lambda: variants_table("sharpness", SHARPNESS_TABLES, SHARPNESS),
    ),
    "results/README.md, assignments": ("results/README.md", assignments_table),
    "results/README.md, balance": ("results/README.md", balance_table),
    "results/README.md, coordinator": (
        "results/README.md",
        lambda: variants_table("coordinator", {"Hazumi": "coordinator"}, COORDINATOR),
    ),
    "results/README.md, weights": ("results/README.md", weights_table),
    "docs/methods.md, leeway": ("docs/methods.md", leeway_table),
    "docs/methods.md, ranking": ("docs/methods.md", lambda: methods_table("methods")),
    "docs/methods.md, ranking on CMU-MOSI": ("docs/methods.md", lambda: methods_table("methods_mosi")),
    "docs/methods.md, ranking on other speakers": ("docs/methods.md", lambda: methods_table("methods_cuts")),
    "docs/methods.md, sizes": ("docs/methods.md", sizes_table),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_hold_the_numbers_of_the_sweeps(name):
    path, table = TABLES[name]
    lines = {line.strip() for line in (ROOT / path).read_text().splitlines()}
    assert [line for line in table().splitlines() if line not in lines] == []


def numbers(line):
    """The label of a table's line, and its numbers."""
    label, *cells = line.strip().strip("|").split("|")
    return label.strip(), [float(x.replace("−", "-")) for x in re.findall(r"[−+]?\d+\.\d+", "".join(cells))]


def test_the_shuffle_table_holds_the_numbers_of_the_shipped_checkpoints():
    """To a tenth of a point or so: another processor may turn a single decision."""
    _, _, *lines = shuffle_table().splitlines()
    written = dict(numbers(line) for line in (RESULTS / "README.md").read_text().splitlines() if line.count("|") == 6)
    for label, values in map(numbers, lines):
        assert values == pytest.approx(written[label], abs=0.15)


@pytest.mark.parametrize("name", ["methods", "methods_mosi"])
def test_the_ranked_methods_are_in_the_shipped_tables(name):
    assert set(RANKED) <= set(one_table(name).rows["method"])
    assert np.isfinite(one_table(name).rows["ACC"]).any()


def behind_comp(name):
    """ComP minus each method in a shipped sweep, in points over all rates, seed by seed, with half the interval."""
    table = one_table(name)
    means = {method: repeated_accuracy(table, method).mean(axis=1) for method in table.rows["method"].unique()}
    return {method: 100 * np.array(paired_difference(means["comp"], mean)[:2]) for method, mean in means.items()}


def test_what_is_said_of_both_data_sets_is_computed():
    hazumi, mosi = behind_comp("methods"), behind_comp("methods_mosi")
    both = [method for method in hazumi if method in mosi and method in method_names()]
    assert len(both) == 10
    rank = spearmanr([hazumi[m][0] for m in both], [mosi[m][0] for m in both])
    words = (ROOT / "docs" / "methods.md").read_text()
    assert f"the ten methods correlate by {decimal(rank.statistic)}\n(Spearman; p = {rank.pvalue:.2f})" in words
    ahead, behind = (f"{-mosi[m][0]:.1f} ± {mosi[m][1]:.1f}" for m in ("sdr_gnn", "mctn"))
    lost, most = (f"{hazumi[m][0]:.1f} ± {hazumi[m][1]:.1f}" for m in ("sdr_gnn", "mctn"))
    assert f"SDR-GNN is {ahead} points ahead of ComP there and {lost} behind on Hazumi" in words
    assert f"MCTN {behind} ahead and {most} behind" in words
    assert {m for m in both if abs(mosi[m][0]) > mosi[m][1]} == {"sdr_gnn", "mctn"}  # no other beyond the seeds


def test_what_is_said_of_prompts_from_what_is_observed_on_five_cuts_is_computed():
    table = one_table("prompts_from_cuts")
    words = (RESULTS / "README.md").read_text()
    epochs = pd.read_parquet(RESULTS / "prompts_from_cuts_epochs.parquet")
    chosen = table.rows.drop_duplicates("run")[["run", "epoch"]]
    fused = (epochs["quantity"] == "ACC") & (epochs["split"] == "selection") & (epochs["of"] == "fused")
    of_run = epochs[fused].astype({"method": str}).merge(chosen, on=["run", "epoch"])
    assert len(of_run) == 30
    validation = of_run.pivot_table(index="fold", columns="method", values="value")
    ahead, half, _ = paired_difference(validation["prompts from observed"], validation["comp"])
    assert f"{100 * ahead:.2f} ± {100 * half:.2f} points" in words
    rows = table.rows[table.rows["predictor"] == "fused"]
    errors = rows.pivot_table(index="fold", columns=["pattern", "method"], values="MAE")
    pairs = [errors[pattern] for pattern in table.patterns]
    lower = [paired_difference(pair["comp"], pair["prompts from observed"]) for pair in pairs]
    half_way, most = (f"{difference:.3f} ± {half:.3f}" for difference, half, _ in lower[2:])
    assert f"lower by {half_way} and {most} at 0.5 and 0.7" in words
    assert [difference > half for difference, half, _ in lower] == [False, False, True, True]


if __name__ == "__main__":
    for name, (_, table) in (TABLES | {"results/README.md, shuffle": ("", shuffle_table)}).items():
        print(f"{name}\n\n{table()}\n")
