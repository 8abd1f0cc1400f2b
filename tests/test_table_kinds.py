"""Tables of every kind hold the same: CSV as it comes, JSONL, sheets, features as columns, as text or in files, several files."""

import json
import zipfile
from functools import partial
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd
import pytest

from comp_viz.data.check import check_data
from comp_viz.data.reading import FileReading
from comp_viz.data.source import data_files, open_data, peek_data
from comp_viz.data.tabular.dialect import read_dialect
from comp_viz.errors import CompVizError

WIDTHS = {"audio": 3, "text": 4, "video": 2}
ROWS = 12


@pytest.fixture
def lists(rng):
    """A table of 12 utterances in four conversations with a column of lists a modality."""
    table = pd.DataFrame(
        {"conversation": [f"0{n // 3}" for n in range(ROWS)], "position": [n % 3 for n in range(ROWS)]}
    )
    table["label"] = [("happy", "sad")[n % 2] for n in range(ROWS)]
    table["split"] = ["test" if n < 3 else "train" for n in range(ROWS)]
    table["text"] = [f'said "{n}", then; né' for n in range(ROWS)]
    for name, width in WIDTHS.items():
        table[f"features.{name}"] = list(rng.standard_normal((ROWS, width)).astype(np.float32))
    return table


def wide(table, mark=".", prefix="features."):
    """The same table with a column a feature."""
    plain = table[[name for name in table if not name.startswith("features.")]]
    parts = [
        pd.DataFrame(np.stack(table[f"features.{u}"]), columns=[f"{prefix}{u}{mark}{n}" for n in range(width)])
        for u, width in WIDTHS.items()
    ]
    return pd.concat([plain, *parts], axis=1)


def write_json(table, path, list_of_objects=False):
    rows = [
        {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in row.items()} for row in table.to_dict("records")
    ]
    path.write_text(json.dumps(rows) if list_of_objects else "\n".join(map(json.dumps, rows)))


def write_nested_json(table, path):
    rows = [
        {k: v for k, v in row.items() if "." not in k}
        | {"features": {u: row[f"features.{u}"].tolist() for u in WIDTHS}}
        for row in table.to_dict("records")
    ]
    path.write_text("\n".join(map(json.dumps, rows)))


def write_lists_as_text(table, path):
    table.assign(**{f"features.{u}": table[f"features.{u}"].map(lambda x: str(x.tolist())) for u in WIDTHS}).to_csv(
        path
    )


def write_arrays_as_text(table, path):
    """As pandas prints arrays of NumPy: without commas, over several lines."""
    texts = {
        f"features.{u}": table[f"features.{u}"].map(lambda x: "[" + "\n ".join(map(repr, x.tolist())) + "]")
        for u in WIDTHS
    }
    table.assign(**texts).to_csv(path, index=False)


def write_paths(table, path):
    (path.parent / "video").mkdir()
    for n, x in enumerate(table["features.video"]):
        np.save(path.parent / "video" / f"{n}.npy", np.stack([x, x]))
    paths = [f"video\\{n}.npy" if n % 2 else f"./video/{n}.npy" for n in range(ROWS)]
    wide(table).drop(columns=["features.video.0", "features.video.1"]).assign(video_path=paths).to_csv(
        path, index=False
    )


def write_sheet(table, path):
    write_book({"One": wide(table)}, path)


def write_book(tables, path):
    """The least that a spreadsheet is made of, a sheet a table; every number in it is a broken one."""

    def cell(value):
        return (
            f"<c><v>{value}</v></c>"
            if isinstance(value, int | float)
            else f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        )

    def sheet(table):
        rows = [list(table), *table.astype(object).to_numpy().tolist()]
        body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
        return f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>'

    main, kinds = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org"
    relation = f"{kinds}/officeDocument/2006/relationships"
    link = f'<Relationship Id="{{}}" Type="{relation}/{{}}" Target="{{}}"/>'
    links = f'<Relationships xmlns="{kinds}/package/2006/relationships">{{}}</Relationships>'
    sheets = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(tables, 1))
    targets = "".join(link.format(f"r{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(tables) + 1))
    files = {
        "_rels/.rels": links.format(link.format("r1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relation}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": links.format(targets),
    }
    files |= {f"xl/worksheets/sheet{n}.xml": sheet(table) for n, table in enumerate(tables.values(), 1)}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


WRITERS = {
    "comma.csv": lambda table, path: wide(table).to_csv(path, index=False),
    "semicolon.csv": lambda table, path: wide(table).to_csv(path, index=False, sep=";", decimal=","),
    "tab.TSV": lambda table, path: wide(table).to_csv(path, index=False, sep="\t"),
    "excel.csv": lambda table, path: wide(table).to_csv(path, index=False, sep="\t", encoding="utf-16"),
    "marked.csv": lambda table, path: wide(table).to_csv(path, index=False, encoding="utf-8-sig"),
    "western.csv": lambda table, path: wide(table).to_csv(path, index=False, encoding="cp1252"),
    "blanks.csv": lambda table, path: wide(table).rename(columns=lambda name: f" {name}").to_csv(path, index=False),
    "lines.csv": lambda table, path: wide(table, "_", "").to_csv(path, index=False),
    "brackets.csv": lambda table, path: wide(table, "[").rename(columns=lambda name: name + "]" * ("[" in name)).to_csv(path, index=False),
    "from one.csv": lambda table, path: wide(table, "_f").rename(columns=lambda name: name.replace("_f", "_features_")).to_csv(path, index=False),
    "lists.csv": write_lists_as_text,
    "arrays.csv": write_arrays_as_text,
    "paths.csv": write_paths,
    "lines.jsonl": write_json,
    "nested.ndjson": write_nested_json,
    "list.json": partial(write_json, list_of_objects=True),
    "sheet.xlsx": write_sheet,
    "wide.parquet": lambda table, path: wide(table).to_parquet(path),
    "wide.feather": lambda table, path: wide(table, "_").to_feather(path),
    "wide.pq": lambda table, path: wide(table).to_parquet(path),
    "BIG.PARQUET": lambda table, path: table.to_parquet(path),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_holds_the_same(lists, tmp_path, name):
    lists.to_parquet(tmp_path / "reference.parquet")
    reference = open_data(str(tmp_path / "reference.parquet"))
    if name.endswith(".xlsx"):
        pytest.importorskip("python_calamine")
    WRITERS[name](lists, tmp_path / name)
    data = open_data(str(tmp_path / name))
    assert data.digest == reference.digest
    assert data.utterances.ids == ("00", "01", "02", "03")  # which are no numbers
    assert not data.findings.problems
    assert peek_data(tmp_path / name) == peek_data(tmp_path / "reference.parquet")


# What cells may hold


def test_cells_without_a_number_and_rows_without_features(lists, tmp_path):
    table = wide(lists).astype(object)
    for row, cell in enumerate(["-nan(ind)", "?", "NA", "", "nan", "1.#QNAN", " ? "]):
        table.loc[row, "features.audio.1"] = cell
    table.loc[8, ["features.audio.0", "features.audio.1", "features.audio.2"]] = "NA"
    table.loc[9, "label"] = "NA"
    table.to_csv(tmp_path / "holes.csv", index=False)
    data = open_data(str(tmp_path / "holes.csv"))
    assert data.utterances.observed[:, 0].tolist() == [False] * 7 + [True, False, True, True, True]
    found = [(row.kind, row.reason) for row in data.findings.rows if row.modality == "audio"]
    assert found == [("problem", "NaN or infinite features, kept as missing")] * 7 + [("missing", "no features")]
    assert np.flatnonzero(np.isnan(data.utterances.labels)).tolist() == [9]


def test_a_cell_that_is_no_number_is_named(lists, tmp_path):
    table = wide(lists).astype(object)
    table.loc[4, "features.audio.1"] = "loud"
    table.to_csv(tmp_path / "word.csv", index=False)
    with pytest.raises(CompVizError, match=r"word\.csv: .*'loud'.*Mend this row"):
        open_data(str(tmp_path / "word.csv"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features.audio.1": "features.audio.7"}, r"features\.audio\.0 to features\.audio\.7, 5 are not there, the first with number 1"),
        ({"features.audio.1": "features.audio.2"}, "'features.audio.2' comes twice"),
        ({"features.audio.1": "features.audio.02"}, "'features.audio.02' and 'features.audio.2' have the same number"),
        ({"features.audio.0": "audio_0", "features.audio.1": "audio_1"}, "two groups of columns are audio features"),
    ],
    ids=["gap", "twice", "same number", "two groups"],
)  # fmt: skip
def test_numbered_columns_are_whole_or_refused(lists, tmp_path, change, words):
    wide(lists).rename(columns=change).to_csv(tmp_path / "odd.csv", index=False)
    with pytest.raises(CompVizError, match=words):
        open_data(str(tmp_path / "odd.csv"))


def test_what_numpy_left_out_of_a_printed_array_is_said(lists, tmp_path):
    lists.assign(**{"features.audio": "[0.1 0.2 ... 0.3]"}).to_csv(tmp_path / "cut.csv")
    with pytest.raises(CompVizError, match=r"row 1: NumPy left numbers .* as '\.\.\.'.*\.tolist\(\)"):
        open_data(str(tmp_path / "cut.csv"))


def test_files_of_features_are_looked_for_beside_the_table_only(lists, tmp_path):
    folder = tmp_path / "folder"
    (folder / "video").mkdir(parents=True)
    np.save(tmp_path / "secret.npy", np.ones(2))
    (folder / "link.npy").symlink_to(tmp_path / "secret.npy")
    np.save(folder / "video" / "good.npy", np.ones(2))
    np.save(folder / "video" / "object.npy", np.array([{}], dtype=object), allow_pickle=True)
    paths = [
        "video/good.npy",
        "../secret.npy",
        "link.npy",
        str(tmp_path / "secret.npy"),
        "video/object.npy",
        "none.npy",
        None,
    ]
    table = wide(lists).drop(columns=["features.video.0", "features.video.1"])
    table.assign(video=[*paths, *["video/good.npy"] * 5]).to_csv(folder / "t.csv", index=False)
    data = open_data(str(folder / "t.csv"))
    assert data.utterances.observed[:, 2].tolist() == [True, *[False] * 6, *[True] * 5]
    faults = [row.reason for row in data.findings.rows if row.modality == "video"]
    assert all("outside the table's folder" in reason for reason in faults[:3])
    assert "Python objects" in faults[3]
    assert faults[4:] == ["'none.npy' is no .npy file beside the table, kept as missing", "no features"]


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("a,b\n1.5,x\n", "utf-8", ("utf-8", ",", ".")),
        ("a;b\n1,5;2,25\n", "utf-8", ("utf-8", ";", ",")),
        ("a\tb\n1,5\t2\n", "utf-8", ("utf-8", "\t", ",")),
        ('a,b\n"x; y; z",1\n"u; v",2\n', "utf-8", ("utf-8", ",", ".")),
        ("a,b\n1,我很高兴，谢谢你们的帮助\n", "gb18030", ("gb18030", ",", ".")),
        ("a,b\n1,こんにちは、今日は元気です\n", "shift_jis", ("shift_jis", ",", ".")),
        ("a,b\n1,très bien, déjà vu\n".replace(", d", " d"), "cp1252", ("cp1252", ",", ".")),
        ("only\n1\n", "utf-8", ("utf-8", ",", ".")),
    ],
    ids=["plain", "german", "tab", "quoted", "chinese", "japanese", "french", "one column"],
)  # fmt: skip
def test_how_a_file_is_written_is_told_by_what_is_in_it(tmp_path, text, encoding, expected):
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    dialect = read_dialect(tmp_path / "t.csv")
    assert (dialect.encoding, dialect.delimiter, dialect.decimal) == expected


def test_sheets_of_splits_are_one_table_and_others_are_listed(lists, tmp_path):
    pytest.importorskip("python_calamine")
    notes = pd.DataFrame({"notes": ["read me", "first"]})
    splits = {"test": wide(lists[:3]), "Train": wide(lists[3:].reset_index(drop=True))}
    write_book({"README": notes, "data": wide(lists)}, tmp_path / "widest.xlsx")
    write_book({"README": notes} | splits, tmp_path / "said.xlsx")
    write_book(
        {name: table.drop(columns="split") for name, table in splits.items()} | {"n": notes}, tmp_path / "named.xlsx"
    )
    write_book({"Sheet1": splits["test"], "Sheet2": splits["Train"], "notes": notes}, tmp_path / "numbered.xlsx")
    lists.to_parquet(tmp_path / "reference.parquet")
    reference = open_data(str(tmp_path / "reference.parquet"))
    for name, aside in {"widest": "README", "said": "README", "named": "n", "numbered": "notes"}.items():
        data = open_data(str(tmp_path / f"{name}.xlsx"))
        assert data.digest == reference.digest, name
        assert [row.reason[: len(aside) + 12] for row in data.findings.unused] == [f"the sheet {aside!r}"], name


def test_empty_and_endless_files_are_refused_in_words(lists, tmp_path):
    (tmp_path / "empty.csv").write_text("\n\n")
    (tmp_path / "broken.jsonl").write_text('{"conversation": "a"\n')
    (tmp_path / "text.xlsx").write_text("no sheet")
    (tmp_path / "numbers.json").write_text("[1, 2]")
    lists.to_json(tmp_path / "columns.json")
    nested = '{"conversation": "a", "utterances": [{"label": 1}]}\n'
    (tmp_path / "talks.jsonl").write_text(nested * 2)
    (tmp_path / "packed.csv.gz").write_bytes(b"")
    for name, words in {"empty.csv": "is empty", "broken.jsonl": "an object a line", "text.xlsx": "Save it as CSV", "numbers.json": "list of something else", "columns.json": "is a single object", "talks.jsonl": "'utterances' holds several objects a row", "packed.csv.gz": "Unpack it first"}.items():  # fmt: skip
        with pytest.raises(CompVizError, match=words):
            open_data(str(tmp_path / name))


# Several files


def by_split(table, folder, name, write):
    folder.mkdir(parents=True, exist_ok=True)
    for split, word in {"train": "train", "test": "dev" if "dev" in name else "test"}.items():
        path = folder / name.format(word)
        path.parent.mkdir(parents=True, exist_ok=True)
        write(table[table["split"] == split].drop(columns="split").reset_index(drop=True), path)


LAYOUTS = {
    "hub": "data/{}-00000-of-00001.parquet",
    "hub with digest": "data/{}-00000-of-00001-0123abcd.parquet",
    "converted": "default/{}/0000.parquet",
    "hive": "split={}/part-0.parquet",
    "plain": "{}.parquet",
    "meld": "{}_sent_emo.csv",
    "folders": "{}/dev.csv",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_splits_in_files_of_their_own(lists, tmp_path, monkeypatch, layout):
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path))
    name = LAYOUTS[layout].replace("dev", "rows")
    write = (
        (lambda table, path: wide(table).to_csv(path, index=False)) if name.endswith("csv") else pd.DataFrame.to_parquet
    )
    by_split(lists, tmp_path / "set", name, write)
    (tmp_path / "set" / "README.md").write_text("A card")
    assert data_files() == ["set"]
    data = open_data("set")
    assert dict(zip(data.utterances.ids, data.utterances.splits, strict=True)) == dict.fromkeys(
        ["01", "02", "03"], "train"
    ) | {"00": "test"}
    assert len(data.utterances) == ROWS
    assert peek_data(tmp_path / "set").widths == WIDTHS
    assert check_data("set").problems == []


def test_parts_of_spark_are_one_table(lists, tmp_path, monkeypatch):
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path))
    folder = tmp_path / "spark.parquet"
    folder.mkdir()
    for n, first in enumerate((0, 6)):
        lists[first : first + 6].astype({"position": "int32" if n else "int64"}).to_parquet(
            folder / f"part-0000{n}-ab-c000.snappy.parquet"
        )
    (folder / "_SUCCESS").touch()
    (folder / "._SUCCESS.crc").touch()
    lists.to_parquet(tmp_path / "whole.parquet")
    assert data_files() == ["spark.parquet", "whole.parquet"]
    assert open_data("spark.parquet").digest == open_data("whole.parquet").digest


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder, table: table.drop(columns="text").to_parquet(folder / "test.parquet"), "other columns: only train.parquet has 'text'"),
        (lambda folder, table: table.to_csv(folder / "test.csv"), r"several kinds, \.csv, \.parquet"),
        (lambda folder, table: table.to_parquet(folder / "other.parquet"), "its name says no split"),
    ],
    ids=["other columns", "other kind", "no split"],
)  # fmt: skip
def test_files_that_are_no_one_table_are_refused(lists, tmp_path, change, words):
    lists.to_parquet(tmp_path / "train.parquet")
    change(tmp_path, lists)
    with pytest.raises(CompVizError, match=words):
        open_data(str(tmp_path))


# Which column is what

MELD = {
    "conversation": "Dialogue_ID",
    "position": "Utterance_ID",
    "label": "Emotion",
    "speaker": "Speaker",
    "text": "Utterance",
}


def choosing(**choices):
    return FileReading(choices={name.replace("features_", "features."): value for name, value in choices.items()})


def test_columns_by_the_names_that_others_use(lists, tmp_path):
    table = wide(lists, "_", "").assign(
        speaker="A", StartTime="00:16:16,059", AU01_r=0.5, **{f"pulse_{n}": 1.0 for n in range(3)}
    )
    table.rename(columns=MELD).to_csv(tmp_path / "meld.csv", index=False)
    data = open_data(str(tmp_path / "meld.csv"))
    assert data.conversations[0].speakers == ("A",) * 3
    assert data.conversations[0].words[1] == 'said "1", then; né'
    assert data.task.classes == ("happy", "sad")
    unused = [row.reason for row in data.findings.unused]
    assert [reason.split("'")[1] for reason in unused] == ["StartTime", "AU01_r", "pulse_0 … pulse_2"]
    assert "nearest name that would be is 'start'" in unused[0]


def test_two_columns_that_may_be_the_label_are_asked_about(lists, tmp_path):
    table = wide(lists).rename(columns={"label": "Emotion"}).assign(Sentiment=[n / 4 - 1.4 for n in range(ROWS)])
    table.to_csv(tmp_path / "both.csv", index=False)
    with pytest.raises(CompVizError, match=r"'Emotion' and 'Sentiment' may each be the label.*--choose label=Emotion"):
        open_data(str(tmp_path / "both.csv"))
    assert open_data(str(tmp_path / "both.csv"), choosing(label="Emotion")).task.classes == ("happy", "sad")
    data = open_data(str(tmp_path / "both.csv"), choosing(label="Sentiment"))
    assert not data.task.classes
    assert data.conversations[0].labels[:2].tolist() == pytest.approx([-1.4, -1.15])


def test_columns_as_whoever_opens_the_table_says(lists, tmp_path):
    table = lists.rename(columns={"conversation": "case", "features.video": "gaze"}).drop(columns="position")
    pd.concat([table, wide(lists, "_", "pulse ").filter(like="pulse text")], axis=1).to_parquet(
        tmp_path / "odd.parquet"
    )
    reading = choosing(
        conversation="case", position="order of rows", features_gaze="gaze", features_pulse="pulse text_", split=""
    )
    data = open_data(str(tmp_path / "odd.parquet"), reading)
    assert data.widths == {"audio": 3, "text": 4, "gaze": 2, "pulse": 4}
    assert data.utterances.splits == ("",) * 4
    np.testing.assert_array_equal(data.conversations[1].features["pulse"], np.stack(lists["features.text"][3:6]))
    assert [row.reason for row in data.findings.rows if row.kind == "assumed"] == ["positions are the order of rows"]
    for choices, words in ({"label": "none"}, "no column 'none'"), ({"colour": "text"}, "expected one of conversation"), ({"features_x": "none"}, "no column 'none', nor any"):  # fmt: skip
        with pytest.raises(CompVizError, match=words):
            open_data(str(tmp_path / "odd.parquet"), choosing(**choices))


def test_conversations_counted_anew_in_each_file_are_kept_apart(lists, tmp_path):
    for split, first in (("train", 0), ("dev", 3), ("test", 6)):
        part = wide(lists)[first : first + 3].drop(columns="split").assign(conversation=0)
        part.to_csv(tmp_path / f"{split}_sent_emo.csv", index=False)
    data = open_data(str(tmp_path))
    assert dict(zip(data.utterances.ids, data.utterances.splits, strict=True)) == {
        "test 0": "test",
        "train 0": "train",
        "validation 0": "validation",
    }
    assert "counted anew in each file" in data.findings.rows[0].reason


def test_how_a_file_was_read_is_said(lists, tmp_path):
    wide(lists).to_csv(tmp_path / "german.csv", index=False, sep=";", decimal=",", encoding="cp1252")
    data = open_data(str(tmp_path / "german.csv"))
    assert [row.reason for row in data.findings.rows if row.kind == "assumed"] == [
        "columns are parted by semicolons", "decimals have a comma", "its text is cp1252",
    ]  # fmt: skip
    assert not check_data(str(tmp_path / "german.csv")).problems
