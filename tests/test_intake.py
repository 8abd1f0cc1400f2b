"""Files that are handed over: names made safe, archives bounded, what can be corrected, and where they are saved."""

import io
import os
import pickle
import stat
import zipfile

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from test_published_layout import FOLDERS, FOUR, SIX, Made

from comp_viz.data.intake import store
from comp_viz.data.intake.keep import save_data
from comp_viz.data.intake.menus import menus_of
from comp_viz.data.intake.preview import first_rows, kind_of, unreadable_files
from comp_viz.data.intake.store import safe_path, store_files
from comp_viz.data.reading import PLAIN_READING
from comp_viz.data.source import open_data
from comp_viz.errors import CompVizError


@pytest.fixture
def table(rng):
    """Two columns that may be the label, and features in columns."""
    rows = {
        "Dialogue_ID": [0, 0, 1, 1],
        "Utterance_ID": [0, 1, 0, 1],
        "Emotion": ["joy", "anger"] * 2,
        "Sentiment": ["positive", "negative"] * 2,
    }
    return pd.DataFrame(rows | {f"{u}_{n}": rng.standard_normal(4) for u in ("audio", "text") for n in range(3)})


def archive(**files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            out.writestr(name, content)
    made.seek(0)
    return made


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("train-00000-of-00002.parquet", "train-00000-of-00002.parquet"),
        ("../../etc/passwd", "etc/passwd"),
        ("C:\\data\\a b.csv", "C_/data/a_b.csv"),
        ("/absolute/.hidden", "absolute/hidden"),
        ("a\0b\n.csv", "a_b_.csv"),
        ("我的.csv", "__.csv"),
        ("x" * 300 + ".csv", "x" * 100 + ".csv"),
    ],
    ids=["plain", "upwards", "windows", "absolute", "controls", "letters", "long"],
)
def test_names_are_made_safe(name, expected):
    assert str(safe_path(name)) == expected


def test_names_that_are_none_are_refused():
    for name in ("..", "", "///", "a/" * 9 + "b"):
        with pytest.raises(CompVizError, match="no name of a file"):
            safe_path(name)


def test_what_is_handed_over_is_one_file_or_a_folder(tmp_path):
    one = store_files([("mine.csv", io.BytesIO(b"a\n1\n"))], tmp_path / "one")
    assert one.read_bytes() == b"a\n1\n"
    assert stat.S_IMODE(os.stat(tmp_path / "one").st_mode) == 0o700
    packed = archive(**{"set/data/train": "a", "set/data/test": "b", "__MACOSX/x": "c"})
    assert store_files([("set.zip", packed)], tmp_path / "two") == tmp_path / "two" / "set" / "data"
    two = store_files([("train.csv", io.BytesIO(b"a")), ("test.csv", io.BytesIO(b"b"))], tmp_path / "three")
    assert sorted(path.name for path in two.iterdir()) == ["test.csv", "train.csv"]


def test_archives_neither_leave_their_folder_nor_grow(tmp_path, monkeypatch):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("../../evil.csv", "a")
        made.writestr("set/good.csv", "b")
    store_files([("x.zip", out)], tmp_path / "a" / "b")
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.csv")) == [
        "a/b/evil.csv",
        "a/b/set/good.csv",
    ]
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(link, "/etc/passwd")
    monkeypatch.setattr(store, "MOST_UNPACKED", 1 << 20)
    monkeypatch.setattr(store, "MOST_FILES", 3)
    bomb, many = archive(zeros="\0" * (2 << 20)), archive(**{f"f{n}": "x" for n in range(4)})
    cases = {
        "holds a link": out,
        "more than": bomb,
        "more than 3 files": many,
        "cannot be taken apart": io.BytesIO(b"PK no zip"),
    }
    for number, (words, content) in enumerate(cases.items()):
        with pytest.raises(CompVizError, match=words):
            store_files([("x.zip", content)], tmp_path / f"case {number}")


def test_menus_of_a_table_say_which_column_is_what(table, tmp_path):
    table.assign(gaze_x=1.0, words="hello").to_csv(tmp_path / "t.csv", index=False)
    menus = {menu.name: menu for menu in menus_of(tmp_path / "t.csv", PLAIN_READING)}
    assert [menus[name].value for name in ("conversation", "position", "label")] == [
        "Dialogue_ID",
        "Utterance_ID",
        "",
    ]  # open
    assert {"", "Emotion", "Sentiment"} <= set(menus["label"].options)
    assert "order of rows" in menus["position"].options
    assert "features.audio" not in menus  # found by its columns
    assert {"", "Emotion", "words"} <= set(menus["features.video"].options)
    assert kind_of(tmp_path / "t.csv") == "a table (.csv)"


def test_menus_of_the_published_layout(tmp_path):
    Made(tmp_path / "set", FOUR).store()
    menus = {menu.name: menu for menu in menus_of(tmp_path / "set", PLAIN_READING)}
    assert menus["extractor.audio"].value == FOLDERS["audio"]
    assert menus["extractor.audio"].options == ("", *sorted(FOLDERS.values()))
    assert (menus["fold"].value, menus["fold"].options) == ("5", ("1", "2", "3", "4", "5"))
    Made(tmp_path / "set", SIX).store()
    with pytest.raises(CompVizError, match="several label files"):
        menus_of(tmp_path / "set", PLAIN_READING)


def test_the_first_rows_show_what_is_missing(small_lab):
    rows = first_rows(small_lab)
    assert len(rows) == 20
    first = small_lab.conversations[0]
    assert rows["conversation"][0] == first.id
    assert rows["label"][0] == f"{first.labels[0]:g}"
    assert [rows[name][0] for name in small_lab.modalities] == [
        width * there for width, there in zip(small_lab.dims, first.observed[0], strict=True)
    ]


def test_saved_under_a_new_and_plain_name_only(small_lab, tmp_path):
    assert save_data(tmp_path, " my set.arrow ", small_lab, "ours alone") == "my set.arrow"
    data = open_data(str(tmp_path / "my set.arrow"))
    assert (data.name, data.licence, len(data.utterances)) == ("my set", "ours alone", len(small_lab.utterances))
    for name in ("my set", "../up", ".hidden", "", "a/b", "lab", "x" * 99):
        with pytest.raises(CompVizError, match="name"):
            save_data(tmp_path, name, small_lab)
    assert [path.name for path in tmp_path.iterdir()] == ["my set.arrow"]


def test_what_cannot_be_read_is_listed_with_the_reason(table, tmp_path, monkeypatch):
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path))
    table.to_csv(tmp_path / "open.csv", index=False)
    table.drop(columns="Sentiment").to_csv(tmp_path / "good.csv", index=False)
    np.savez(tmp_path / "arrays.npz", audio=np.ones(2))
    (tmp_path / "README.md").write_text("words")
    (tmp_path / "talk.mp4").write_bytes(b"video")
    reasons = {one.name: one.reason for one in unreadable_files(tmp_path)}
    assert list(reasons) == ["arrays.npz", "open.csv", "talk.mp4"]
    assert "--choose label=" in reasons["open.csv"]
    assert "expected a file that ends with" in reasons["talk.mp4"]


def dialog(place):
    from comp_viz.ui.data.import_dialog import import_dialog

    import_dialog(place)


def test_the_dialog_reads_as_the_menus_say_and_saves(table, tmp_path, monkeypatch):
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path))
    table.to_csv(tmp_path / "open.csv", index=False)
    app = AppTest.from_function(dialog, args=("open.csv",), default_timeout=60).run()
    assert "may each be the label" in app.error[0].value
    app.selectbox(key="import label").select("Emotion").run()
    assert not app.error
    assert any("2 conversations, 4 utterances" in each.value for each in app.markdown)
    app.text_input(key="import name").set_value("mine")
    app.button(key="import save").click().run()
    assert not app.exception
    assert open_data("mine.arrow").task.classes == ("anger", "joy")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([("a.md", b"x", "text/plain"), ("b.mp3", b"x", "audio/mpeg")], "The folder upload holds no table"),
        (
            [("a.csv", b"x,y\n1,2\n", "text/csv"), ("b.mp3", b"x", "audio/mpeg")],
            "Recognised as a table in several files, but: upload: the column",
        ),
        ([("picture.png", b"x", "image/png")], "picture.png: expected a file that ends with"),
    ],
    ids=["folder", "table", "file"],
)
def test_where_the_server_keeps_what_is_handed_over_is_nobodys_business(files, expected, tmp_path, monkeypatch):
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path))
    monkeypatch.setattr("comp_viz.clips.upload_folder.root", lambda: tmp_path)
    app = AppTest.from_function(dialog, args=("",), default_timeout=60).run()
    app.get("file_uploader")[0].set_value(files).run()
    assert app.error[0].value.replace("\\", "").startswith(expected)
    assert "import-" not in app.error[0].value.replace("\\", "")


def test_the_dialog_asks_what_a_layout_leaves_open(rng, tmp_path, monkeypatch):
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path))
    part = {name: rng.standard_normal((4, 3, 2)) for name in ("audio", "text", "vision")}
    part |= {"id": ["a$_$1", "a$_$2", "b$_$1", "b$_$2"], "regression_labels": [-1.5, 0.5, 2.0, 1.0]}
    (tmp_path / "mmsa.pkl").write_bytes(pickle.dumps(part | {"annotations": ["Negative", *["Positive"] * 3]}))
    app = AppTest.from_function(dialog, args=("mmsa.pkl",), default_timeout=60).run()
    assert not app.exception
    app.selectbox(key="import labels").select("annotations").run()
    app.text_input(key="import name").set_value("named").run()
    app.button(key="import save").click().run()
    assert not app.exception
    assert open_data("named.arrow").utterances.labels.tolist() == [0, 2, 2, 2]
    (tmp_path / "packed.gz").write_bytes(b"")
    app = AppTest.from_function(dialog, args=("packed.gz",), default_timeout=60).run()
    assert "Unpack it first" in app.error[0].value
    assert "Recognised" not in app.error[0].value


def test_a_list_of_unreadable_files_that_ends_early_says_so(tmp_path):
    def panel(root):
        from comp_viz.ui.data.unreadable import unreadable_panel

        unreadable_panel(root)

    for number in range(31):
        (tmp_path / f"{number}.gz").write_bytes(b"")
    app = AppTest.from_function(panel, args=(str(tmp_path),), default_timeout=60).run()
    assert app.expander[0].label.startswith("At least 30 files")
    assert len(app.markdown) == 30


def test_the_dialog_asks_which_of_two_label_files(tmp_path, monkeypatch):
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path))
    for name in (FOUR, SIX):
        Made(tmp_path / "set", name).store()
    app = AppTest.from_function(dialog, args=("set",), default_timeout=60).run()
    assert app.selectbox(key="import label file").options == [FOUR, SIX]
    app.selectbox(key="import label file").select_index(1).run()
    app.selectbox(key="import fold").select("2").run()
    assert not app.error
    app.text_input(key="import name").set_value("six").run()
    app.button(key="import save").click().run()
    data = open_data("six.arrow")
    assert len(data.task.classes) == 6
    assert [
        name[:5] for name, split in zip(data.utterances.ids, data.utterances.splits, strict=True) if split == "test"
    ] == ["Ses02"]
