"""Small files that would take much memory, time or stack to read are refused, or read without: each stands for its kind."""

import json
import random
import time

import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from comp_viz.analysis.results import MOST_RESULTS, read_results
from comp_viz.data import findings, memory_budget, unused
from comp_viz.data.layouts.segments import read_subtitles
from comp_viz.data.source import open_data
from comp_viz.data.tabular import dialect, json_lines
from comp_viz.data.tabular.dialect import read_dialect
from comp_viz.data.tabular.json_lines import nesting
from comp_viz.data.unused import unused_names
from comp_viz.errors import CompVizError
from comp_viz.resources import shipped
from comp_viz.training.telemetry import MOST_ROWS, read_telemetry


def levels(value):
    """How deep a value is nested, by going through it."""
    parts = value.values() if isinstance(value, dict) else value
    return 1 + max(map(levels, parts), default=0) if isinstance(value, dict | list) else 0


def nested(chance, depth=0):
    """Something random, with brackets, quotes and escapes in its texts."""
    if depth > 5 or chance.random() < 0.3:
        return chance.choice(['"', "\\", '\\"[{', "[[[", "]", 'a\\\\"', "", 1])
    parts = [nested(chance, depth + 1) for _ in range(chance.randint(0, 3))]
    return (
        parts
        if chance.random() < 0.5
        else {f"{chance.choice(chr(34) + '[{' + chr(92))}{n}": part for n, part in enumerate(parts)}
    )


@pytest.mark.parametrize("at_once", [1, 3, 1 << 20])
def test_nesting_of_json_is_told_whatever_its_texts_hold(at_once, tmp_path, monkeypatch):
    monkeypatch.setattr(json_lines, "AT_ONCE", at_once)
    chance, path = random.Random(3), tmp_path / "a.json"
    for _ in range(300):
        value = nested(chance)
        path.write_text(json.dumps(value))
        assert nesting(path) == levels(value)


@pytest.mark.parametrize("text", ['{"a": ' * 70 + "1" + "}" * 70, "[" * 70 + "]" * 70], ids=["lines", "list"])
def test_json_that_is_nested_too_deep_never_reaches_its_reader(text, tmp_path, monkeypatch):
    """Arrow's reader ends the process when it is nested some ten thousand deep."""
    monkeypatch.setattr(json_lines, "read_lines", pytest.fail)
    monkeypatch.setattr(json_lines, "list_of_objects", pytest.fail)
    (tmp_path / "a.jsonl").write_text(text)
    with pytest.raises(CompVizError, match=r"a\.jsonl is nested 70 deep, at most 64"):
        open_data(str(tmp_path / "a.jsonl"))


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n3,4\n" + "x" * 200_000 + ",5\n", '"' + "x" * 300_000, "\0" * 300_000],
    ids=["one cell", "no end", "zeros"],
)
def test_a_cell_longer_than_the_csv_reader_takes_is_no_error_of_its_own(text, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(text)
    if text.startswith("a,b"):
        assert (read_dialect(path).delimiter, read_dialect(path).header) == (",", ("a", "b"))
    with pytest.raises(CompVizError, match=r"a\.csv"):
        open_data(str(path))


def test_the_names_of_very_many_columns_are_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(dialect, "LOOKED_AT", 1000)
    names = [f"feature_{n}" for n in range(2000)]
    (tmp_path / "a.csv").write_text("\n".join([",".join(names), ",".join("1.5" for _ in names)]))
    assert read_dialect(tmp_path / "a.csv").header == tuple(names)


def test_more_columns_than_features_have_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text(",".join(f"audio_{n}" for n in range(20_001)) + "\n")
    with pytest.raises(CompVizError, match="has 20,001 columns, expected at most 20,000"):
        open_data(str(tmp_path / "a.csv"))


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_a_packed_text_counts_for_its_copies(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(memory_budget, "UNSUSPICIOUS", 2 << 20)
    rows = {
        "conversation": ["a", "a"],
        "position": [0, 1],
        "label": [0.0, 1.0],
        "features.audio": [[1.0], [2.0]],
        "features.text": [[1.0], [2.0]],
    }

    def write(length):
        table, path = pa.table(rows | {"text": ["x" * length, "y"]}), tmp_path / f"a.{kind}"
        writer = pq.write_table if kind == "parquet" else feather.write_feather
        writer(table, path, compression="zstd")
        return str(path)

    with pytest.raises(CompVizError, match=r"would take .* of memory"):
        open_data(write(1 << 20))  # less than the limit itself, and more with all copies
    assert open_data(write(1 << 10)).conversations[0].words[1] == "y"


def test_no_more_is_noted_of_a_file_than_people_could_read(tmp_path, monkeypatch):
    monkeypatch.setattr(findings, "MOST_FINDINGS", 10)
    table = pd.DataFrame({"conversation": ["a"] * 12, "position": range(12), "label": [0.0, 1.0] * 6})
    table["features.text"] = [[1.0]] * 12

    def opened(missing):
        table["features.audio"] = [[0.0]] * missing + [[1.0]] * (12 - missing)
        table.to_parquet(tmp_path / "a.parquet")
        return open_data(str(tmp_path / "a.parquet"))

    assert sum(row.kind == "missing" for row in opened(5).findings.rows) == 5
    with pytest.raises(CompVizError, match="11 utterances lack audio or have no usable values of it; at most 10"):
        opened(11)


@pytest.mark.parametrize("filler", ["<b", "< ", "\n ", " "])
def test_subtitles_are_read_in_one_go_whatever_is_in_them(filler, tmp_path):
    pytest.importorskip("pysubs2")
    path, begin = tmp_path / "a.srt", time.process_time()
    path.write_text(
        f"1\n00:00:00,000 --> 00:00:02,000\nif a < b, <i>she</i> said\n\n2\n00:00:02,000 --> 00:00:03,000\nx{filler * 100_000}x\n"
    )
    first, second = read_subtitles(path).segments
    assert time.process_time() - begin < 20  # minutes, from every place on
    assert first.text == "if a < b, she said"
    if filler == "<b":
        assert second.text == f"x{filler * 100_000}x"
    assert (second.start, second.end) == (2, 3)


@pytest.mark.parametrize(("name", "read"), [("steps", read_telemetry), ("epochs", read_telemetry), ("results", None)])
def test_tables_of_ours_have_no_more_rows_than_a_run_of_weeks(name, read, tmp_path):
    """A row that comes again and again takes no room on disk, and kilobytes in memory."""
    source = (
        shipped("results/ablation.parquet")
        if name == "results"
        else shipped(f"checkpoints/lab/telemetry/{name}.parquet")
    )
    most = MOST_RESULTS if name == "results" else MOST_ROWS[name]
    first = pq.read_table(source).slice(0, 1)
    path = tmp_path / f"{name}.parquet"
    pq.write_table(first.take(pa.array([0] * (most + 1))), path)
    assert path.stat().st_size < 2_000_000
    with pytest.raises(CompVizError, match=f"it has {most + 1:,} rows, expected at most {most:,}"):
        read(tmp_path, name) if read else read_results(path)


def test_very_many_names_are_not_all_likened_to_ours(monkeypatch):
    monkeypatch.setattr(unused, "MOST_LIKENED", 2)
    names = unused_names("array", ["audo", "used", "txt", "audoi"], ["used"], {"audio": (), "text": ()})
    assert [(one.name, one.nearest) for one in names] == [("audo", "audio"), ("txt", "text"), ("audoi", "")]
