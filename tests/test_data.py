"""Data sets: the real files, files the tests write, statistics, batches and the lab."""

import contextlib
import re
import zipfile
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from comp_viz.data.batch import CLIP_DEVIATIONS, Batch, Standardiser
from comp_viz.data.conversation import Conversation, Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.header import Header
from comp_viz.data.npz import load_arrays, peek_npz, read_npz
from comp_viz.data.reading import FileReading
from comp_viz.data.source import data_files, open_data, peek_data
from comp_viz.errors import CompVizError

# Real files


@pytest.fixture(scope="module")
def hazumi(real_data):
    return read_npz(real_data / "hazumi_online.npz")


def test_hazumi_is_what_its_readme_says(hazumi):
    assert hazumi.name == "Hazumi"
    assert hazumi.modalities == ("audio", "text", "video")
    assert hazumi.dims == (384, 768, 66)
    assert len(hazumi.conversations) == 125
    assert sum(map(len, hazumi.conversations)) == 10_361
    assert max(map(len, hazumi.conversations)) == 123
    assert Counter(c.split for c in hazumi.conversations) == {"train": 75, "validation": 12, "test": 38}
    labels = np.concatenate([c.labels for c in hazumi.conversations])
    assert (hazumi.task.low, hazumi.task.high, hazumi.task.neutral) == (1, 7, 5)
    assert labels.min() >= 1
    assert labels.max() <= 7
    test = np.concatenate([c.labels for c in hazumi.split("test")])
    assert (test != 5).sum() == 3_033


def test_hazumi_text_is_missing_where_nothing_was_said(hazumi):
    empty = np.concatenate([[not word for word in c.words] for c in hazumi.conversations])
    missing = np.concatenate([~c.observed[:, 1] for c in hazumi.conversations])
    assert missing.sum() == 1_104
    assert missing[empty].all()
    reasons = {reason: n for (_, u, reason), n in hazumi.findings.counts().items() if u == "text"}
    assert reasons == {"all features are zero": 1_097, "empty transcript": 7}  # the file's own disagreement
    for conversation in hazumi.conversations[:10]:
        for u, x in enumerate(conversation.features.values()):
            assert (x[~conversation.observed[:, u]] == 0).all()
            assert x[conversation.observed[:, u]].any(1).all()


def test_hazumi_rows_are_those_of_the_file(hazumi, real_data):
    with np.load(real_data / "hazumi_online.npz") as archive:
        video, lengths, ids = archive["video"], archive["lengths"], archive["video_ids"]
        words = archive["transcripts"]
    for v in (0, 60, 124):
        conversation = hazumi.find(str(ids[v]))
        assert len(conversation) == lengths[v]
        np.testing.assert_array_equal(conversation.features["video"], video[v, : lengths[v]])
        assert conversation.words == tuple(words[v, : lengths[v]])


def test_mosi_is_what_its_readme_says(real_data):
    mosi = read_npz(real_data / "mosi.npz")
    assert mosi.name == "CMU-MOSI"
    assert len(mosi.conversations) == 93
    assert sum(map(len, mosi.conversations)) == 2_199
    assert max(map(len, mosi.conversations)) == 63
    assert len(mosi.split("test")) == 31
    assert mosi.dims == (73, 512, 100)
    assert (mosi.task.low, mosi.task.high, mosi.task.neutral) == (-3, 3, 0)


def test_peek_agrees_with_reading_the_real_file(hazumi, real_data):
    widths = dict(zip(hazumi.modalities, hazumi.dims, strict=True))
    assert peek_npz(real_data / "hazumi_online.npz") == Header(widths, classes=False)


def test_real_files_are_found_by_name(real_data):
    assert "hazumi_online.npz" in data_files()


# Files written here


def arrays(rng, V=4, S=6, **changes):
    """The arrays of a small valid data file; None leaves one out."""
    lengths = rng.integers(2, S + 1, V)
    lengths[0] = S
    valid = np.arange(S) < lengths[:, None]
    made = {
        "audio": rng.standard_normal((V, S, 5)).astype(np.float32) * valid[..., None],
        "text": rng.standard_normal((V, S, 6)).astype(np.float16) * valid[..., None],
        "video": rng.standard_normal((V, S, 4)) * valid[..., None],
        "labels": np.where(valid, rng.uniform(-3, 3, (V, S)), np.nan).astype(np.float32),
        "lengths": lengths,
    }
    return {key: value for key, value in (made | changes).items() if value is not None}


@pytest.fixture
def store(rng, tmp_path):
    """Write a data file with some arrays changed, and give its path."""

    def write(**changes):
        np.savez_compressed(tmp_path / "made.npz", **arrays(rng, **changes))
        return tmp_path / "made.npz"

    return write


def refusal(path):
    with pytest.raises(CompVizError) as caught:
        read_npz(path)
    assert path.name in str(caught.value) or "onversation" in str(caught.value)
    return str(caught.value)


def test_the_least_a_file_must_have(store):
    data = read_npz(store())
    assert data.name == "made"
    assert data.modalities == ("audio", "text", "video")
    assert data.dims == (5, 6, 4)
    assert [c.id for c in data.conversations] == ["0000", "0001", "0002", "0003"]
    assert {c.split for c in data.conversations} == {""}
    for c in data.conversations:
        assert c.observed.all()
        assert {x.dtype for x in c.features.values()} == {np.dtype(np.float32)}
        assert c.words == c.context == c.speakers == ("",) * len(c)
        assert np.isnan(c.durations).all()
    with pytest.raises(CompVizError, match="no 'train' split"):
        data.split("train")


def test_everything_a_file_may_have(store, rng):
    words = np.array([[f"w{v}{s}" for s in range(6)] for v in range(4)])
    path = store(
        video_ids=np.array(["a", "b", "c", "d"]),
        split=np.array([0, 1, 2, 0], np.int8),
        transcripts=words,
        system_transcripts=np.char.add(words, "?"),
        speakers=np.ones((4, 6), int),
        duration=np.full((4, 6), 2.5),
    )
    data = read_npz(path)
    assert [c.split for c in data.conversations] == ["train", "validation", "test", "train"]
    first = data.find("a")
    assert first.words == tuple(words[0])
    assert first.context[1] == "w01?"
    assert first.speakers == ("1",) * 6
    assert (first.durations == 2.5).all()


def test_two_modalities_are_enough_and_zero_rows_are_missing(store, rng):
    text = rng.standard_normal((4, 6, 6))
    text[0, 2] = 0
    data = read_npz(store(audio=None, text=text))
    assert data.modalities == ("text", "video")
    assert data.conversations[0].observed[:, 0].tolist() == [True, True, False, True, True, True]


def test_digest_is_that_of_the_bytes(store):
    first = read_npz(store()).digest
    assert len(first) == 64
    assert read_npz(store()).digest != first  # other random numbers


def test_integer_labels_are_classes(store, rng):
    data = read_npz(store(labels=rng.integers(0, 3, (4, 6))))
    assert data.task.classes == ("class 0", "class 1", "class 2")


def test_integer_labels_padded_with_minus_one_are_classes(rng, tmp_path):
    made = arrays(rng)
    labels = np.where(np.isnan(made["labels"]), -1, 1)
    labels[0, :3] = [0, 2, 1]
    np.savez(tmp_path / "made.npz", **made | {"labels": labels})
    data = read_npz(tmp_path / "made.npz")
    assert len(data.task.classes) == 3
    assert min(c.labels.min() for c in data.conversations) == 0


@pytest.mark.parametrize("bad", [-1, 1_000_000])
def test_class_labels_within_a_conversation_that_cannot_be_are_refused(store, bad):
    labels = np.ones((4, 6), int)
    labels[0, :2] = 0, bad
    assert "labels" in refusal(store(labels=labels))


WRONG = {
    "one modality only": ({"audio": None, "text": None}, "at least two"),
    "no modality": ({"audio": None, "text": None, "video": None}, "at least two"),
    "no labels": ({"labels": None}, "'labels' is missing"),
    "no lengths": ({"lengths": None}, "'lengths' is missing"),
    "flat labels": ({"labels": np.zeros(4)}, "labels"),
    "flat features": ({"audio": np.zeros((4, 6))}, "audio has shape [4, 6]"),
    "fewer conversations": ({"text": np.ones((3, 6, 2))}, "text has shape [3, 6, 2], expected [4, 6]"),
    "fewer utterances": ({"text": np.ones((4, 5, 2))}, "text has shape [4, 5, 2], expected [4, 6]"),
    "no width": ({"text": np.ones((4, 6, 0))}, "text"),
    "lengths of another number": ({"lengths": np.ones(3, int)}, "lengths has shape [3], expected [4]"),
    "length zero": ({"lengths": np.array([6, 0, 2, 2])}, "lengths run from 0 to 6, expected whole numbers from 1 to 6"),
    "length too long": ({"lengths": np.array([6, 7, 2, 2])}, "lengths run from 2 to 7, expected whole"),
    "length negative": ({"lengths": np.array([6, -1, 2, 2])}, "lengths run from -1"),
    "length unknown": ({"lengths": np.array([6, np.nan, 2, 2])}, "lengths run from nan to nan, expected whole"),
    "length of parts": ({"lengths": np.array([6, 1.5, 2, 2])}, "lengths run from 1.5 to 6, expected whole"),
    "lengths in words": ({"lengths": np.array(["a", "b", "c", "d"])}, "lengths"),
    "labels in words": ({"labels": np.full((4, 6), "happy")}, "labels"),
    "features in words": ({"audio": np.full((4, 6, 2), "loud")}, "audio"),
    "labels infinite": ({"labels": np.full((4, 6), np.inf)}, "labels"),
    "ids of another number": ({"video_ids": np.array(["a"])}, "video_ids"),
    "ids twice": ({"video_ids": np.array(["a", "b", "a", "c"])}, "ids repeat"),
    "words of another shape": ({"transcripts": np.full((4, 5), "a")}, "transcripts"),
    "split of another number": ({"split": np.zeros(3, int)}, "split"),
    "split that does not exist": ({"split": np.array([0, 1, 2, 3])}, "split"),
    "split below zero": ({"split": np.array([0, 1, 2, -1])}, "split"),
    "no conversations": (
        {"V": 0, "audio": np.ones((0, 6, 2)), "text": np.ones((0, 6, 2)), "video": None,
         "labels": np.ones((0, 6)), "lengths": np.ones(0, int)}, "conversations"
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("changes", "expected"), WRONG.values(), ids=WRONG)
def test_a_file_that_cannot_be_is_refused_in_words(store, changes, expected):
    changes = dict(changes)
    if changes.pop("V", 4) == 0:
        np.savez(path := store(), **{k: v for k, v in changes.items() if v is not None})
    else:
        path = store(**changes)
    assert expected in refusal(path)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200])
def test_features_that_are_not_finite_are_kept_as_missing_and_named(store, rng, bad):
    video = rng.standard_normal((4, 6, 4))
    video[0, 3, 1] = bad
    data = read_npz(store(video=video))
    assert not data.conversations[0].observed[3, 2]
    assert not data.conversations[0].features["video"][3].any()
    (problem,) = data.findings.problems
    assert (problem.conversation, problem.utterance, problem.modality) == ("0000", 4, "video")
    assert "NaN or infinite" in str(problem)


def test_features_that_are_not_finite_are_set_to_0_where_that_is_chosen(store, rng):
    video = rng.standard_normal((4, 6, 4))
    video[..., 1] = -np.inf
    with pytest.raises(
        CompVizError,
        match=r"nothing is left of video.*--choose infinite=zero sets NaN and infinite values to 0, as MMSA",
    ):
        read_npz(path := store(video=video))
    first = read_npz(path, FileReading(choices={"infinite": "zero"})).conversations[0]
    np.testing.assert_array_equal(first.features["video"], np.float32(np.where(np.isinf(video[0]), 0, video[0])))
    with pytest.raises(CompVizError, match="choice infinite: expected one of missing, zero, got 'nought'"):
        read_npz(path, FileReading(choices={"infinite": "nought"}))


def test_the_keys_of_other_projects_are_read_and_what_is_not_used_is_listed(rng, tmp_path):
    made = arrays(rng, speakers=np.full((4, 6), "A"))
    other = {
        "vision": made["video"],
        "raw_text": np.full((4, 6), "words"),
        "id": np.array(list("abcd")),
        "Split": np.array(["train", "valid", "TEST", "dev"]),
    }
    del made["video"]
    np.savez(tmp_path / "made.npz", **made, **other, audio_lengths=np.ones(4), mood=np.ones(4))
    data = read_npz(tmp_path / "made.npz")
    assert data.widths == {"audio": 5, "text": 6, "video": 4}
    np.testing.assert_array_equal(data.conversations[0].features["video"], np.float32(other["vision"][0]))
    assert data.utterances.ids == ("a", "b", "c", "d")
    assert data.utterances.splits == ("train", "validation", "test", "validation")
    assert data.conversations[0].words == ("words",) * 6
    assert [row.reason for row in data.findings.unused] == [
        "the array 'audio_lengths' is not used; the nearest name that would be is 'lengths'",
        "the array 'mood' is not used",
    ]
    assumed = [row.reason for row in data.findings.rows if row.kind == "assumed"]
    assert "the array 'vision' is read as 'video'" in assumed
    assert len(assumed) == len(other)
    assert peek_data(tmp_path / "made.npz") == Header(data.widths, classes=False)
    np.savez(tmp_path / "made.npz", **made, video=other["vision"], vision=other["vision"])
    assert [row.reason for row in read_npz(tmp_path / "made.npz").findings.unused] == [
        "the array 'vision' is not used; the nearest name that would be is 'video'"
    ]


def test_features_beyond_the_length_do_not_matter(rng, tmp_path):
    made = arrays(rng)
    made["lengths"][:] = 4
    made["video"][:, 4:] = np.nan
    np.savez(tmp_path / "made.npz", **made)
    assert max(map(len, read_npz(tmp_path / "made.npz").conversations)) == 4


def test_objects_are_refused(store):
    words = np.array([[None] * 6] * 4, dtype=object)
    assert "no zip archive of plain arrays; it may hold objects" in refusal(store(transcripts=words))


def test_nobody_is_advised_to_load_a_file_unsafely(tmp_path):
    for content in (b"words", b"\x80\x04K\x01."):
        (tmp_path / "made.npz").write_bytes(content)
        message = refusal(tmp_path / "made.npz")
        assert "no zip archive of plain arrays" in message
        assert not re.search("unsafely|allow_pickle|trust", message)


@pytest.mark.parametrize(("low", "expected"), [(0, ["no label is below neutral 0"]), (-3, [])])
def test_scores_on_one_side_of_0_are_a_problem_in_a_file_nobody_knows(rng, tmp_path, low, expected):
    made = arrays(rng)
    made["lengths"][:] = 5
    made["audio"] = rng.standard_normal((4, 6, 5))
    made["labels"] = np.linspace(low, 3, 24, dtype=np.float32).reshape(4, 6)
    made["labels"][:, 5] = -100  # padding, which says nothing
    for name in ("made.npz", "mosi.npz"):
        np.savez(tmp_path / name, **made)
    data = read_npz(tmp_path / "made.npz")
    assert (data.task.low, data.task.high) == (-3, 3)
    assert [problem.reason.split(",")[0] for problem in data.findings.problems] == expected
    assert not read_npz(tmp_path / "mosi.npz").findings.problems


def test_an_absent_file_says_what_to_do(tmp_path):
    with pytest.raises(CompVizError, match="COMP_VIZ_DATA"):
        read_npz(tmp_path / "nothing.npz")
    with pytest.raises(CompVizError, match=r"nothing\.npz"):
        open_data("nothing.npz")


def test_files_of_another_kind_are_refused(tmp_path):
    path = tmp_path / "made.npz"
    for content in (b"", b"words", b"PK\x03\x04", b"\x80\x04K\x01."):
        path.write_bytes(content)
        refusal(path)
    with path.open("wb") as file:
        np.save(file, np.ones(3))  # an .npy in disguise
    refusal(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("audio", "text", "labels", "lengths"):
            archive.writestr(name, "not an array")
    refusal(path)
    with pytest.raises(CompVizError):
        read_npz(tmp_path)


def test_files_cut_or_scratched_anywhere_are_refused_or_read(store):
    path = store()
    content = path.read_bytes()
    for place in np.linspace(0, len(content) - 1, 60).astype(int):
        for damaged in (content[:place], content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]):
            path.write_bytes(damaged)
            with contextlib.suppress(CompVizError):
                assert len(read_npz(path).conversations) == 4
            assert peek_npz(path) is None or isinstance(peek_npz(path), Header)


def test_peek_agrees_with_reading(store):
    for changes in ({}, {"audio": None}, {"video": None}):
        data = read_npz(store(**changes))
        widths = dict(zip(data.modalities, data.dims, strict=True))
        assert peek_npz(store(**changes)) == Header(widths, bool(data.task.classes))


def test_peek_gives_nothing_for_what_is_no_data_set(tmp_path):
    (tmp_path / "made.npz").write_bytes(b"words")
    assert peek_npz(tmp_path / "made.npz") is None
    assert peek_npz(tmp_path / "nothing.npz") is None
    np.savez(tmp_path / "made.npz", other=np.ones(3))
    assert peek_npz(tmp_path / "made.npz") is None
    np.savez(tmp_path / "made.npz", audio=np.float32(3), text=np.ones((1, 1, 1)))
    assert peek_npz(tmp_path / "made.npz") is None


def test_data_files_and_open_data_follow_the_data_root(store, monkeypatch):
    path = store()
    monkeypatch.setenv("COMP_VIZ_DATA", str(path.parent))
    assert data_files() == ["made.npz"]
    assert open_data("made.npz").digest == open_data(str(path)).digest
    assert open_data("lab").name == "lab"


def test_load_arrays_reads_plain_arrays(store):
    names, arrays = load_arrays(store())
    assert set(names) == set(arrays) == {"audio", "text", "video", "labels", "lengths"}


# Conversations


def conversation(rng, S=5, dims=(3, 2), **changes):
    observed = np.ones((S, len(dims)), bool)
    features = {f"m{u}": rng.standard_normal((S, width)).astype(np.float32) for u, width in enumerate(dims)}
    fields = {
        "id": "one", "features": features, "observed": observed, "labels": np.zeros(S, np.float32),
        "words": ("",) * S, "context": ("",) * S, "speakers": ("",) * S, "durations": np.ones(S, np.float32),
    }  # fmt: skip
    return Conversation(**(fields | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": np.zeros(4, np.float32)},
        {"words": ("",)},
        {"context": ()},
        {"speakers": ("a",) * 6},
        {"durations": np.ones(1, np.float32)},
        {"observed": np.ones((5, 3), bool)},
        {"features": {"m0": np.ones((5, 3), np.float32), "m1": np.ones((4, 2), np.float32)}},
        {"features": {"m0": np.ones((5, 3), np.float32), "m1": np.ones(5, np.float32)}},
    ],
)
def test_a_conversation_whose_parts_differ_in_length_is_refused(rng, changes):
    with pytest.raises(CompVizError, match="'one'"):
        conversation(rng, **changes)


def test_empty_conversations_and_data_sets_are_refused(rng):
    with pytest.raises(CompVizError, match="no utterances"):
        conversation(rng, S=0)
    with pytest.raises(CompVizError, match="no conversations"):
        DataSet("none", Task("x"), (), {}, "", "")


def test_a_data_set_of_mixed_modalities_or_widths_is_refused(rng):
    wider = conversation(rng, dims=(3, 4), id="two")
    fewer = conversation(rng, dims=(3,), id="two")
    for other in (wider, fewer):
        with pytest.raises(CompVizError, match="'two'"):
            DataSet("mixed", Task("x"), (conversation(rng), other), {}, "", "")


# Statistics and batches


def test_standardised_training_features_have_mean_0_and_deviation_1(rng):
    scales = np.float32([1, 100, 1e-3])
    several = [conversation(rng, S=40, id=str(i)) for i in range(10)]
    several = [
        replace(c, features={"m0": c.features["m0"] * scales + 7 * scales, "m1": c.features["m1"]}) for c in several
    ]
    standardise = Standardiser.fit(several)
    z = np.concatenate([standardise("m0", c.features["m0"]) for c in several])
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(z.std(0), 1, atol=1e-3)


def test_statistics_are_of_observed_rows_only(rng):
    c = conversation(rng, S=6)
    observed = c.observed.copy()
    observed[3:, 0] = False
    loud = {"m0": np.concatenate([c.features["m0"][:3], np.full((3, 3), 1e4, np.float32)]), "m1": c.features["m1"]}
    standardise = Standardiser.fit([replace(c, observed=observed, features=loud)])
    np.testing.assert_allclose(standardise.mean["m0"], c.features["m0"][:3].mean(0), rtol=1e-4)


def test_tails_are_clipped(rng):
    standardise = Standardiser.fit([conversation(rng, S=50)])
    assert np.abs(standardise("m0", np.float32([[1e9, -1e9, 0]]))).max() == CLIP_DEVIATIONS
    assert replace(standardise, clip=2.0)("m0", np.float32([[1e9, -1e9, 0]]))[0].tolist()[:2] == [2, -2]


def test_a_feature_that_never_varies_becomes_zero(rng):
    c = conversation(rng)
    constant = {"m0": np.full((5, 3), 123.456, np.float32), "m1": c.features["m1"]}
    standardise = Standardiser.fit([replace(c, features=constant)])
    np.testing.assert_allclose(standardise("m0", constant["m0"]), 0, atol=1e-4)
    assert (standardise.std["m0"] == 1).all()


def test_a_modality_that_is_never_observed_is_left_alone(rng):
    observed = np.ones((5, 2), bool)
    observed[:, 1] = False
    standardise = Standardiser.fit([conversation(rng, observed=observed)])
    assert (standardise.mean["m1"] == 0).all()
    assert (standardise.std["m1"] == 1).all()


def test_identity_changes_nothing(rng):
    x = rng.standard_normal((4, 3)).astype(np.float32) * 1e6
    np.testing.assert_array_equal(Standardiser.identity({"m0": 3})("m0", x), x)


def test_a_batch_pads_and_zeroes(rng):
    observed = np.ones((3, 2), bool)
    observed[1, 0] = False
    several = [conversation(rng, S=5), conversation(rng, S=3, observed=observed, labels=np.float32([1, np.nan, 3]))]
    standardise = Standardiser.fit(several)
    batch = Batch.of(several, standardise)
    assert len(batch) == 2
    assert batch.features["m0"].shape == (2, 5, 3)
    assert batch.valid.tolist() == [[True] * 5, [True] * 3 + [False] * 2]
    assert batch.observed[1, :, 0].tolist() == [True, False, True, False, False]
    assert (batch.features["m0"][1, [1, 3, 4]] == 0).all()
    np.testing.assert_array_equal(batch.features["m1"][0], standardise("m1", several[0].features["m1"]))
    assert batch.labels[1].isnan().tolist() == [False, True, False, True, True]


def test_pick_trims_to_the_longest_of_the_picked(rng):
    several = [conversation(rng, S=S) for S in (5, 2, 3)]
    batch = Batch.of(several, Standardiser.fit(several))
    picked = batch.pick(torch.tensor([2, 1]))
    assert picked.valid.tolist() == [[True] * 3, [True, True, False]]
    assert picked.features["m0"].shape == (2, 3, 3)
    assert picked.observed.shape == (2, 3, 2)
    assert torch.equal(picked.features["m1"][0], batch.features["m1"][2, :3])


def test_showing_puts_a_pattern_on_in_order_and_gives_nothing_back(rng):
    observed = np.ones((2, 2), bool)
    observed[0, 1] = False
    several = [conversation(rng, S=2, observed=observed), conversation(rng, S=3)]
    batch = Batch.of(several, Standardiser.fit(several))
    pattern = np.array([[1, 1], [0, 1], [1, 0], [0, 1], [1, 1]], bool)
    shown = batch.showing(pattern)
    assert shown.observed.int().tolist() == [[[1, 0], [0, 1], [0, 0]], [[1, 0], [0, 1], [1, 1]]]
    assert shown.features is batch.features
    assert batch.observed[0].int().tolist() == [[1, 0], [1, 1], [0, 0]]


def test_a_header_that_is_no_python_is_refused_like_any_damage(tmp_path):
    header = b"{'descr': '<f4', ('''"
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with zipfile.ZipFile(tmp_path / "made.npz", "w") as archive:
        for name in ("audio", "text", "labels", "lengths"):
            archive.writestr(f"{name}.npy", array)
    assert peek_npz(tmp_path / "made.npz") is None
    with pytest.raises(CompVizError, match="cannot be read"):
        read_npz(tmp_path / "made.npz")
