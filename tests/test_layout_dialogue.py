"""Pickles of DialogueRNN and its followers: fields without names, in the orders that their code reads."""

import pickle

import numpy as np
import pytest

from comp_viz.data.conversation import Task
from comp_viz.data.published.labels import IEMOCAP_EMOTIONS
from comp_viz.data.reading import FileReading
from comp_viz.data.source import open_data
from comp_viz.errors import CompVizError

IEMOCAP = {"Ses01F_impro01": 3, "Ses02M_script01": 2, "Ses05F_impro01": 4}
MELD = {0: 3, 1: 2, 2: 1, 1152: 4}


class Made:
    """Fields of some conversations, and what is in them."""

    def __init__(self, rng, lengths):
        self.rng, self.lengths = rng, lengths

    def ids(self):
        return {v: [f"{v}_F{s:03d}" for s in range(n)] for v, n in self.lengths.items()}

    def numbers(self):
        return {v: list(range(2, n + 2)) for v, n in self.lengths.items()}

    def letters(self):
        return {v: ["FM"[s % 2] if n != 2 else "F" for s in range(n)] for v, n in self.lengths.items()}

    def codes(self, width=9):
        return {v: [[int(k == s % 4) for k in range(width)] for s in range(n)] for v, n in self.lengths.items()}

    def classes(self, count, first=0):
        return {
            v: [(first + v_number + s) % count for s in range(n)]
            for v_number, (v, n) in enumerate(self.lengths.items())
        }

    def vectors(self, width, as_lists=True):
        made = {v: self.rng.standard_normal((n, width)).astype("f4") for v, n in self.lengths.items()}
        return {v: list(x) for v, x in made.items()} if as_lists else made

    def sentences(self):
        return {v: [f"sentence {s}" for s in range(n)] for v, n in self.lengths.items()}

    @property
    def lists(self):
        names = list(self.lengths)
        return names[:-1], names[-1:]


@pytest.fixture
def store(tmp_path):
    def store(fields, name="IEMOCAP_features.pkl", protocol=2):
        (tmp_path / name).write_bytes(pickle.dumps(fields, protocol))
        return str(tmp_path / name)

    return store


@pytest.fixture
def iemocap(rng):
    return Made(rng, IEMOCAP)


@pytest.fixture
def meld(rng):
    return Made(rng, MELD)


def features_of(data, name):
    return {modality: x.tolist() for modality, x in data.find(name).features.items()}


def test_iemocap_of_dialoguernn(iemocap, store):
    text, audio, video = iemocap.vectors(100), iemocap.vectors(1582, as_lists=False), iemocap.vectors(342)
    labels, (train, test) = iemocap.classes(6), iemocap.lists
    fields = (iemocap.ids(), iemocap.letters(), labels, text, audio, video, iemocap.sentences(), set(train), set(test))
    data = open_data(store(fields))
    assert data.widths == {"audio": 1582, "text": 100, "video": 342}
    assert data.task == Task("emotion", IEMOCAP_EMOTIONS)
    assert data.utterances.splits == ("train", "train", "test")
    assert data.utterances.lengths.tolist() == list(IEMOCAP.values())
    assert data.findings.problems == []
    assert "IEMOCAP" in data.licence
    last = data.find("Ses05F_impro01")
    assert last.labels.tolist() == labels["Ses05F_impro01"]
    assert last.speakers == ("F", "M", "F", "M")
    assert last.words[2] == "sentence 2"
    np.testing.assert_array_equal(last.features["text"], np.array(text["Ses05F_impro01"]))
    np.testing.assert_array_equal(last.features["audio"], audio["Ses05F_impro01"])
    four = (iemocap.ids(), iemocap.letters(), iemocap.classes(4), *fields[3:])
    assert open_data(store(four)).task.classes == IEMOCAP_EMOTIONS[:4]


def test_meld_of_mmgcn_by_emotion_or_sentiment(meld, store):
    emotions, sentiments = meld.classes(7), meld.classes(3, 1)
    fields = [
        meld.numbers(), meld.codes(), emotions, meld.vectors(6), meld.vectors(3), meld.vectors(4), meld.sentences(), *meld.lists, sentiments
    ]  # fmt: skip
    path = store(fields, "MELD_features_raw1.pkl", 4)
    data = open_data(path)
    assert data.task == Task("emotion", ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"))
    assert data.utterances.ids == ("0", "1", "2", "1152")
    assert data.find("1152").labels.tolist() == emotions[1152]
    assert data.find("1152").speakers == ("speaker 0", "speaker 1", "speaker 2", "speaker 3")
    assert data.find("1152").split == "test"
    assert features_of(data, "1")["video"] == np.array(fields[5][1]).tolist()
    assert [row.reason for row in data.findings.unused] == ["the field 'field 9' is not used: numbers"]
    assert str(data.choices[0]) == "labels=emotion (or sentiment)"
    other = open_data(path, FileReading(choices={"labels": "sentiment"}))
    assert other.task == Task("sentiment", ("neutral", "positive", "negative"))
    assert other.find("1152").labels.tolist() == sentiments[1152]


def orders(made, emotions, sentiments):
    """Orders of fields in public code, with the places of ids, text, audio and video in them."""
    ids, speakers, train, test = made.ids(), made.codes(), *made.lists
    text, audio, video, words = [made.vectors(8) for _ in range(4)], made.vectors(5), made.vectors(3), made.sentences()
    return {
        "MELD of DialogueRNN, without video": ([made.numbers(), speakers, emotions, text[0], audio, words, train, test, sentiments], (3, 4, None)),
        "MELD without text ids": ([ids, speakers, text[0], audio, words, train, test, emotions], (2, 3, None)),
        "four layers of RoBERTa": ([ids, speakers, emotions, *text, audio, video, words, train, test], (3, 7, 8)),
        "four layers, both labels early": ([ids, speakers, emotions, sentiments, *text, audio, video, words, train, test, None], (4, 8, 9)),
        "another text at the end": ([ids, speakers, emotions, text[0], audio, video, words, train, test, sentiments, text[1]], (3, 4, 5)),
        "causes of RECCON": ([ids, speakers, emotions, {v: [[]] * n for v, n in made.lengths.items()}, text[0], audio, video, words, train, test], (4, 5, 6)),
        "no sentences": ([ids, speakers, emotions, text[0], audio, train, test], (3, 4, None)),
    }  # fmt: skip


ORDERS = list(orders(Made(np.random.default_rng(0), {0: 2}), {}, {}))


@pytest.mark.parametrize("order", ORDERS)
def test_orders_of_fields(meld, store, order):
    emotions = meld.classes(7)
    fields, places = orders(meld, emotions, meld.classes(3))[order]
    data = open_data(store(fields, "MELD.pkl"))
    assert data.task.name == "emotion"
    assert data.find("0").labels.tolist() == emotions[0]
    assert data.find("0").speakers == ("speaker 0", "speaker 1", "speaker 2")
    wanted = {
        m: np.array(fields[p][0]) for m, p in zip(("text", "audio", "video"), places, strict=True) if p is not None
    }
    assert features_of(data, "0") == {m: wanted[m].tolist() for m in ("audio", "text", "video") if m in wanted}


def test_text_alone_is_refused_with_the_way_out_and_fields_can_be_chosen(meld, store):
    text = [meld.vectors(8) for _ in range(4)]
    train, test = meld.lists
    fields = [meld.codes(), meld.classes(7), meld.classes(3), *text, meld.sentences(), train, test, []]
    path = store(fields, "meld_features_roberta.pkl")
    with pytest.raises(CompVizError, match=r"only features of text in it \(field 3: 8-d.*two modalities are needed"):
        open_data(path)
    data = open_data(path, FileReading(choices={"audio": "field 5", "text": "field 4"}))
    assert features_of(data, "1") == {"audio": np.array(text[2][1]).tolist(), "text": np.array(text[1][1]).tolist()}


def test_three_lists_of_splits_are_in_the_order_of_their_family(meld, store):
    names = list(MELD)
    lists = [names[:2], names[2:3], names[3:]]
    own = [meld.classes(7), meld.vectors(4), meld.vectors(3), meld.sentences(), *lists]
    with_ids = open_data(store([meld.ids(), meld.codes(), *own]))
    assert with_ids.utterances.splits == ("train", "train", "validation", "test")
    path = store([meld.codes(), *own])
    assert open_data(path).utterances.splits == ("train", "train", "test", "validation")
    chosen = open_data(path, FileReading(choices={"splits": "train, validation, test"}))
    assert chosen.utterances.splits == ("train", "train", "validation", "test")


def test_frames_of_an_utterance_are_averaged_and_infinite_ones_repaired_by_choice(iemocap, store):
    audio = {v: [iemocap.rng.standard_normal((3, 2)) for _ in range(n)] for v, n in IEMOCAP.items()}
    audio["Ses05F_impro01"][0][1, 0] = -np.inf
    fields = [
        iemocap.ids(),
        iemocap.letters(),
        iemocap.classes(6),
        iemocap.vectors(4),
        audio,
        iemocap.sentences(),
        *iemocap.lists,
    ]
    path = store(fields)
    data = open_data(path)
    assert data.sources["audio"] == "field 4 of the file, 2-d, mean over its steps"
    np.testing.assert_allclose(
        data.find("Ses02M_script01").features["audio"][0], audio["Ses02M_script01"][0].mean(0), rtol=1e-5
    )
    assert not data.find("Ses05F_impro01").observed[0, 0]
    repaired = open_data(path, FileReading(choices={"infinite": "zero"}))
    last = repaired.find("Ses05F_impro01")
    assert last.observed[0, 0]
    np.testing.assert_allclose(last.features["audio"][0], [0, audio["Ses05F_impro01"][0][:, 1].mean()], rtol=1e-5)


def test_what_does_not_fit_is_said(iemocap, store):
    text, audio, (train, test) = iemocap.vectors(4), iemocap.vectors(3), iemocap.lists
    audio["Ses01F_impro01"] = audio["Ses01F_impro01"][:2]
    del text["Ses02M_script01"]
    fields = [
        iemocap.ids(),
        iemocap.letters(),
        iemocap.classes(6),
        text,
        audio,
        iemocap.sentences(),
        train[:1],
        [*test, "x"],
    ]
    data = open_data(store(fields))
    assert [(p.conversation, p.reason) for p in data.findings.problems] == [
        ("x", "is listed in test but has no labels, left out"),
        ("Ses02M_script01", "is listed in no split"),
        ("Ses02M_script01", "field 3 (text) has nothing for 2 utterances, taken as unknown"),
        ("Ses01F_impro01", "field 4 (audio) has 2 values for 3 utterances, taken as unknown"),
    ]
    assert data.find("Ses02M_script01").observed.tolist() == [[True, False]] * 2
    fields[6] = test
    with pytest.raises(CompVizError, match=r"'Ses05F_impro01' is listed both in train and in test"):
        open_data(store(fields))
    fields[3]["Ses01F_impro01"] = ["so"] * 3
    with pytest.raises(CompVizError, match=r"field 3 holds texts in conversation 'Ses01F_impro01' and vectors in"):
        open_data(store(fields))
