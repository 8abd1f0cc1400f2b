"""The ranking of the methods: means, intervals and ranks from a table of runs, beside the order of the paper's figures."""

import json
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from page_cases import dashboard
from scipy.stats import t

from comp_viz.analysis.compare.ranking import RANKED, published_ranks, rank_methods
from comp_viz.analysis.results import read_published_results
from comp_viz.analysis.shipped_results import find_table
from comp_viz.data.table.writer import write_table
from comp_viz.evaluation.metrics import METRICS
from comp_viz.figures.compare.ranking import ranking_facts, ranking_markdown, ranking_table, ranking_title
from comp_viz.page_parts import COMPARE_PART, MEASURES
from comp_viz.resources import shipped
from comp_viz.sweep.table import RESULT_SCHEMA
from comp_viz.ui.cache import training
from comp_viz.ui.compare import ranking as ranking_part

PATTERNS = ("uniform(0)", "uniform(0.7)")
ACCURACY = {  # method -> [seed, pattern]
    "comp": [[0.90, 0.80], [0.88, 0.82]],
    "gcnet": [[0.92, 0.81], [0.91, 0.80]],
    "momke": [[0.89, 0.70]],
    "linear": [[0.80, 0.75], [0.81, 0.75]],
    "momke-published": [[0.99, 0.99], [0.99, 0.99]],
}


def write_ranked(folder, digest="d", unit="seed"):
    """A table of runs whose accuracies are as above, with a head that is better than anything and a run that failed.

    With `unit="fold"` the runs are of one seed each, on cuts of the data.
    """
    head = {
        "data": "some.npz", "data_digest": digest, "trained_under": "uniform(0.3)", "select": "validation", "split": "test", "run": "r",
        "config": "{}", "recipe": "{}", "versions": json.dumps({}), "missing_by_modality": "{}", "linear": False, "mask_seeds": 1,
    }  # fmt: skip
    rows = []
    for method, runs in ACCURACY.items():
        for number, values in enumerate(runs, start=1):
            for pattern, rate, value in zip(PATTERNS, (0.0, 0.7), values, strict=True):
                one = head | {"method": method, "seed": 1, "pattern": pattern, "missing_rate": rate} | {unit: number}
                one |= dict.fromkeys(METRICS, 0.5)
                rows += [one | {"predictor": "fused", "ACC": value}, one | {"predictor": "audio", "ACC": 1.0}]
    rows.append(head | {"method": "gcnet", "seed": 1, unit: 3, "failure": "Training diverged."})
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, RESULT_SCHEMA), folder / f"methods_{unit}.parquet")


@pytest.fixture
def ranking(tmp_path):
    write_ranked(tmp_path / "results")
    table = find_table(tmp_path / "results", RANKED, "d")
    return rank_methods(table, read_published_results(shipped("results/published.csv"), classes=False))


def test_methods_are_ranked_by_their_mean_and_references_have_no_rank(ranking):
    rows = ranking.rows.set_index("method")
    assert rows["rank"].fillna(0).to_dict() == {"gcnet": 1, "comp": 2, "momke": 3, "linear": 0}
    assert rows.loc["comp", "uniform(0.7)"] == pytest.approx(0.81)
    assert rows.loc["comp", "mean"] == pytest.approx(0.85)
    # Seeds of the means: comp .85 and .85, gcnet .865 and .855; behind by .015 and .005.
    assert rows.loc["comp", "behind"] == pytest.approx(0.01)
    half = t.ppf(0.975, 1) * np.std([0.015, 0.005], ddof=1) / np.sqrt(2)
    assert rows.loc["comp", "behind half"] == pytest.approx(half)
    assert rows.loc["comp", "half"] == pytest.approx(0, abs=1e-12)
    assert np.isnan(rows.loc["momke", "half"])
    assert ranking.level == ["ComP"]  # of the single seed of MoMKE no interval is known


def test_words_and_table_say_the_same_numbers(ranking):
    assert ranking_title(ranking) == "GCNet is first with 86.0\u202f% over all missing rates, ComP 1.0 points behind"
    assert "1 to 2 seeds a method. Within chance of the first: ComP." in ranking_facts(ranking)
    table = ranking_table(ranking).set_index("method")
    assert table.loc["ComP", "70\u202f% missing"] == "81.0 ± 12.7"
    assert table.loc["MoMKE", "seeds"] == "1"
    assert table.loc["GCNet", "behind the first"] == ""
    assert table.loc["regression per utterance", "rank"] == ""
    lines = ranking_markdown(ranking).splitlines()
    assert len(lines) == 2 + len(table)
    assert len({line.count("|") for line in lines}) == 1


def test_cuts_of_the_data_are_repeats_where_there_are_some(tmp_path, ranking):
    write_ranked(tmp_path / "results", unit="fold")
    found = find_table(tmp_path / "results", RANKED, cuts_of="some.npz")
    assert found.name == "methods_fold.parquet"
    assert find_table(tmp_path / "results", RANKED, cuts_of="other.npz") is None
    by_cut = rank_methods(found, None)
    numbers = ["method", *PATTERNS, "mean", "half", "behind", "behind half", "repeats"]
    pd.testing.assert_frame_equal(by_cut.rows[numbers], ranking.rows[numbers])
    assert ranking_title(by_cut).startswith("On other speakers GCNet is first with 86.0\u202f%")
    assert "1 to 2 cuts a method." in ranking_facts(by_cut)
    assert ranking_table(by_cut)["cuts"].tolist() == ["2", "2", "1", "2"]


def test_the_papers_order_is_that_of_its_figures():
    published = read_published_results(shipped("results/published.csv"), classes=False)
    ranks = published_ranks(published)
    assert ranks["comp"] == 1
    raw = pd.read_csv(shipped("results/published.csv"))
    for method, name in (("momke", "MoMKE"), ("sdr_gnn", "SDR-GNN"), ("mctn", "MCTN")):
        places = []
        for dataset in ("CMUMOSI", "CMUMOSEI"):
            rows = raw[(raw["dataset"] == dataset) & (raw["table"] == 2) & (raw["metric"] == "ACC")]
            own = rows[rows["method"] == name]["value_percent"].mean()
            places.append(
                1 + sum(rows[rows["method"] == other]["value_percent"].mean() > own for other in set(rows["method"]))
            )
        assert ranks[method] == pytest.approx(np.mean(places))


def test_the_compare_page_shows_it_where_a_shipped_table_is_of_the_open_data(
    tmp_path, monkeypatch, small_lab, small_checkpoint
):
    (tmp_path / "data").mkdir()
    write_table(tmp_path / "data" / "small.arrow", small_lab)
    shutil.copytree(small_checkpoint, tmp_path / "checkpoints" / "untrained")
    write_ranked(tmp_path / "results", small_lab.digest)
    write_ranked(tmp_path / "results", "of a cut", "fold")
    for module in (training, ranking_part):
        monkeypatch.setattr(module, "RESULTS", tmp_path / "results")
    app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data")
    app.query_params.update({"checkpoint": "untrained", "data": "small.arrow", COMPARE_PART: MEASURES})
    app.run()
    app.switch_page("pages/compare.py").run()
    assert not app.exception
    shown = [frame.value for frame in app.dataframe if "behind the first" in frame.value]
    assert [table.columns[2] for table in shown] == ["seeds", "cuts"]
    for table in shown:
        assert table["method"].tolist() == ["GCNet", "ComP", "MoMKE", "regression per utterance"]
