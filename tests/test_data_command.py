"""Where data sets are found, what is said of them, and the `data` command."""

import csv
import json
import math
import pickle
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from comp_viz.__main__ import main
from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.header import Header
from comp_viz.data.labels.retask import with_reading
from comp_viz.data.reading import FileReading
from comp_viz.data.source import data_files, is_lab, open_data, peek_data
from comp_viz.data.summary import bin_width, summarise_data
from comp_viz.data.table.reader import open_table
from comp_viz.data.table.writer import write_table
from comp_viz.errors import CompVizError

LAB = "lab(conversations=4/2/2, lengths=3/9)"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An empty data root that is the current folder too."""
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def frame(rng, count=3, length=4) -> pd.DataFrame:
    """A table as people make it."""
    return pd.DataFrame(
        {
            "conversation": f"talk {v}", "position": s, "label": float((v * length + s) % 7 - 3), "split": "test" if v else "train",
            "features.audio": rng.standard_normal(3).astype(np.float32), "features.video": rng.standard_normal(2).astype(np.float32),
        }
        for v in range(count)
        for s in range(length)
    )  # fmt: skip


@pytest.fixture
def good(root, rng):
    frame(rng).to_parquet("good.parquet")
    return "good.parquet"


@pytest.fixture
def faulty(root, rng):
    table = frame(rng)
    table.loc[1, "position"] = 0
    table.loc[5, "label"] = math.inf
    table.at[7, "features.audio"] = np.full(3, np.nan, np.float32)
    table.at[8, "features.audio"] = None
    table.to_parquet("faulty.parquet")
    return "faulty.parquet"


@pytest.fixture
def published(root, rng):
    """A data set of the published layout: two videos, two extractors."""
    folder = root / "mosi"
    ids = {"v1": ["v1_0", "v1_1"], "v2": ["v2_0"]}
    labels = {name: [0.5] * len(parts) for name, parts in ids.items()}
    sentences = {name: ["words"] * len(parts) for name, parts in ids.items()}
    speakers = {name: [""] * len(parts) for name, parts in ids.items()}
    for extractor, width in (("wav2vec-large-c-UTT", 5), ("deberta-large-4-UTT", 6), ("manet_UTT", 4)):
        (folder / "features" / extractor).mkdir(parents=True)
        for name in (*ids["v1"], *ids["v2"]):
            np.save(folder / "features" / extractor / f"{name}.npy", rng.standard_normal(width).astype(np.float32))
    content = (ids, labels, speakers, sentences, ["v1"], [], ["v2"])
    (folder / "CMUMOSI_features_raw_2way.pkl").write_bytes(pickle.dumps(content))
    return folder


def run(*arguments) -> int:
    """The command with these arguments."""
    return main(["data", *map(str, arguments)])


def printed(capsys) -> str:
    """All it has printed since."""
    captured = capsys.readouterr()
    return captured.out + captured.err


# Where data sets are found


def test_data_sets_of_every_kind_are_listed_opened_and_peeked_at(good, published, small_lab, root, rng):
    write_table("made.arrow", small_lab)
    frame(rng).to_feather("other.feather")
    lengths, x = np.array([2, 1]), rng.standard_normal((2, 2, 3))
    np.savez("plain.npz", audio=x, text=x, labels=x[..., 0], lengths=lengths)
    (root / "notes.txt").write_text("words")
    (root / "folder.npz").mkdir()
    assert data_files() == ["good.parquet", "made.arrow", "mosi", "other.feather", "plain.npz"]
    for name in data_files():
        data = open_data(name)
        assert peek_data(root / name) == Header(data.widths, bool(data.task.classes)), name
    label_file = published / "CMUMOSI_features_raw_2way.pkl"
    assert open_data(str(label_file)).digest == open_data("mosi").digest
    assert peek_data(label_file) == peek_data(published)


def test_a_data_root_that_is_not_there_has_no_data_sets(root, monkeypatch):
    monkeypatch.setenv("COMP_VIZ_DATA", str(root / "nowhere"))
    assert data_files() == []
    with pytest.raises(CompVizError, match=r"no data file made\.parquet.*nowhere.*COMP_VIZ_DATA"):
        open_data("made.parquet")


def test_what_is_no_data_set_is_refused(root):
    (root / "made.txt").write_text("conversation,position\n")
    with pytest.raises(CompVizError, match=r"\.npz, .*\.arrow, \.feather, .*\.csv, .*, or a label file"):
        open_data("made.txt")
    with pytest.raises(CompVizError, match="holds no table"):
        open_data(".")
    assert peek_data(root / "made.txt") is peek_data(root) is peek_data(root / "nothing.arrow") is None


@pytest.mark.parametrize("suffix", [".npz", ".parquet", ".arrow", ".feather"])
def test_a_folder_with_the_name_of_a_file_is_called_a_folder(root, suffix, capsys):
    (root / f"made{suffix}").mkdir()
    for action in (("info",), ("check",), ("import", "out.arrow")):
        assert run(action[0], f"made{suffix}", *action[1:]) == 2
        assert f"made{suffix} is a folder; expected a file" in printed(capsys)


def test_the_lab_is_opened_by_its_settings():
    assert is_lab("lab")
    assert is_lab("lab(classes=4)")
    assert not is_lab("laboratory.npz")
    assert len(open_data(LAB).conversations) == 8
    with pytest.raises(CompVizError, match="lab"):
        open_data("lab(dials=3)")


# What is said of them


def test_a_summary_counts_what_is_there(small_lab):
    summary = summarise_data(small_lab)
    assert (summary.conversations, summary.speakers, summary.unlabelled) == (14, 2, 0)
    assert summary.utterances == sum(map(len, small_lab.conversations))
    assert summary.longest == max(map(len, small_lab.conversations))
    assert summary.seconds == pytest.approx(sum(c.durations.sum() for c in small_lab.conversations), rel=1e-5)
    assert {split: count for split, (count, _) in summary.splits.items()} == {"train": 8, "validation": 3, "test": 3}
    assert sum(utterances for _, utterances in summary.splits.values()) == summary.utterances
    assert sum(summary.polarity) == summary.utterances
    assert summary.missing == {"audio": 0, "text": 0, "video": 0}
    assert summary.complete == 1


def test_a_histogram_has_every_label_once_for_every_split(small_lab):
    summary = summarise_data(small_lab)
    for split, rows in summary.labels.items():
        assert [name for name, _ in rows] == ["-3", "-2", "-1", "0", "1", "2", "3"]
        labels = np.concatenate([c.labels for c in small_lab.split(split)])
        for name, count in rows:
            assert count == (np.floor(labels + 0.5) == float(name)).sum()


def test_classes_are_counted_by_name_and_what_is_unknown_apart(small_lab):
    first = small_lab.conversations[0]
    labels = np.arange(len(first), dtype=np.float32) % 2
    labels[0] = np.nan
    durations = np.full(len(first), np.nan, np.float32)
    observed = first.observed.copy()
    observed[0, 1] = False
    only = replace(first, labels=labels, durations=durations, observed=observed, split="", speakers=("",) * len(first))
    summary = summarise_data(DataSet("one", Task("emotion", ("sad", "happy", "angry")), (only,), {}, ""))
    assert summary.labels == {
        "": [("sad", int((labels == 0).sum())), ("happy", int((labels == 1).sum())), ("angry", 0)]
    }
    assert (summary.polarity, summary.unlabelled, summary.speakers) == (None, 1, 0)
    assert math.isnan(summary.seconds)
    assert summary.missing["text"] == pytest.approx(1 / len(first))
    assert summary.complete == pytest.approx(1 - 1 / len(first))


@pytest.mark.parametrize(
    ("extent", "width"), [(6, 1), (20, 1), (100, 5), (1e6, 50_000), (1, 0.05), (0.3, 0.02), (21, 2)]
)
def test_bins_are_units_or_round_numbers(extent, width):
    assert bin_width(extent) == pytest.approx(width)
    assert extent / bin_width(extent) <= 20.0001


def test_labels_beyond_the_scale_are_counted_at_its_end(small_lab):
    data = replace(small_lab, task=Task("sentiment", low=-1, high=1))
    for rows in summarise_data(data).labels.values():
        assert [name for name, _ in rows] == ["-1", "0", "1"]
    total = sum(count for rows in summarise_data(data).labels.values() for _, count in rows)
    assert total == len(small_lab.utterances)


# The command


def test_info_says_what_is_in_a_data_set(good, capsys):
    assert run("info", good) == 0
    text = printed(capsys)
    for words in (
        "good: score",
        "conversations  3",
        "utterances     12",
        "train          1 conv",
        "audio           3",
        "labels, 0",
    ):
        assert words in text
    assert open_data(good).digest in text


def test_info_as_json_can_be_read(faulty, capsys):
    assert run("info", faulty, "--json") == 0
    result = json.loads(printed(capsys))
    assert (result["name"], result["utterances"], result["seconds"]) == ("faulty", 11, None)
    assert result["dims"] == {"audio": 3, "video": 2}
    assert result["task"]["classes"] == []
    assert {"kind": "missing", "modality": "audio", "reason": "no features", "count": 1} in result["findings"]


def test_check_lists_what_is_wrong_and_where(faulty, root, capsys):
    assert run("check", faulty, "--report", "report/all.csv") == 1
    text = printed(capsys)
    assert "3 problems:" in text
    for line in (
        "faulty.parquet row 2, talk 0: its position comes a second time in the conversation, left out",
        "faulty.parquet, talk 1, utterance 2: its label is infinite, treated as unknown",
        "faulty.parquet, talk 1, utterance 4, audio: NaN or infinite features, kept as missing",
    ):
        assert line in text
    with (root / "report" / "all.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["kind"] for row in rows] == ["problem", "problem", "problem", "missing"]
    assert rows[-1] == {
        "kind": "missing", "file": "faulty.parquet", "conversation": "talk 2", "utterance": "1", "modality": "audio",
        "reason": "no features",
    }  # fmt: skip


@pytest.mark.parametrize("source", ["good.parquet", LAB])
def test_check_is_content_with_what_is_good(good, source, capsys):
    assert run("check", source) == 0
    assert "Nothing is wrong" in printed(capsys)


def test_what_cannot_be_opened_is_said_in_a_sentence(root, capsys):
    (root / "made.parquet").write_bytes(b"words")
    for action in ("info", "check"):
        assert run(action, "made.parquet") == 2
        assert "comp_viz: made.parquet cannot be read" in printed(capsys)


def test_import_writes_what_it_read_and_what_was_wrong(faulty, capsys):
    assert run("import", faulty, "made.arrow", "--name", "Mine", "--licence", "ours", "--report", "all.csv") == 0
    text = printed(capsys)
    for words in ("Mine: score", "ours", "3 problems:", "talk 1, utterance 4, audio", "Wrote made.arrow."):
        assert words in text
    data = open_table("made.arrow")
    assert (data.name, data.licence) == ("Mine", "ours")
    assert data.digest == open_data(faulty).digest
    assert data.digest in text
    assert len(data.findings.problems) == 3
    assert len(Path("all.csv").read_text().splitlines()) == 5
    assert run("check", "made.arrow") == 1
    assert "3 problems" in printed(capsys)


def test_what_is_not_used_is_listed_by_every_command(root, rng, capsys):
    x, labels = rng.standard_normal((2, 3, 4)), rng.uniform(-3, 3, (2, 3))
    np.savez("made.npz", audio=x, text=x, vision=x, video=x, labels=labels, lengths=np.array([3, 3]), mood=labels)
    frame(rng).assign(talker="A", features_audio="loud").to_parquet("made.parquet")
    for source, lines in (
        (
            "made.npz",
            [
                "the array 'vision' is not used; the nearest name that would be is 'video'",
                "the array 'mood' is not used",
            ],
        ),
        (
            "made.parquet",
            [
                "the column 'talker' is not used",
                "the column 'features_audio' is not used; the nearest name that would be is 'features.audio'",
            ],
        ),
    ):
        for command in (
            ("info", source),
            ("check", source),
            ("import", source, "out.arrow", "--force"),
            ("check", "out.arrow"),
            ("info", "out.arrow"),
            ("import", source, "out.parquet", "--force"),
            ("check", "out.parquet"),
        ):
            printed(capsys)
            assert run(*command) == 0, command
            text = printed(capsys)
            for line in lines:
                assert line in text, command
            assert "Nothing is wrong." not in text


def test_infinite_features_are_repaired_by_name(root, rng, capsys):
    table = frame(rng)
    table["features.audio"] = [np.float32([-np.inf, 1, row]) for row in range(len(table))]
    table.to_parquet("made.parquet")
    for command in (("check", "made.parquet"), ("info", "made.parquet"), ("import", "made.parquet", "out.arrow")):
        assert run(*command) == 2
        assert "nothing is left of audio in any of 12 utterances" in (text := printed(capsys))
        assert "--choose infinite=zero sets NaN and infinite values to 0, as MMSA, IMDer and DiCMoR do" in text
    assert run("check", "made.parquet", "--choose", "infinite=zero") == 1
    assert "NaN or infinite features, set to 0" in printed(capsys)
    assert run("import", "made.parquet", "out.arrow", "--choose", "infinite=zero") == 0
    np.testing.assert_array_equal(
        open_table("out.arrow").conversations[0].features["audio"], [[0, 1, row] for row in range(4)]
    )
    table["features.audio"] = [np.float32([-np.inf if row else 2, 1, row]) for row in range(len(table))]
    table.to_parquet("made.parquet")
    assert run("check", "made.parquet") == 1
    assert printed(capsys).splitlines()[-1].startswith("--choose infinite=zero sets")


def test_import_shows_the_first_problems_only(root, rng, capsys):
    table = frame(rng, count=40, length=2)
    table["position"] = 0
    table.to_parquet("many.parquet")
    assert run("import", "many.parquet", "made.parquet") == 0
    text = printed(capsys)
    assert "40 problems:" in text
    assert text.count("second time") == 20 + 1  # and once among the counts
    assert "… and 20 more" in text


def test_import_replaces_only_when_told_to(good, capsys):
    Path("made.arrow").write_text("precious")
    assert run("import", good, "made.arrow") == 2
    assert "--force" in printed(capsys)
    assert Path("made.arrow").read_text() == "precious"
    assert run("import", good, "made.arrow", "--force") == 0
    assert len(open_table("made.arrow").utterances) == 12


def test_import_may_replace_its_own_source(good):
    assert run("import", good, "made.arrow") == 0
    digest = open_table("made.arrow").digest
    assert run("import", "made.arrow", "made.arrow", "--force", "--name", "Again") == 0
    assert (open_table("made.arrow").digest, open_table("made.arrow").name) == (digest, "Again")


@pytest.mark.parametrize("source", ["good.parquet", LAB, "mosi"])
@pytest.mark.parametrize("out", ["made.arrow", "made.parquet"])
def test_every_kind_can_be_imported(good, published, source, out, capsys):
    assert run("import", source, out) == 0
    assert open_data(out).digest == open_data(source).digest
    assert run("check", out) == 0


def test_import_in_16_bits_says_the_digest_of_the_file(good, capsys):
    assert run("import", good, "made.arrow", "--half") == 0
    assert open_table("made.arrow").digest in printed(capsys)
    assert open_table("made.arrow").digest != open_data(good).digest
    assert run("check", "made.arrow") == 0


def test_import_cuts_long_conversations_into_windows(good):
    assert run("import", good, "made.arrow", "--window", "3") == 0
    data = open_table("made.arrow")
    assert data.utterances.lengths.tolist() == [3, 1] * 3
    assert data.utterances.ids[:2] == ("talk 0 [1-3]", "talk 0 [4-4]")
    assert data.utterances.splits == ("train",) * 2 + ("test",) * 4
    assert data.digest != open_data(good).digest
    assert run("check", "made.arrow") == 0


def test_import_gives_labels_their_scale(good, root, rng):
    assert run("import", good, "made.arrow", "--scale", "-3", "1", "4", "--task", "mood") == 0
    assert open_table("made.arrow").task == Task("mood", low=-3, neutral=1, high=4)
    whole = frame(rng)
    whole["label"] = whole["label"].astype(int)
    whole.to_parquet("whole.parquet")
    assert run("import", "whole.parquet", "made.arrow", "--scale", "-3", "0", "3", "--force") == 0
    assert open_table("made.arrow").task == Task("score", low=-3, neutral=0, high=3)


def test_import_gives_classes_their_names(root, rng, capsys):
    table = frame(rng)
    table["label"] = np.where(table["position"] == 0, np.nan, table["position"] % 2.0)
    table.to_parquet("numbered.parquet")
    assert run("import", "numbered.parquet", "made.arrow", "--classes", "sad, happy") == 0
    data = open_table("made.arrow")
    assert data.task == Task("emotion", ("sad", "happy"))
    np.testing.assert_array_equal(data.conversations[0].labels, np.float32([np.nan, 1, 0, 1]))
    for wrong in ("sad,sad", "sad,,happy"):
        assert run("import", "numbered.parquet", "made.arrow", "--classes", wrong, "--force") == 2
        assert "different names with commas" in printed(capsys)


def test_import_keeps_the_name_of_a_task_that_the_file_has(good):
    for before, after in (("a.arrow", "b.arrow"), ("a.parquet", "b.parquet")):
        assert run("import", good, before, "--task", "mood") == 0
        assert run("import", before, after, "--scale", "-4", "0", "4") == 0
        assert open_data(after).task == Task("mood", low=-4, high=4)


@pytest.fixture
def ratings(root, rng):
    """Tables and arrays with ratings from 1 to 5, which say nothing of their scale."""
    table = frame(rng)
    table["label"] = [1.0, 5.0, 2.0, 4.0] * 3
    table.to_parquet("ratings.parquet")
    x = rng.standard_normal((2, 2, 3))
    np.savez("ratings.npz", audio=x, text=x, labels=np.array([[1.0, 5], [2, 4]]), lengths=np.array([2, 2]))
    for suffix in ("arrow", "parquet"):
        assert run("import", "ratings.parquet", f"made.{suffix}") == 0
    return ["ratings.parquet", "ratings.npz", "made.arrow", "made.parquet"]


def test_a_file_is_checked_and_described_as_it_will_be_imported(ratings, capsys):
    for source in ratings:
        printed(capsys)
        assert run("check", source) == 1
        assert "1 problem:\n" in (text := printed(capsys)), source
        assert "no label is below neutral 0" in text
        assert run("check", source, "--scale", "1", "3", "5") == 0, source
        assert run("check", source, "--scale", "1", "2", "4") == 2
        assert re.search("of (12|4) labels are none of 1 to 4, neutral 2: . × '5'.*--unknown=5", printed(capsys))
        assert run("check", source, "--scale", "1", "2", "4", "--unknown", "5") == 0
        assert run("check", source, "--classes", "a,b,c,d,e,f") == 0
        printed(capsys)
        assert run("info", source, "--scale", "1", "3", "5", "--task", "valence", "--json") == 0
        facts = json.loads(printed(capsys))
        assert (facts["task"]["name"], facts["task"]["neutral"], facts["findings"]) == ("valence", 3, [])
        assert run("import", source, "out.arrow", "--scale", "1", "3", "5", "--task", "valence", "--force") == 0
        assert open_table("out.arrow").digest == facts["digest"]
        assert not open_table("out.arrow").findings.problems


@pytest.mark.parametrize("flags", [(), ("--scale", "-3", "0", "3")])
def test_a_changed_table_is_not_imported_under_a_new_digest(small_lab, root, flags, capsys):
    write_table("made.arrow", small_lab)
    with pa.ipc.open_file("made.arrow") as reader:
        table = reader.read_all()
    place = table.schema.get_field_index("label")
    labels = pa.array([1.25, *table["label"].to_pylist()[1:]], pa.float32())
    table = table.set_column(place, table.schema.field(place), labels)
    with pa.ipc.new_file("made.arrow", table.schema) as writer:
        writer.write_table(table.combine_chunks())
    sentence = "made.arrow: its contents are not those that ComP Viz wrote into it"
    assert run("check", "made.arrow", *flags) == 1
    assert sentence in printed(capsys)
    assert run("import", "made.arrow", "other.arrow", *flags) == 2
    assert sentence in printed(capsys)
    assert not Path("other.arrow").exists()


@pytest.mark.parametrize("source", ["made.arrow", LAB])
def test_another_task_may_be_given_to_any_data(small_lab, root, source, capsys):
    write_table("made.arrow", small_lab)
    assert run("import", source, "other.arrow", "--scale", "-9", "0", "9") == 0
    data, before = open_table("other.arrow"), open_data(source)
    assert data.task == Task("sentiment", low=-9, high=9)
    np.testing.assert_array_equal(data.utterances.labels, before.utterances.labels)
    assert run("import", source, "narrow.arrow", "--scale", "-1", "0", "1") == 2
    beyond = (np.abs(before.utterances.labels) > 1).sum()
    assert f"{beyond} of {len(before.utterances)} labels are none of −1 to 1, neutral 0" in printed(capsys)
    assert not Path("narrow.arrow").exists()
    assert run("import", source, "other.arrow", "--task", "valence", "--force") == 0
    assert open_table("other.arrow").task == replace(before.task, name="valence")
    np.testing.assert_array_equal(open_table("other.arrow").utterances.labels, before.utterances.labels)


def test_labels_become_unknown_only_where_that_is_said_of_them(small_lab):
    label = float(small_lab.utterances.labels[3])
    data = with_reading(small_lab, FileReading(unknown=(f"{label}",)))
    there = small_lab.utterances.labels == label
    np.testing.assert_array_equal(np.isnan(data.utterances.labels), there)
    places = [(f.kind, f.conversation, f.utterance) for f in data.findings.rows]
    assert places == [("missing", small_lab.utterances.ids[0], 4)] * there.sum()
    assert not small_lab.findings.rows
    assert with_reading(small_lab, FileReading()) is small_lab
    classes = with_reading(
        small_lab, FileReading(Task("emotion", ("a", "b")), tuple(map(str, small_lab.utterances.labels)))
    )
    labels = np.arange(len(classes.utterances)) % 2
    starts = classes.utterances.starts
    made = tuple(
        replace(c, labels=np.float32(labels[starts[v] : starts[v + 1]])) for v, c in enumerate(classes.conversations)
    )
    without = with_reading(replace(classes, conversations=made), FileReading(unknown=("B ",)))
    np.testing.assert_array_equal(without.utterances.labels, np.where(labels == 1, np.nan, 0))


def test_import_takes_the_extractors_it_is_told(published, capsys):
    assert run("import", "mosi", "made.arrow", "--extractor", "text=", "video=manet_UTT") == 0
    assert open_table("made.arrow").widths == {"audio": 5, "video": 4}
    assert open_table("made.arrow").utterances.splits == ("train", "test")


WRONG = {
    "a folder for no published data": (
        ("good.parquet", "made.arrow", "--extractor", "audio=x"),
        "for the published layout",
    ),
    "a session for no published data": (("good.parquet", "made.arrow", "--fold", "3"), "for the published layout"),
    "an extractor of nothing": (("mosi", "made.arrow", "--extractor", "audio"), "MODALITY=FOLDER"),
    "a session that is none": (("mosi", "made.arrow", "--fold", "9"), "9"),
    "windows of nothing": (("good.parquet", "made.arrow", "--window", "0"), "at least 1"),
    "another ending": (("good.parquet", "made.csv"), ".arrow or .parquet"),
    "a file that is not there": (("nothing.parquet", "made.arrow"), "no data file nothing.parquet"),
    "a scale upside down": (("good.parquet", "made.arrow", "--scale", "3", "0", "1"), "finite range"),
    "one class": (("good.parquet", "made.arrow", "--classes", "a"), "at least two"),
}


@pytest.mark.parametrize(("arguments", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_imported_is_said_in_a_sentence(good, published, arguments, words, capsys):
    assert run("import", *arguments) == 2
    assert words in printed(capsys)
    assert not Path("made.arrow").exists()


def test_ids_cannot_write_to_the_terminal(root, rng, capsys):
    table = frame(rng)
    table["conversation"] = "\x1b[2J\nnothing is wrong"
    table.to_parquet("odd.parquet")
    assert run("check", "odd.parquet") == 2  # tested on and learned from
    table["split"] = "train"
    table.to_parquet("odd.parquet")
    assert run("check", "odd.parquet") == 1
    text = printed(capsys)
    assert "\x1b" not in text
    assert "\\x1b[2J\\nnothing is wrong" in text


def test_the_command_as_a_program(faulty, root):
    def program(*arguments):
        command = [sys.executable, "-m", "comp_viz", "data", *arguments]
        checkout = Path(__file__).parents[1]
        return subprocess.run(command, cwd=checkout, env={"PATH": ""}, capture_output=True, text=True)

    made = root / "made.arrow"
    assert program("import", root / faulty, made).returncode == 0
    done = program("check", made)
    assert (done.returncode, done.stderr) == (1, "")
    assert "3 problems" in done.stdout
