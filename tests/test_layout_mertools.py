"""Folders of MERTools: what is read is compared with NumPy's own reading of the same files."""

import csv
import zipfile

import numpy as np
import pytest

from comp_viz.data.conversation import Task
from comp_viz.data.reading import FileReading
from comp_viz.data.source import data_files, open_data, peek_data
from comp_viz.errors import CompVizError

EXTRACTORS = {"chinese-hubert-large-UTT": 6, "deberta-large-4-UTT": 8, "clip-vit-large-patch14-UTT": 5}


@pytest.fixture
def store(rng, tmp_path):
    """Write a folder with its labels, and a feature file for each clip; give its path."""

    def store(file="label.npz", **corpora):
        folder = tmp_path / "cmumosi-process"
        for extractor, width in EXTRACTORS.items():
            (folder / "features" / extractor).mkdir(parents=True, exist_ok=True)
            for clip in (clip for corpus in corpora.values() for clip in corpus):
                np.save(folder / "features" / extractor / f"{clip}.npy", rng.standard_normal(width).astype("f4"))
        np.savez_compressed(folder / file, **{f"{name}_corpus": corpus for name, corpus in corpora.items()})
        return folder

    return store


def scores(rng, video, numbers):
    return {f"{video}_{number}": {"emo": 0, "val": float(rng.uniform(-3, 3))} for number in numbers}


def test_mosi(rng, store):
    folder = store(train=scores(rng, "a", (10, 9)), val=scores(rng, "b", (1,)), test=scores(rng, "c", (1, 2)))
    frames = np.arange(12, dtype="f4").reshape(2, 6)
    np.save(folder / "features/chinese-hubert-large-UTT/a_9.npy", frames)
    (folder / "features/deberta-large-4-UTT/c_2.npy").unlink()
    for name in (folder, folder / "label.npz"):
        data = open_data(str(name))
        assert data.task == Task("sentiment", low=-3, high=3)
        assert data.widths == {"audio": 6, "text": 8, "video": 5}
        assert dict(zip(data.utterances.ids, data.utterances.splits, strict=True)) == {
            "a": "train",
            "b": "validation",
            "c": "test",
        }
        corpus = np.load(folder / "label.npz", allow_pickle=True)["train_corpus"].item()
        first = data.find("a")
        np.testing.assert_array_equal(first.labels, np.float32([corpus["a_9"]["val"], corpus["a_10"]["val"]]))
        assert first.features["audio"][0].tolist() == frames.mean(0).tolist()
        np.testing.assert_array_equal(
            first.features["video"][1], np.load(folder / "features/clip-vit-large-patch14-UTT/a_10.npy")
        )
        assert data.find("c").observed.tolist() == [[True] * 3, [True, False, True]]
        assert [row.reason for row in data.findings.unused] == ["the field 'emo' is not used: the same for all clips"]
    assert peek_data(folder).widths == data.widths
    assert data.name == "cmumosi-process"


def test_mer_has_names_of_emotions_a_valence_and_three_tests(store, monkeypatch):
    def clips(first, emotions, valence):
        return {f"sample_{first + n:08}": {"emo": emo, "val": valence + n} for n, emo in enumerate(emotions)}

    folder = store(
        "label-6way.npz",
        train=clips(0, ["happy", "worried"], 0.5),
        test1=clips(10, ["sad"], -2.5),
        test3=clips(20, ["angry"], -10),
    )
    data = open_data(str(folder))
    assert data.task == Task("emotion", ("neutral", "angry", "happy", "sad", "worried", "surprise"))
    assert len(data.conversations) == 3  # a clip each: "sample" is no video
    assert [float(c.labels[0]) for c in data.conversations] == [2, 4, 3]
    assert [str(choice) for choice in data.choices[:3]] == [
        "label file=label-6way.npz",
        "test=test1 (or test3)",
        "labels=emo (or val)",
    ]
    assert "the field 'test3_corpus' is not used: choice test=test3" in [row.reason for row in data.findings.unused]
    valence = open_data(str(folder), FileReading(choices={"test": "test3", "labels": "val"}))
    assert (valence.task.low, valence.task.high) == (-3, 3)
    assert np.isnan(valence.conversations[2].labels).all()
    assert "1 clip without 'val', label unknown" in [p.reason for p in valence.findings.problems]
    monkeypatch.setenv("COMP_VIZ_DATA", str(folder.parent))
    assert data_files() == ["cmumosi-process"]


def test_classes_of_meld_and_iemocap_are_those_of_mertools(store):
    emotions = {f"train_dia3_utt{n}": {"emo": n, "val": -10} for n in (6, 0, 3)}
    data = open_data(str(store(train=emotions, test={"test_dia0_utt0": {"emo": 1, "val": -10}})))
    assert data.task.classes == ("anger", "joy", "sadness", "neutral", "disgust", "fear", "surprise")
    assert data.find("train_dia3").labels.tolist() == [0, 3, 6]


def test_iemocap_is_split_by_session_and_its_speakers_are_in_the_names(store):
    clips = [f"Ses0{session}F_impro01_{who}{n:03}" for session in (1, 5) for n, who in enumerate("FMF")]
    whole = {clip: {"emo": n % 6, "val": -10} for n, clip in enumerate(clips)}
    folder = store("label_6way.npz", whole=whole)
    data = open_data(str(folder))
    assert data.utterances.splits == ("train", "test")
    assert data.find("Ses05F_impro01").speakers == ("F", "M", "F")
    assert data.find("Ses05F_impro01").labels.tolist() == [3, 4, 5]
    assert open_data(str(folder), FileReading(choices={"fold": "1"})).utterances.splits == ("test", "train")
    np.savez(folder / "label_4way.npz", whole_corpus={clip: {"emo": n % 4, "val": -10} for n, clip in enumerate(clips)})
    both = open_data(str(folder), FileReading(choices={"label file": "label_6way.npz"}))
    assert (len(open_data(str(folder)).task.classes), len(both.task.classes)) == (4, 6)


def test_words_and_extractors_by_choice(rng, store):
    folder = store(train=scores(rng, "a", (1, 2)), test=scores(rng, "b", (1,)))
    with (folder / "transcription.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [["name", "chinese", "english"], ["a_1", "好", "good"], ["a_2", "不", 'no, "not"'], ["b_1", "是", "yes"]]
        )
    (folder / "features" / "wavlm-base-UTT").mkdir()
    for clip in ("a_1", "a_2", "b_1"):
        np.save(folder / "features" / "wavlm-base-UTT" / f"{clip}.npy", np.ones(3))
    choices = {"words": "english", "extractor.audio": "wavlm-base-UTT", "extractor.video": "none"}
    data = open_data(str(folder), FileReading(choices=choices))
    assert data.widths == {"audio": 3, "text": 8}
    assert data.find("a").words == ("good", 'no, "not"')
    assert open_data(str(folder)).find("a").words == ("好", "不")


def test_ch_sims_with_a_score_for_each_modality(store):
    folder = store(train={"video_0001_0001": {}, "video_0001_0002": {}, "video_0002_0001": {}})
    (folder / "label.npz").unlink()
    (folder / "label.csv").write_text(
        "video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode\n"
        "video_0001,0002,好,-0.8,0.2,-1,0.4,Negative,train\nvideo_0001,0001,不,1.0,-0.6,0.8,0,Positive,train\n"
        "video_0002,0001,是,0.2,0.4,0.6,0.8,Positive,test\n",
        encoding="utf-8",
    )
    data = open_data(str(folder))
    assert data.task == Task("sentiment", low=-1, high=1)
    np.testing.assert_allclose(data.find("video_0001").labels, [1, -0.8], rtol=1e-6)
    assert data.find("video_0001").words == ("不", "好")
    of_video = open_data(str(folder), FileReading(choices={"labels": "label_V"}))
    np.testing.assert_allclose(of_video.find("video_0001").labels, [0, 0.4], rtol=1e-6)


class Own:
    """Something that is no plain value."""


def test_other_objects_and_other_archives_are_refused_in_words(rng, store):
    folder = store(train={"a_1": Own()}, test={})
    with pytest.raises(
        CompVizError, match=r"train_corpus of label.npz cannot be read as plain data: it asks for .*Own"
    ):
        open_data(str(folder))
    folder = store(train={"a_1": 3.0, "a_2": 1.0}, test=scores(rng, "b", (1,)))
    with pytest.raises(CompVizError, match=r"train_corpus holds something else than a dict of labels for each clip"):
        open_data(str(folder))
    folder = store(train=scores(rng, "a", (1, 2)), test=scores(rng, "b", (1,)))
    with zipfile.ZipFile(folder / "label.npz", "a") as archive:
        archive.writestr("val_corpus.npy", b"\x93NUMPY")
    with pytest.raises(CompVizError, match=r"val_corpus of label\.npz cannot be read as an array"):
        open_data(str(folder))
