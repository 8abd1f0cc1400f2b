"""Segments and frames: tables of OpenFace, openSMILE and py-feat pooled for each utterance, annotation tools, and .csd."""

import numpy as np
import pandas as pd
import pytest

from comp_viz.data.layouts.frame_table import read_frame_table
from comp_viz.data.reading import FileReading
from comp_viz.data.source import data_files, open_data, peek_data
from comp_viz.errors import CompVizError

SEGMENTS = pd.DataFrame(
    {
        "conversation": ["a", "a", "b", "b"], "start": [0.0, 2.0, 0.0, 1.0], "end": [2.0, 4.0, 1.0, 3.0],
        "label": ["joy", "anger", "joy", "anger"], "split": ["train", "train", "test", "test"],
    }
)  # fmt: skip


def open_face(rng, seconds):
    """As OpenFace writes it: blanks in names, ten frames a second, one of them without a face."""
    times = np.arange(0, seconds, 0.1)
    table = pd.DataFrame(
        {"frame": range(1, len(times) + 1), " face_id": 0, " timestamp": times, " confidence": 0.9, " success": 1}
    )
    for name in ("gaze_0_x", "AU01_r", "AU12_r"):
        table[f" {name}"] = rng.standard_normal(len(times)).round(3)
    table.loc[3, " success"] = 0
    table.loc[3, [" gaze_0_x", " AU01_r", " AU12_r"]] = 99
    return table


@pytest.fixture
def folder(tmp_path, rng, monkeypatch):
    """Segments as CSV; frames of OpenFace in a file a conversation, of openSMILE in one file of utterances as it appends them."""
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path))
    place = tmp_path / "talks"
    (place / "openface").mkdir(parents=True)
    SEGMENTS.to_csv(place / "segments.csv", index=False)
    for name, seconds in (("a", 4), ("b", 2)):
        open_face(rng, seconds).to_csv(place / "openface" / f"{name}.csv", index=False)
    lines = ["name;frameTime;F0_mean;loudness"]
    lines += [
        f"'{name}_{s}';0.000000;{v + s + 1:.1f};{'-nan(ind)' if (name, s) == ('b', 1) else s}"
        for v, name in enumerate("ab")
        for s in range(2)
    ]
    (place / "opensmile.csv").write_text("\n".join(lines))
    return place


def test_frames_are_pooled_over_each_utterance(folder):
    data = open_data("talks")
    assert data_files() == ["talks"]
    assert data.widths == {"audio": 2, "video": 3}
    frames = pd.read_csv(folder / "openface" / "a.csv", skipinitialspace=True)
    for s, (start, end) in enumerate(((0, 2), (2, 4))):
        part = frames[(frames["timestamp"] >= start) & (frames["timestamp"] < end) & (frames["success"] == 1)]
        expected = part[["gaze_0_x", "AU01_r", "AU12_r"]].mean().to_numpy()
        np.testing.assert_allclose(data.find("a").features["video"][s], expected, rtol=1e-5)
    np.testing.assert_array_equal(data.find("a").features["audio"], [[1, 0], [2, 1]])
    np.testing.assert_array_equal(data.find("b").features["audio"], [[2, 0], [3, 0]])
    assert data.conversations[1].split == "test"
    assert "infinite or NaN, zero" in data.findings.problems[0].reason
    assert peek_data(folder).widths == data.widths
    most = open_data("talks", FileReading(choices={"pooling": "max"}))
    part = frames[(frames["timestamp"] < 2) & (frames["success"] == 1)]
    np.testing.assert_allclose(
        most.find("a").features["video"][0], part[["gaze_0_x", "AU01_r", "AU12_r"]].max(), rtol=1e-6
    )


def test_what_has_no_frames_is_missing_and_said(folder):
    (folder / "openface" / "b.csv").write_text(
        "frame, timestamp, success, AU01_r, AU12_r, gaze_0_x\n1, 0.0, 1, x, 1, 1\n"
    )
    data = open_data("talks")
    assert data.utterances.observed.tolist() == [[True, True], [True, True], [True, False], [True, False]]
    assert any("b.csv" in row.reason and "'x'" in row.reason.replace(" x", "x") for row in data.findings.problems)


ARFF = """% by openSMILE
@relation openSMILE_features

@attribute name string
@attribute frameTime numeric
@attribute 'F0 mean' numeric
@attribute loudness numeric
@attribute class {neutral, happy}

@data

'a_0',0.0,1.5,?,happy
'a_1',0.0,2.5,3,?
"""
PY_FEAT = "FaceRectX,FaceScore,AU01,AU12,anger,frame,input\n10,0.9,0.5,0.25,0.1,0,/clips/a.mp4\n,,,,,1,/clips/a.mp4\n12,0.9,1.5,0.75,0.3,2,/clips/a.mp4\n"
PYTHON = "file,start,end,F0\nc:\\a.wav,0 days 00:00:00,0 days 00:00:00.500000,1\nc:\\a.wav,0 days 00:00:00.500000,0 days 00:00:01.500000,2\n"


def test_tables_of_every_extractor(tmp_path):
    for name, text in {"smile.arff": ARFF, "feat.csv": PY_FEAT, "python.csv": PYTHON}.items():
        (tmp_path / name).write_text(text)
    smile = read_frame_table(tmp_path / "smile.arff")
    assert smile.names == ("F0 mean", "loudness")
    np.testing.assert_array_equal(smile.values, [[1.5, np.nan], [2.5, 3]])
    assert smile.keys.tolist() == ["a_0", "a_1"]
    feat = read_frame_table(tmp_path / "feat.csv", rate=2)
    assert feat.names == ("AU01", "AU12", "anger")
    assert feat.times.tolist() == [0, 1]  # the frame without a face is left out
    assert read_frame_table(tmp_path / "feat.csv").times is None
    python = read_frame_table(tmp_path / "python.csv")
    assert (python.names, python.times.tolist(), python.keys.tolist()) == (("F0",), [0.25, 1.0], ["a", "a"])


ELAN = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="t1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="t2" TIME_VALUE="2000"/><TIME_SLOT TIME_SLOT_ID="t3" TIME_VALUE="4000"/></TIME_ORDER>
<TIER LINGUISTIC_TYPE_REF="words" TIER_ID="words@A" PARTICIPANT="Ann">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="t1" TIME_SLOT_REF2="t2"><ANNOTATION_VALUE>Good day.</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="t2" TIME_SLOT_REF2="t3"><ANNOTATION_VALUE>Is it?</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER LINGUISTIC_TYPE_REF="feeling" TIER_ID="emotion@A" PARENT_REF="words@A">
<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="a1"><ANNOTATION_VALUE>joy</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a4" ANNOTATION_REF="a2"><ANNOTATION_VALUE>anger</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>
<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="words" TIME_ALIGNABLE="true" GRAPHIC_REFERENCES="false"/>
<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="feeling" TIME_ALIGNABLE="false" GRAPHIC_REFERENCES="false" CONSTRAINTS="Symbolic_Association"/>
</ANNOTATION_DOCUMENT>
"""
PRAAT = """File type = "ooTextFile"
Object class = "TextGrid"

0
4
<exists>
2
"IntervalTier"
"words"
0
4
2
0
2
"Good day."
2
4
"Is it?"
"IntervalTier"
"emotion"
0
4
2
0
2
"joy"
2
4
"anger"
"""


@pytest.mark.parametrize(
    ("name", "text", "library", "choices", "speaker"),
    [
        ("a.eaf", ELAN, "pympi", {}, "Ann"),
        ("a.TextGrid", PRAAT, "praatio", {"utterances": "words"}, ""),
    ],
    ids=["elan", "praat"],
)
def test_tiers_are_utterances_and_labels(folder, name, text, library, choices, speaker):
    pytest.importorskip(library)
    (folder / "segments.csv").unlink()
    (folder / name).write_text(text)
    data = open_data("talks", FileReading(choices=choices | {"label": "emotion"}))
    (talk,) = data.conversations
    assert (talk.id, talk.words, talk.speakers) == ("a", ("Good day.", "Is it?"), (speaker,) * 2)
    assert [data.task.classes[int(label)] for label in talk.labels] == ["joy", "anger"]
    np.testing.assert_array_equal(talk.durations, [2, 2])
    assert talk.observed.all()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.srt", "1\n00:00:00,000 --> 00:00:02,000\nGood day.\n\n2\n00:00:02,000 --> 00:00:04,000\nIs it?\n"),
        ("a.vtt", "WEBVTT\n\n00:00.000 --> 00:02.000\nGood day.\n\n00:02.000 --> 00:04.000\nIs it?\n"),
    ],
    ids=["srt", "vtt"],
)
def test_subtitles_have_no_labels_which_is_said(folder, name, text):
    pytest.importorskip("pysubs2")
    (folder / "segments.csv").unlink()
    (folder / name).write_text(text)
    with pytest.raises(CompVizError, match="no labels"):
        open_data("talks", FileReading(choices={"label": "x"}))


def test_a_library_that_is_absent_is_named_with_the_line_that_installs_it(folder, monkeypatch):
    (folder / "segments.csv").unlink()
    (folder / "a.eaf").write_text(ELAN)
    monkeypatch.setitem(__import__("sys").modules, "pympi", None)
    with pytest.raises(
        CompVizError, match=r"a\.eaf is a file of ELAN, .*pip install 'comp-viz\[formats\]'.*pympi-ling"
    ):
        open_data("talks")


def sequence(h5py, path, videos):
    with h5py.File(path, "w") as file:
        for name, (features, intervals) in videos.items():
            data = file.create_group(f"{path.stem}/data/{name}")
            data["features"], data["intervals"] = features, intervals
        file.create_group(f"{path.stem}/metadata")


def test_computational_sequences(tmp_path, rng):
    h5py = pytest.importorskip("h5py")
    place, seconds = tmp_path / "mosei", np.arange(6, dtype="f8")
    place.mkdir()
    steps = np.stack([seconds, seconds + 1], axis=1)
    audio, video = rng.standard_normal((6, 4)).astype("f4"), rng.standard_normal((6, 3)).astype("f4")
    audio[1, 2] = -np.inf
    labels = (np.array([[1.5, *[0] * 6], [-2.0, *[1] * 6]]), np.array([[0.0, 2.0], [3.0, 5.0]]))
    words = np.array([[word] for word in (b"sp", b"good", b"day", b"is", b"it", b"sp")], dtype="S8")
    sequence(h5py, place / "CMU_MOSEI_Labels.csd", {"v1": labels, "v2": labels})
    sequence(h5py, place / "CMU_MOSEI_COVAREP.csd", {"v1": (audio, steps)})
    sequence(h5py, place / "CMU_MOSEI_VisualFacet42.csd", {"v1": (video, steps), "v2": (video, steps)})
    sequence(h5py, place / "CMU_MOSEI_TimestampedWords.csd", {"v1": (words, steps)})
    data = open_data(str(place))
    assert data.task.name == "sentiment"
    first = data.find("v1")
    assert first.words == ("good", "is it")
    np.testing.assert_array_equal(first.labels, [1.5, -2])
    np.testing.assert_allclose(first.features["video"], [video[:2].mean(0), video[3:5].mean(0)], rtol=1e-6)
    np.testing.assert_allclose(
        first.features["audio"][0], np.where(np.isinf(audio[:2]), 0, audio[:2]).mean(0), rtol=1e-6
    )
    assert data.find("v2").observed.tolist() == [[False, True]] * 2
    happy = open_data(str(place), FileReading(choices={"labels": "happy"}))
    np.testing.assert_array_equal(happy.find("v1").labels, [0, 1])
    (place / "CMU_MOSEI_Labels.csd").write_bytes(b"no HDF5")
    with pytest.raises(CompVizError, match="Download it again"):
        open_data(str(place))


def test_arrays_in_hdf5_are_read_as_those_in_npz(tmp_path, rng):
    h5py = pytest.importorskip("h5py")
    arrays = {"vision": rng.standard_normal((2, 3, 4)), "audio": rng.standard_normal((2, 3, 2)), "labels": rng.uniform(-1, 1, (2, 3)), "lengths": np.array([3, 2])}  # fmt: skip
    np.savez(tmp_path / "made.npz", video_ids=np.array(["a", "b"]), **arrays)
    with h5py.File(tmp_path / "made.h5", "w") as file:
        file["video_ids"] = ["a", "b"]
        for name, array in arrays.items():
            file[name] = array
    assert open_data(str(tmp_path / "made.h5")).digest == open_data(str(tmp_path / "made.npz")).digest
    assert peek_data(tmp_path / "made.h5") == peek_data(tmp_path / "made.npz")


def test_hdf5_reads_no_other_file(tmp_path):
    h5py = pytest.importorskip("h5py")
    secret = tmp_path / "secret.bin"
    secret.write_bytes(np.ones(12).tobytes())
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["audio"] = np.ones((2, 3, 2))
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["audio"] = h5py.ExternalLink("other.h5", "audio")
    with h5py.File(tmp_path / "storage.h5", "w") as file:
        file.create_dataset("audio", (2, 3, 2), "f8", external=[(str(secret), 0, 96)])
    with h5py.File(tmp_path / "virtual.h5", "w") as file:
        layout = h5py.VirtualLayout((2, 3, 2), "f8")
        layout[:] = h5py.VirtualSource("other.h5", "audio", (2, 3, 2))
        file.create_virtual_dataset("audio", layout)
    for name, words in {
        "link.h5": "is a link",
        "storage.h5": "in another file",
        "virtual.h5": "in another file",
    }.items():
        with pytest.raises(CompVizError, match=words):
            open_data(str(tmp_path / name))
