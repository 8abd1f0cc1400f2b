"""The published layout: label files and feature folders that the tests write, whole, shuffled, damaged and hostile."""

import os
import pickle
import random
import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comp_viz.data.published import features as published_features
from comp_viz.data.published import layout as published
from comp_viz.data.published.layout import is_published, read_published
from comp_viz.data.reading import FileReading
from comp_viz.data.source import data_files, open_data
from comp_viz.errors import CompVizError

MOSI, MOSEI = "CMUMOSI_features_raw_2way.pkl", "CMUMOSEI_features_raw_2way.pkl"
FOUR, SIX = "IEMOCAP_features_raw_4way.pkl", "IEMOCAP_features_raw_6way.pkl"
FOLDERS = {"audio": "wav2vec-large-c-UTT", "text": "deberta-large-4-UTT", "video": "manet_UTT"}


def cmu():
    """The fields of a small CMU label file, of the types that the published ones have."""
    videos = {"aB-3_x": 3, "0zz": 2, "video3": 4, "Video_1": 1}
    ids = {name: [f"{name}_{s}" for s in range(length)] for name, length in videos.items()}
    return {
        "ids": ids,
        "labels": {name: [np.float64(s - 1.25) for s in range(length)] for name, length in videos.items()},
        "speakers": {name: [""] * length for name, length in videos.items()},
        "sentences": {name: np.array([f"SAID {each}" for each in ids[name]]) for name in videos},
        "train": {"aB-3_x", "video3"},
        "validation": {"0zz"},
        "test": {"Video_1"},
    }


def iemocap(classes):
    """The fields of a small IEMOCAP label file: a conversation a session, speakers by turns."""
    names = [f"Ses0{session}{'FM'[session % 2]}_impro0{session}b" for session in range(1, 6)]
    ids = {name: [f"{name}_{'FM'[s % 2]}00{s}" for s in range(classes)] for name in names}
    return {
        "ids": ids,
        "labels": {name: list(range(classes)) for name in names},
        "speakers": {name: ["FM"[s % 2] for s in range(classes)] for name in names},
        "sentences": {name: [f"Said {each}." for each in ids[name]] for name in names},
        "train": set(names[:4]),
        "test": set(names[4:]),
    }


PER_VIDEO = ("ids", "labels", "speakers", "sentences")
KINDS = {MOSI: cmu, MOSEI: cmu, FOUR: lambda: iemocap(4), SIX: lambda: iemocap(6)}


class Made:
    """A layout in a folder, to be changed before it is read."""

    def __init__(self, folder: Path, name: str = MOSI) -> None:
        self.folder, self.name, self.fields = folder, name, KINDS[name]()
        self.rng = np.random.default_rng(3)
        if not folder.exists():
            self.fill()

    def fill(self):
        for modality in FOLDERS:
            self.place(modality).mkdir(parents=True)
        for name in self.utterances:
            np.save(self.place("audio") / f"{name}.npy", self.vector(5))
            np.save(self.place("text") / f"{name}.npy", np.float64([self.vector(6), self.vector(6)]))
            (self.place("video") / name).mkdir()
            for frame in ("000001_F", "000001_M", "000002_F", "000002_M"):
                np.save(self.place("video") / name / f"{frame}.npy", self.vector(4)[None])

    @property
    def utterances(self):
        return [name for names in self.fields["ids"].values() for name in names]

    def place(self, modality):
        return self.folder / "features" / FOLDERS[modality]

    def vector(self, width):
        return self.rng.standard_normal(width).astype(np.float32)

    def store(self, protocol=4):
        (self.folder / self.name).write_bytes(pickle.dumps(list(self.fields.values()), protocol))

    def read(self, **options):
        self.store()
        return read_published(self.folder, **options)

    def refusal(self, **options):
        with pytest.raises(CompVizError) as caught:
            self.read(**options)
        return str(caught.value)


@pytest.fixture
def made(tmp_path):
    return Made(tmp_path / "made")


@pytest.fixture
def spoken(tmp_path):
    """A layout of IEMOCAP."""
    return Made(tmp_path / "spoken", FOUR)


def noticed(data):
    """Findings in short."""
    return [(row.kind, row.conversation, row.utterance, row.modality, row.reason) for row in data.findings.rows]


# Whole layouts


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("name", KINDS)
def test_all_four_data_sets_are_read(tmp_path, name, protocol):
    made = Made(tmp_path / "made", name)
    made.store(protocol)
    data = read_published(made.folder)
    assert data.findings.rows == []
    assert (data.modalities, data.dims) == (("audio", "text", "video"), (5, 6, 4))
    assert data.sources == {
        "audio": "wav2vec-large-c-UTT, 5-d",
        "text": "deberta-large-4-UTT, 6-d",
        "video": "manet_UTT, 4-d",
    }
    assert "research use" in data.licence
    assert [c.id for c in data.conversations] == sorted(made.fields["ids"])
    for c in data.conversations:
        fields = {field: made.fields[field][c.id] for field in PER_VIDEO}
        assert c.words == tuple(fields["sentences"])
        assert c.speakers == tuple(fields["speakers"])
        np.testing.assert_array_equal(c.labels, np.float32(fields["labels"]))
        assert c.observed.all()
        assert np.isnan(c.durations).all()
        assert c.context == ("",) * len(c)
        for s, utterance in enumerate(fields["ids"]):
            np.testing.assert_array_equal(c.features["audio"][s], np.load(made.place("audio") / f"{utterance}.npy"))
            rows = np.load(made.place("text") / f"{utterance}.npy")
            np.testing.assert_allclose(c.features["text"][s], rows.mean(0), rtol=1e-6)
            frames = sorted((made.place("video") / utterance).glob(f"*{c.speakers[s]}.npy"))
            assert len(frames) == (2 if name in (FOUR, SIX) else 4)
            np.testing.assert_allclose(c.features["video"][s], np.mean([np.load(x)[0] for x in frames], 0), rtol=1e-5)


def test_the_data_sets_are_called_what_they_are(tmp_path):
    result = {name: Made(tmp_path / str(n), name).read() for n, name in enumerate(KINDS)}
    assert [data.name for data in result.values()] == [
        "CMU-MOSI", "CMU-MOSEI", "IEMOCAP (4 emotions)", "IEMOCAP (6 emotions)"
    ]  # fmt: skip
    assert {(result[name].task.low, result[name].task.high, result[name].task.neutral) for name in (MOSI, MOSEI)} == {
        (-3, 3, 0)
    }
    assert result[FOUR].task.classes == ("happy", "sad", "neutral", "angry")
    assert result[SIX].task.classes == ("happy", "sad", "neutral", "angry", "excited", "frustrated")
    assert Counter(c.split for c in result[MOSI].conversations) == {"train": 2, "validation": 1, "test": 1}
    assert [c.split for c in result[FOUR].conversations] == ["train"] * 4 + ["test"]


class Python2(pickle._Pickler):
    """Writes text as Python 2 did: bytes, to be read as latin1."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_str(self, text):
        self.write(pickle.BINSTRING + struct.pack("<i", len(text)) + text.encode("latin1"))

    dispatch[str] = save_str


def test_files_of_python_2_are_read_as_latin1(made):
    made.fields["sentences"]["0zz"] = ["café", "naïve"]
    for field in ("train", "validation", "test"):
        made.fields[field] = list(made.fields[field])
    with (made.folder / MOSI).open("wb") as file:
        Python2(file, 2).dump(tuple(made.fields.values()))
    assert b"caf\xe9" in (made.folder / MOSI).read_bytes()
    data = read_published(made.folder)
    assert data.find("0zz").words == ("café", "naïve")
    assert data.digest == made.read().digest


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=10)
def test_the_order_in_the_file_does_not_matter(tmp_path_factory, chance: random.Random):
    made = Made(tmp_path_factory.getbasetemp() / "shuffled", SIX)
    before = made.read().digest
    for field, value in made.fields.items():
        mixed = list(value)
        chance.shuffle(mixed)
        made.fields[field] = {name: value[name] for name in mixed} if isinstance(value, dict) else mixed
    assert made.read().digest == before


@pytest.mark.parametrize(
    "kind", [list, tuple, np.array, lambda x: np.array(x, dtype=object), lambda x: np.array(x)[:, None]]
)
def test_lists_of_a_conversation_may_be_of_several_kinds(made, kind):
    before = made.read().digest
    for field in PER_VIDEO:
        made.fields[field] = {name: kind(list(value)) for name, value in made.fields[field].items()}
    assert made.read().digest == before


def test_progress_is_told_now_and_then(made, monkeypatch):
    heard = []
    made.read(progress=lambda done, of: heard.append((done, of)))
    assert heard == [(30, 30)]
    monkeypatch.setattr(published, "REPORT_EVERY", 7)
    heard.clear()
    made.read(progress=lambda done, of: heard.append((done, of)))
    assert heard == [(7, 30), (14, 30), (21, 30), (28, 30), (30, 30)]


# Which files


def test_a_label_file_or_its_folder_may_be_given(made, tmp_path):
    data = made.read()
    assert is_published(made.folder)
    assert is_published(made.folder / MOSI)
    assert read_published(made.folder / MOSI).digest == data.digest
    (made.folder / FOUR).touch()
    with pytest.raises(CompVizError, match=f"{MOSI} and {FOUR}: give the one"):
        read_published(made.folder)
    assert read_published(made.folder / MOSI).digest == data.digest
    for other in (made.folder / "features", made.folder / "none.pkl", tmp_path / SIX, Path("\0"), Path("a" * 5000)):
        assert not is_published(other)
        with pytest.raises(CompVizError, match="label file"):
            read_published(other)


def test_extractors_are_recognised_or_said(made):
    (made.folder / "features" / "bert-base").mkdir()
    (made.folder / "features" / "notes.txt").touch()
    (made.folder / "features" / "manet\x1b").mkdir()  # a name that would garble the screen is passed over
    message = made.refusal()
    assert "bert-base, deberta-large-4-UTT" in message
    assert "--extractor text=FOLDER" in message
    data = made.read(extractors={"text": FOLDERS["text"]})
    assert data.modalities == ("audio", "text", "video")
    assert made.read(extractors={"video": "", "text": FOLDERS["text"]}).modalities == ("audio", "text")
    swapped = made.read(extractors={"audio": FOLDERS["text"], "text": FOLDERS["audio"]})
    assert swapped.dims == (6, 5, 4)
    assert "no folder '../features' for text" in made.refusal(extractors={"text": "../features"})
    assert "'notes.txt'" in made.refusal(extractors={"text": "notes.txt"})
    assert "visual" in made.refusal(extractors={"visual": FOLDERS["video"]})
    assert "two modalities" in made.refusal(extractors={"text": FOLDERS["text"], "audio": "", "video": ""})
    made.place("video").rename(made.folder / "features" / "faces")
    message = made.refusal(extractors={"text": FOLDERS["text"]})
    assert "faces" in message
    assert "--extractor video=" in message
    assert made.read(extractors={"text": FOLDERS["text"], "video": "faces"}).sources["video"] == "faces, 4-d"


def test_a_folder_that_cannot_be_listed_is_named(made, monkeypatch):
    scandir = os.scandir

    def locked(folder):
        if "manet" in str(folder):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    (made.folder / "features" / "loop").symlink_to("loop")
    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", locked)
        assert "manet_UTT cannot be listed (Permission denied)" in made.refusal()


def test_a_folder_without_features_says_so(made):
    (made.folder / "features").rename(made.folder / "elsewhere")
    assert "features cannot be listed" in made.refusal()


# Labels


def swap(field, value):
    """A change of one field."""
    return lambda fields: fields.update({field: value})


def drop(field, name="0zz"):
    """Take a conversation out of one field."""
    return lambda fields: fields[field].pop(name)


def replace(field, value, name="0zz"):
    """Give one conversation another value."""
    return lambda fields: fields[field].update({name: value})


WRONG = {
    "IEMOCAP inside": (lambda fields: [fields.clear(), fields.update(iemocap(6))], "expected 7 fields (ids"),
    "one field less": (lambda fields: fields.pop("test"), "got 6 fields"),
    "ids as a list": (swap("ids", ["a"]), "ids is a list, expected a dict"),
    "train as text": (swap("train", "0zz"), "train is a str"),
    "train of lists": (swap("train", [["0zz"]]), "an id in train is a list"),
    "ids the same as text": (lambda fields: fields["labels"].update({1: [], "1": []}), "repeat"),
    "no labels of one": (drop("labels"), "labels and ids are of different conversations: 1 are only in one, as '0zz'"),
    "no ids of one": (drop("ids"), "labels and ids"),
    "a label too few": (replace("labels", [1.0]), "conversation '0zz' has 1 labels for 2 utterances"),
    "a sentence too many": (replace("sentences", ["a"] * 3), "has 3 sentences for 2"),
    "ids as one text": (replace("ids", "ab"), "ids of conversation '0zz' is a str, expected a list"),
    "labels as a table": (replace("labels", np.ones((2, 2))), "labels of conversation '0zz' is a ndarray"),
    "labels as one number": (replace("labels", np.array(1.0)), "labels of conversation '0zz' is a ndarray"),
    "labels as text": (replace("labels", ["a", "b"]), "a label of conversation '0zz' is a str"),
    "a nested sentence": (replace("sentences", [["a"], "b"]), "one of sentences of conversation '0zz' is a list"),
    "many labels out of range": (replace("labels", [7.0, 7.0]), "2 of 10 labels are not from -3 to 3"),
    "tested on what was trained on": (swap("test", {"Video_1", "video3"}), "train and test share 1 conversation, as 'video3'"),
    "nothing": (lambda fields: fields.update({field: {} for field in PER_VIDEO}), "no utterances"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), WRONG.values(), ids=WRONG)
def test_label_files_that_cannot_be_are_refused_in_words(made, change, expected):
    change(made.fields)
    refusal = made.refusal()
    assert expected in refusal
    assert refusal.startswith(f"made/{MOSI}: ")


def test_other_values_than_fields_are_refused(made):
    for value in ("text", 7, None, {"ids": {}}, [1] * 7, np.ones(7)):
        (made.folder / MOSI).write_bytes(pickle.dumps(value))
        with pytest.raises(CompVizError, match=MOSI):
            read_published(made.folder)


def test_a_file_under_another_name_is_noticed(tmp_path, spoken):
    spoken.fields = cmu()
    assert "expected 6 fields" in spoken.refusal()
    spoken.fields = iemocap(6)
    assert "10 of 30 labels are not a class from 0 to 3" in spoken.refusal()


def test_the_size_of_another_data_set_is_noticed(made, monkeypatch):
    layouts = dict(published.LAYOUTS)
    layouts[SIX] = published_features.replace(layouts[SIX], utterances=10)
    monkeypatch.setattr("comp_viz.data.published.labels.LAYOUTS", layouts)
    (row,) = made.read().findings.problems
    assert row.reason == "has 10 utterances like IEMOCAP (6 emotions): is it that file under this name?"


def test_a_hostile_label_file_is_refused(made, tmp_path):
    (made.folder / MOSI).write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    with pytest.raises(CompVizError, match=rf"^made/{MOSI} .* asks for os\.system"):
        read_published(made.folder)


def test_labels_that_are_none_are_kept_as_unknown(made):
    made.fields["labels"]["0zz"] = [None, -3.0]
    made.fields["labels"]["video3"] = [1e300, np.nan, 3, 0]
    data = made.read()
    np.testing.assert_array_equal(data.find("0zz").labels, np.float32([np.nan, -3]))
    np.testing.assert_array_equal(data.find("video3").labels, np.float32([np.nan, np.nan, 3, 0]))
    assert [row[1:3] for row in noticed(data)] == [("0zz", 1), ("video3", 1), ("video3", 2)]
    assert "label nan is not from -3 to 3, kept as unknown" in str(data.findings.problems[0])


@pytest.mark.parametrize("label", [-1, 4, 0.5, np.inf, np.nan])
def test_classes_that_are_none_are_kept_as_unknown(spoken, label):
    spoken.fields["labels"]["Ses01M_impro01b"][2] = label
    data = spoken.read()
    np.testing.assert_array_equal(data.conversations[0].labels, np.float32([0, 1, np.nan, 3]))
    (row,) = data.findings.problems
    assert (row.file, row.conversation, row.utterance) == (f"spoken/{FOUR}", "Ses01M_impro01b", 3)


def test_a_label_file_in_the_current_folder_is_named_with_that_folder(made, monkeypatch):
    made.fields["labels"]["0zz"] = [9.0, 0.0]
    made.fields["sentences"]["0zz"] = ["", "words"]
    made.read()
    monkeypatch.chdir(made.folder)
    rows = read_published(Path(MOSI)).findings.rows
    assert {row.file for row in rows if row.conversation == "0zz"} == {f"made/{MOSI}"}
    assert {row.reason for row in rows} >= {"empty transcript", "label 9 is not from -3 to 3, kept as unknown"}


def test_texts_of_other_kinds_become_text(made):
    made.fields["sentences"]["0zz"] = [b"caf\xc3\xa9", None]
    made.fields["speakers"]["video3"] = np.array([b"F", b"M", b"F", b"M"])
    data = made.read()
    assert data.find("0zz").words == ("café", "")
    assert data.find("video3").speakers == ("F", "M", "F", "M")


def test_conversations_without_utterances_and_shared_ids_are_noticed(made):
    for field in PER_VIDEO:
        made.fields[field]["0zz"] = []
    made.fields["ids"]["video3"][3] = "video3_1"
    data = made.read()
    assert [c.id for c in data.conversations] == ["Video_1", "aB-3_x", "video3"]
    assert [row[1:] for row in noticed(data)] == [
        ("0zz", None, "", "has no utterances, left out"),
        ("video3", 2, "", "2 utterances have the id 'video3_1' and share its features"),
        ("video3", 4, "", "2 utterances have the id 'video3_1' and share its features"),
    ]


# Splits


def test_split_lists_that_do_not_fit_are_noticed(made):
    made.fields["train"] = ["aB-3_x", "0zz", "gone"]
    made.fields["test"] = ("Video_1",)
    data = made.read()
    assert {c.id: c.split for c in data.conversations} == {
        "aB-3_x": "train", "0zz": "validation", "video3": "", "Video_1": "test"
    }  # fmt: skip
    assert [row[1:] for row in noticed(data)] == [
        ("gone", None, "", "is listed in a split but has no utterances, left out"),
        ("video3", None, "", "is listed in no split"),
        ("0zz", None, "", "is listed in two splits, kept in validation"),
    ]


@pytest.mark.parametrize("fold", range(1, 6))
def test_folds_of_iemocap_are_sessions(spoken, fold):
    data = spoken.read(fold=fold)
    assert [c.id[:5] for c in data.split("test")] == [f"Ses0{fold}"]
    assert len(data.split("train")) == 4
    assert data.findings.rows == []


@pytest.mark.parametrize("fold", [0, 6, -1])
def test_other_folds_are_refused(spoken, fold):
    assert "sessions 1 to 5" in spoken.refusal(fold=fold)


def test_a_test_list_of_another_session_is_noticed(spoken):
    names = sorted(spoken.fields["ids"])
    spoken.fields |= {"train": set(names[1:]), "test": set(names[:1])}
    data = spoken.read()
    assert [c.id for c in data.split("test")] == names[4:]
    (row,) = data.findings.problems
    assert "test list is not session 5: it differs in 2 conversations, as 'Ses01" in str(row)
    spoken.fields["train"] = set(names)
    assert "train and test share" in spoken.refusal()


def test_ids_without_a_session_are_in_no_split(spoken):
    for field in PER_VIDEO:
        spoken.fields[field]["Ses06F_impro01"] = spoken.fields[field].pop("Ses01M_impro01b")
    spoken.fields["train"] = spoken.fields["train"] - {"Ses01M_impro01b"} | {"Ses06F_impro01"}
    data = spoken.read()
    assert data.find("Ses06F_impro01").split == ""
    (row,) = data.findings.problems
    assert "no session" in str(row)
    for field in PER_VIDEO:
        spoken.fields[field] = {name.replace("Ses", "s"): value for name, value in spoken.fields[field].items()}
    spoken.fields |= {"train": set(), "test": set()}
    assert "no id tells its session" in spoken.refusal()


# Features


def objects(path):
    np.save(path, np.array([1, "a"], dtype=object), allow_pickle=True)


def cut(path):
    content = path.read_bytes()
    path.write_bytes(content[:-1])


def header(text, version=b"\x01\x00"):
    """An `.npy` file with any header."""
    text = text.encode().ljust(60)
    length = len(text).to_bytes(2 if version[0] == 1 else 4, "little")
    return lambda path: path.write_bytes(b"\x93NUMPY" + version + length + text + bytes(20))


def save(value):
    return lambda path: np.save(path, value)


def write(content):
    return lambda path: path.write_bytes(content)


def hole(path):
    with path.open("wb") as file:
        file.truncate(published_features.MAX_FILE + 1)


def inside(path):
    path.unlink()
    path.mkdir()


def pipe(path):
    path.unlink()
    os.mkfifo(path)


PROBLEM, MISSING = "problem", "missing"
FAULTS = {
    "absent": (lambda path: path.unlink(), MISSING, "no features"),
    "all zero": (save(np.zeros(5)), MISSING, "all features are zero"),
    "no frames": (save(np.zeros((0, 5))), MISSING, "no features"),
    "no values": (save(np.zeros(0)), MISSING, "no features"),
    "NaN": (save(np.float32([0, 0, np.nan, 1, 2])), PROBLEM, "NaN or infinite"),
    "infinite": (save(np.float32([0, 0, np.inf, 1, 2])), PROBLEM, "NaN or infinite"),
    "too large for a float": (save(np.full(5, 1e200)), PROBLEM, "NaN or infinite"),
    "another width": (save(np.ones(7)), PROBLEM, "has 7 values, expected 5"),
    "a number": (save(np.float32(3)), PROBLEM, "has 1 values"),
    "three axes": (save(np.ones((2, 3, 5))), PROBLEM, "has shape [2, 3, 5]"),
    "very wide": (save(np.ones(70_000, np.float16)), PROBLEM, "up to 65,536"),
    "objects": (objects, PROBLEM, "holds Python objects"),
    "text": (save(np.array(["a"])), PROBLEM, "holds <U1, expected numbers"),
    "records": (save(np.zeros(5, "f4,f4")), PROBLEM, "expected numbers"),
    "complex": (save(np.ones(5, complex)), PROBLEM, "holds complex128"),
    "empty": (write(b""), PROBLEM, "is no .npy file"),
    "other bytes": (write(b"PK\x03\x04 an archive"), PROBLEM, "is no .npy file"),
    "a pickle": (write(pickle.dumps([1, 2])), PROBLEM, "is no .npy file"),
    "magic alone": (write(b"\x93NUMPY"), PROBLEM, "is no .npy file"),
    "cut short": (cut, PROBLEM, "is cut short: 19 bytes"),
    "10 GB": (header("{'descr': '<f4', 'fortran_order': False, 'shape': (10000000000,)}"), PROBLEM, "is cut short"),
    "negative": (header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 5)}"), PROBLEM, "is cut short"),
    "strange header": (header("{'descr': '<f4', ('''"), PROBLEM, "cannot be read"),
    "nested header": (header("(" * 5000, b"\x02\x00"), PROBLEM, "cannot be read"),
    "long header": (header(" " * 20_000, b"\x02\x00"), PROBLEM, "is no .npy file"),
    "version": (header("{}", b"\x09\x00"), PROBLEM, "has version"),
    "larger than the limit": (hole, PROBLEM, "is larger than 128 MB"),
    "a folder of that name": (inside, PROBLEM, "is no plain file"),
    "a pipe": (pipe, PROBLEM, "is no plain file"),
}  # fmt: skip


@pytest.mark.parametrize(("fault", "kind", "expected"), FAULTS.values(), ids=FAULTS)
def test_features_that_are_missing_or_unusable_are_kept_as_missing_and_noted_once(made, fault, kind, expected):
    path = made.place("audio") / "0zz_1.npy"
    fault(path)
    data = made.read()
    one = data.find("0zz")
    assert one.observed.tolist() == [[True, True, True], [False, True, True]]
    assert not one.features["audio"][1].any()
    (row,) = data.findings.rows
    assert (row.kind, row.conversation, row.utterance, row.modality) == (kind, "0zz", 2, "audio")
    assert expected in row.reason
    assert row.file == "wav2vec-large-c-UTT" + ("/0zz_1.npy" if path.exists() else "")
    assert row.reason.endswith("kept as missing") or kind == MISSING


LAYOUTS_OF_NUMBERS = [np.float16, np.int8, np.uint64, ">f4", ">f8", bool]


@pytest.mark.parametrize("dtype", LAYOUTS_OF_NUMBERS, ids=str)
def test_features_may_be_of_any_plain_number(made, dtype):
    np.save(made.place("audio") / "0zz_1.npy", np.asfortranarray(np.array([[0, 1, 0, 1, 1]] * 3, dtype)))
    assert made.read().find("0zz").features["audio"][1].tolist() == [0, 1, 0, 1, 1]


def test_the_width_is_that_of_most_files_and_of_the_first_among_equals(made):
    for number, name in enumerate(sorted(made.utterances)):
        np.save(made.place("audio") / f"{name}.npy", np.ones(3 if number % 2 else 8))
    data = made.read()
    assert data.dims[0] == 8
    assert len(data.findings.problems) == 5


def test_empty_transcripts_mean_missing_text(made):
    made.fields["sentences"]["0zz"] = ["  ", "so"]
    data = made.read()
    assert data.find("0zz").observed[:, 1].tolist() == [False, True]
    assert not data.find("0zz").features["text"][0].any()
    assert noticed(data) == [(MISSING, "0zz", 1, "text", "empty transcript")]
    made.fields["sentences"] = {name: [""] * len(ids) for name, ids in made.fields["ids"].items()}
    assert made.read().findings.rows == []  # a file without transcripts


def test_a_modality_without_any_file_is_refused(made):
    for path in made.place("audio").iterdir():
        path.unlink()
    assert "no audio features: no file has the name of an utterance" in made.refusal()
    for name in made.utterances:
        (made.place("audio") / f"{name}.npy").write_bytes(b"")
    assert "audio features: wav2vec-large-c-UTT/0zz_0.npy is no .npy file" in made.refusal()


# Frames


def test_an_utterance_has_the_frames_of_its_own_speaker(spoken):
    name = "Ses01M_impro01b"
    first, second, third, fourth = (spoken.place("video") / each for each in spoken.fields["ids"][name])
    for path in first.glob("*_F.npy"):
        path.unlink()
    for path in second.iterdir():
        path.unlink()
    np.save(second / "compress_F.npy", np.ones(4))
    np.save(second / "compress_M.npy", np.full(4, 2.0))
    for path in third.iterdir():
        np.save(path, np.zeros(4))
    (fourth / ".DS_Store").touch()
    (fourth / "Ses01M_impro01b_M003_000009_F.npy").write_bytes(b"of the other speaker, so it is not even read")
    (first / "000009.npy").write_bytes(b"of no speaker")
    data = spoken.read()
    one = data.find(name)
    assert one.speakers == ("F", "M", "F", "M")
    assert one.observed[:, 2].tolist() == [False, True, False, True]
    assert one.features["video"][1].tolist() == [2, 2, 2, 2]
    assert noticed(data) == [
        (MISSING, name, 1, "video", "no features"),
        (MISSING, name, 3, "video", "all features are zero"),
    ]


def test_frames_that_cannot_be_used_are_noted(spoken):
    name = "Ses01M_impro01b"
    first, second, third, _ = (spoken.place("video") / each for each in spoken.fields["ids"][name])
    np.save(first / "000002_F.npy", np.ones(9))
    (second / "000002_M.npy").write_bytes(b"")
    for path in third.iterdir():
        path.unlink()
    third.rmdir()
    third.touch()
    spoken.fields["speakers"][name][3] = "Ses01"
    data = spoken.read()
    assert not data.find(name).observed[:, 2].any()
    assert data.find(name).observed[:, :2].all()
    assert [(row.file.split("/")[-1], row.reason.split(",")[0]) for row in data.findings.problems] == [
        (first.name, "its frames have different widths"),
        ("000002_M.npy", "is no .npy file"),
        (third.name, "cannot be listed (Not a directory)"),
        (spoken.fields["ids"][name][3], "its speaker is 'Ses01'"),
    ]


# Hostile ids and links

HOSTILE = {
    "../wav2vec-large-c-UTT/0zz_0": "slash",
    "/etc/passwd": "slash",
    "a\0b": "zero byte",
    "..": "is '..'",
    ".": "is '.'",
    "": "is ''",
    "x" * 500: "longer than a file name",
    "é" * 126: "longer than a file name",
}


@pytest.mark.parametrize(("name", "expected"), HOSTILE.items(), ids=range(len(HOSTILE)))
def test_ids_that_are_no_file_names_are_noted(made, name, expected):
    np.save(made.folder / "features" / "0zz_0.npy", np.ones(5))
    made.fields["ids"]["0zz"][1] = name
    data = made.read()
    assert data.find("0zz").observed.tolist() == [[True] * 3, [False] * 3]
    *rows, last = data.findings.rows
    assert [(row.kind, row.utterance, row.modality) for row in rows] == [(PROBLEM, 2, modality) for modality in FOLDERS]
    assert all(expected in row.reason for row in rows)
    assert last.reason.endswith("utterances have no modality at all")


NAMES = (
    st.text(max_size=40)
    | st.from_regex(r"(\.\./|/|~|\.|\\)*[a-z]{0,3}(\.npy)?")
    | st.sampled_from(["video3_0", "0zz_1"])
)


@given(st.lists(NAMES, min_size=1, max_size=6))
@settings(deadline=None, max_examples=60)
def test_whatever_the_ids_only_files_of_their_names_are_read(tmp_path_factory, names):
    made = Made(tmp_path_factory.getbasetemp() / "any")
    there = set(made.utterances)
    made.fields["ids"]["0zz"] = made.fields["speakers"]["0zz"] = names
    made.fields["labels"]["0zz"], made.fields["sentences"]["0zz"] = [0.0] * len(names), ["so"] * len(names)
    data = made.read()
    assert (data.find("0zz").observed == np.array([[name in there] for name in names])).all()


def test_links_to_outside_are_not_followed(made, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    np.save(secret / "000001.npy", np.full(4, 7.0))
    np.save(secret / "audio.npy", np.full(5, 7.0))
    audio, video = made.place("audio"), made.place("video")
    for path in (audio / "0zz_0.npy", audio / "video3_0.npy", audio / "video3_1.npy"):
        path.unlink()
    (audio / "0zz_0.npy").symlink_to(secret / "audio.npy")
    (audio / "video3_0.npy").symlink_to(audio / "video3_0.npy")  # to itself
    (audio / "video3_1.npy").symlink_to("video3_2.npy")
    (video / "0zz_1").rename(video / "moved")
    (video / "0zz_1").symlink_to(secret)
    for path in (video / "video3_3").iterdir():
        path.unlink()
    (video / "video3_3" / "1.npy").symlink_to(secret / "000001.npy")
    data = made.read()
    assert data.find("0zz").observed.tolist() == [[False, True, True], [True, True, False]]
    assert data.find("video3").observed[:, 0].tolist() == [False, True, True, True]
    assert np.array_equal(*data.find("video3").features["audio"][1:3])
    result = {row.file: row.reason for row in data.findings.problems}
    assert set(result) == {
        "wav2vec-large-c-UTT/0zz_0.npy", "wav2vec-large-c-UTT/video3_0.npy", "manet_UTT/0zz_1", "manet_UTT/video3_3/1.npy"
    }  # fmt: skip
    assert Counter("link to outside" in reason for reason in result.values()) == {True: 3, False: 1}


def test_a_whole_extractor_may_live_on_another_disk(made, tmp_path):
    before = made.read().digest
    made.place("video").rename(tmp_path / "disk")
    made.place("video").symlink_to(tmp_path / "disk")
    data = made.read()
    assert data.digest == before
    assert data.sources["video"] == "manet_UTT, 4-d"
    (tmp_path / "disk" / "0zz_0" / "000001_F.npy").write_bytes(b"")
    assert made.read().findings.problems[0].file == "manet_UTT/0zz_0/000001_F.npy"


def test_both_label_files_of_a_folder_are_data_sets(tmp_path, monkeypatch):
    """As in the README of the published code: IEMOCAP with four and with six emotions beside one folder of features."""
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path))
    for name in (SIX, FOUR):
        Made(tmp_path / "IEMOCAP", name).store()
    assert data_files() == [f"IEMOCAP/{FOUR}", f"IEMOCAP/{SIX}"]
    for name, classes in zip(data_files(), (4, 6), strict=True):
        assert len(open_data(name).task.classes) == classes
    with pytest.raises(CompVizError, match=f"several label files.*give the one to read, .*{FOUR}"):
        open_data("IEMOCAP")


def test_extractor_and_fold_are_choices_of_whoever_opens_it(spoken):
    spoken.store()
    (spoken.folder / "features" / "wav2vec-other").mkdir()
    path = str(spoken.folder)
    with pytest.raises(CompVizError, match="several folders are known as audio"):
        open_data(path)
    choices = {"extractor.audio": FOLDERS["audio"], "extractor.video": "", "fold": "2"}
    data = open_data(path, FileReading(choices=choices))
    assert data.modalities == ("audio", "text")
    assert [
        name[:5] for name, split in zip(data.utterances.ids, data.utterances.splits, strict=True) if split == "test"
    ] == ["Ses02"]
    for name, value in (("fold", "x"), ("pooling", "mean")):
        with pytest.raises(CompVizError, match="fold"):
            open_data(path, FileReading(choices=choices | {name: value}))
