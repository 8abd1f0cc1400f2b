"""Whole clips: what was said, what is missing and why, against what is known of them; each is analysed once for all tests."""

import csv
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from browsing import ROOT
from clip_files import make_clip, tone
from needs import need
from threadpoolctl import threadpool_limits

from comp_viz.analysis.clips.batch import clip_rows
from comp_viz.background_job import Cancelled
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.clips import faces, whisper
from comp_viz.clips.analyse import analyse, envelope
from comp_viz.clips.clip import Clip
from comp_viz.clips.degradation import KINDS, Degradation
from comp_viz.clips.degrade import degrade, pictures_of, sound_of
from comp_viz.clips.extractors.registry import EXTRACTORS, feature_names
from comp_viz.clips.progress import STAGES, Progress
from comp_viz.clips.settings import Settings, Thresholds, settings_for
from comp_viz.data.conversation import Task
from comp_viz.errors import CompVizError
from comp_viz.resources import shipped

need(whisper.whisper_missing() or faces.faces_missing())
NUMBERS = dict(
    zip("0123456789", ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], strict=True)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Iterator[Path]:
    yield tmp_path_factory.mktemp("clips")
    faces.close()


@pytest.fixture(scope="module")
def analysed(clips_folder, folder) -> dict[str, Clip]:
    return {
        path.name: analyse(path, folder) for path in sorted(clips_folder.iterdir()) if path.suffix in (".mp4", ".mpg")
    }


@pytest.fixture(scope="module")
def index(clips_folder) -> list[dict[str, str]]:
    with (clips_folder / "index.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def speaking(analysed) -> Clip:
    """A clip with all three modalities and several utterances."""
    return analysed["retalking_1.mp4"]


def tokens(text: str) -> list[str]:
    """Words for counting errors: small letters, digits spelt out and apart from letters, no punctuation."""
    text = re.sub(r"\d", lambda digit: f" {NUMBERS[digit[0]]} ", text.lower())
    return re.sub(r"[^a-z' ]", " ", text).split()


def word_errors(said: list[str], heard: list[str]) -> int:
    """Least words to replace, add and take away."""
    row = np.arange(len(heard) + 1)
    for word in said:
        diagonal = row[:-1] + np.array([word != other for other in heard], int)
        new = np.concatenate([[row[0] + 1], np.minimum(diagonal, row[1:] + 1)])
        for j in range(1, len(new)):
            new[j] = min(new[j], new[j - 1] + 1)
        row = new
    return int(row[-1])


def test_counting_word_errors():
    assert word_errors(["a", "b", "c"], ["a", "b", "c"]) == 0
    assert word_errors(["a", "b", "c"], ["a", "x", "c", "d"]) == 2
    assert word_errors(["a", "b", "c"], []) == 3
    assert tokens("F2 now. It's") == ["f", "two", "now", "it's"]


def test_words_where_they_are_known(analysed, index):
    errors, lengths = {}, {}
    for row in index:
        if said := tokens(row["words"]):
            heard = tokens(" ".join(analysed[row["file"]].conversation.words))
            errors[row["file"]], lengths[row["file"]] = word_errors(said, heard), len(said)
    assert len(errors) == 4
    command = "grid_bbaf2n.mpg"  # letters and digits without sense: 3 of its 6 words go wrong
    natural = errors.keys() - {command}
    assert sum(errors[name] for name in natural) / sum(lengths[name] for name in natural) < 0.06, errors
    assert sum(errors.values()) / sum(lengths.values()) < 0.15, errors


def test_missing_modalities_are_those_of_the_index(analysed, index):
    for row in index:
        clip = analysed[row["file"]]
        observed = {m: [not reason for reason in clip.reasons[m]] for m in clip.reasons}
        assert all(observed["video"]), row["file"]  # each of these clips shows a face throughout
        gone = {m for m in ("audio", "text") if f"{m} and text must" in row["note"] or f"{m} must" in row["note"]}
        for m in gone:
            assert not any(observed[m]), (row["file"], clip.reasons[m])
        if not gone:
            assert any(observed["text"]), row["file"]
        if row["file"] == "face_without_speech.mp4":  # a rustle in an eighth of its time is no voice
            assert all("no voice" in reason for reason in clip.reasons["audio"])
        elif "audio" not in gone:
            assert all(observed["audio"]), row["file"]


def test_reasons_say_what_is_missing(analysed):
    assert set(analysed["no_audio_stream.mp4"].reasons["audio"]) == {"no audio stream"}
    assert all("silence" in reason for reason in analysed["digital_silence.mp4"].reasons["audio"])
    assert set(analysed["digital_silence.mp4"].reasons["text"]) == {"no speech"}
    text = analysed["face_without_speech.mp4"].reasons["text"]
    assert all("no speech" in reason or "confidence" in reason for reason in text)


def test_a_clip_is_a_conversation(analysed):
    for clip in analysed.values():
        conversation = clip.conversation
        assert conversation.widths == {"audio": 600, "text": 384, "video": 110}
        for column, (modality, x) in enumerate(conversation.features.items()):
            assert len(feature_names(dict(clip.settings.extractors)[modality])) == x.shape[1]
            missing = ~conversation.observed[:, column]
            assert not x[missing].any()
            assert (np.abs(x[~missing]).sum(1) > 0).all()
        data = clip.data_set(Task("emotion", ("calm", "angry")))
        assert data.sources == clip.sources


def test_utterances_follow_each_other_within_the_clip(analysed):
    for clip in analysed.values():
        edges = [edge for span in clip.spans for edge in (span.start, span.end)]
        assert edges == sorted(edges)
        assert edges[0] >= 0
        assert edges[-1] <= clip.media.duration + 1e-3
        for span in clip.spans:
            assert all(0 <= word.probability <= 1 and word.start <= word.end for word in span.words)
            assert clip.at((span.start + span.end) / 2) == clip.spans.index(span)


def test_intermediates_can_be_looked_at(speaking):
    lows, highs = envelope(speaking.media.sound, 100).T
    assert len(lows) == 100
    assert (lows <= highs).all()
    assert highs.max() == speaking.media.sound.max()
    assert len(envelope(np.zeros(0, np.float32))) == 0
    for span, look in zip(speaking.spans, speaking.looked, strict=True):
        assert 0 < len(look.gallery) <= 3
        for face in look.gallery:
            assert span.start <= face.time < span.end
            assert face.crop.shape == (224, 224, 3)
            assert face.crop_landmarks.shape == (478, 2)
            assert (np.abs(face.crop_landmarks - 0.5) < 0.5).all()  # the face lies inside its crop
            assert ((face.blendshapes >= 0) & (face.blendshapes <= 1)).all()
            assert (np.abs(face.pose) < 60).all()


def test_analysed_again_it_comes_from_the_folder_and_is_the_same(clips_folder, folder, speaking):
    began, seen = time.process_time(), []
    again = analyse(clips_folder / "retalking_1.mp4", folder, name="other name", report=seen.append)
    assert time.process_time() - began < 1
    assert again.name == "other name"
    assert again.spans == speaking.spans
    assert again.reasons == speaking.reasons
    for m, x in speaking.features.items():
        assert np.array_equal(again.features[m], x)
    for mine, theirs in zip(again.looked, speaking.looked, strict=True):
        assert np.array_equal(mine.gallery[0].crop, theirs.gallery[0].crop)


def test_progress_goes_forward_through_every_stage_and_shows_what_is_known(clips_folder, tmp_path):
    seen, turns = list[Progress](), list[float]()
    clip = analyse(clips_folder / "webcam_monologue.mp4", tmp_path, report=seen.append, turn=turns.append)
    assert [*dict.fromkeys(progress.stage for progress in seen)] == list(STAGES)
    shares = [progress.share(progress.at) for progress in seen]
    assert shares[-1] == pytest.approx(1)
    assert all(progress.seconds_left(progress.at) >= 0 for progress in seen if progress.draft.media)
    assert turns == [clip.media.duration]
    first = {stage: next(p.draft for p in seen if p.stage == stage) for stage in STAGES}
    assert first["load"].media is not None
    assert first["load"].spans == ()
    assert first["video"].spans == clip.spans
    assert first["audio"].reasons == {"video": clip.reasons["video"]}
    assert seen[-1].draft.reasons == clip.reasons


def test_a_clip_gives_the_same_table_with_one_thread_and_with_two(clips_folder, tmp_path):
    """To the last bit: sums in another order would give other features, and other words where the recogniser is unsure."""
    clips, before = list[Clip](), torch.get_num_threads()
    for threads in (1, 2):
        torch.set_num_threads(threads)
        with threadpool_limits(threads):
            clips.append(analyse(clips_folder / "webcam_monologue.mp4", tmp_path / str(threads)))
    torch.set_num_threads(before)
    one, two = clips
    assert one.spans == two.spans
    assert one.spans[0].words
    assert one.reasons == two.reasons
    assert set(one.features) == set(two.features) == {"audio", "text", "video"}
    for modality, features in one.features.items():
        assert features.any()
        np.testing.assert_array_equal(features, two.features[modality])


def test_a_batch_in_any_order_gives_the_tables_of_each_clip_alone(clips_folder, tmp_path):
    """Nothing that a clip leaves in the models' memory moves a number of the next one; nor does another process."""
    names, folder = ("ravdess_neutral_kids.mp4", "grid_bbaf2n.mpg", "retalking_2.mp4"), shipped("checkpoints/clips")
    checkpoint = load_checkpoint(folder)
    settings = settings_for(checkpoint.card.sources, checkpoint.card.name)
    orders = [
        {name: clip_rows(clips_folder / name, checkpoint, settings) for name in order} for order in (names, names[::-1])
    ]
    assert all(row["prediction"] for rows in orders[0].values() for row in rows)
    command = [
        "analyse",
        str(clips_folder / names[1]),
        "--checkpoint",
        str(folder),
        "--out",
        str(tmp_path / "alone.parquet"),
    ]
    subprocess.run(
        [sys.executable, "-m", "comp_viz", *command], check=True, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    alone = pd.read_parquet(tmp_path / "alone.parquet")
    for name in names:
        forwards, backwards = (pd.DataFrame(order[name]) for order in orders)
        pd.testing.assert_frame_equal(forwards, backwards, check_exact=True)
        if name == names[1]:
            pd.testing.assert_frame_equal(forwards, alone, check_exact=True, check_dtype=False)


@pytest.mark.parametrize("stage", STAGES)
def test_stopping_at_any_stage_keeps_no_result(clips_folder, tmp_path, stage):
    now = ["decode"]
    with pytest.raises(Cancelled):
        analyse(
            clips_folder / "webcam_monologue.mp4",
            tmp_path,
            report=lambda progress: now.append(progress.stage),
            cancelled=lambda: now[-1] == stage,
        )
    assert not list(tmp_path.rglob("*.clip"))
    assert not list(tmp_path.rglob(".*ing-*"))


def test_thresholds_decide_what_counts_as_missing(clips_folder, folder):
    strict = Settings(thresholds=Thresholds(level=-10, confidence=0.999, face_size=4000))
    clip = analyse(clips_folder / "retalking_1.mp4", folder, strict)
    assert all("silence" in reason for reason in clip.reasons["audio"])
    assert all("confidence" in reason for reason in clip.reasons["text"])
    assert all("too small" in reason for reason in clip.reasons["video"])


def test_an_extractor_that_fails_makes_its_modality_missing(clips_folder, folder, monkeypatch):
    def fail(sound):
        raise RuntimeError("broken")

    broken = replace(EXTRACTORS["eGeMAPS v02"], name="broken", load=lambda: fail)
    absent = replace(EXTRACTORS["MiniLM-L6 sentence"], name="absent", ready=lambda: "not here. Run this.")
    monkeypatch.setitem(EXTRACTORS, "broken", broken)
    monkeypatch.setitem(EXTRACTORS, "absent", absent)
    settings = Settings((("audio", ("broken",)), ("text", ("absent",)), ("video", ("MediaPipe blendshapes",))))
    clip = analyse(clips_folder / "webcam_monologue.mp4", folder, settings)
    assert "RuntimeError" in clip.reasons["audio"][0]
    assert "not here" in clip.reasons["text"][0]
    assert clip.conversation.observed.tolist()[0] == [False, False, True]


def test_pictures_that_cannot_show_a_face_are_a_missing_modality(tmp_path, folder):
    for name, changes, why in (
        ("one.avi", {"size": (1, 1), "codec": "mjpeg"}, "no face"),
        ("huge.mov", {"size": (16000, 16000), "codec": "png", "seconds": 0.1}, "16000 × 16000"),
        ("fast.mkv", {"rate": 1000}, "no face"),
        ("early.mkv", {"shift": -7}, "no face"),
    ):
        clip = analyse(make_clip(tmp_path / name, sound=tone(2), **changes), folder)
        assert all(why in reason for reason in clip.reasons["video"]), (name, clip.reasons["video"])
        assert all(clip.reasons["text"])  # a tone says nothing
        assert all("no voice" in reason for reason in clip.reasons["audio"])  # and is none


def changed(before: Clip, after: Clip) -> set[tuple[str, int]]:
    """Which modalities of which utterances differ in features or reason."""
    return {
        (m, i)
        for m in before.features
        for i in range(len(before.spans))
        if not np.array_equal(before.features[m][i], after.features[m][i])
        or before.reasons[m][i] != after.reasons[m][i]
    }


def test_degradations_change_what_they_say_and_nothing_else(speaking):
    for kind, expected in (("mute", "audio"), ("noise", "audio"), ("black", "video"), ("blur", "video"), ("pixels", "video"), ("freeze", "video"), ("rewrite", "text"), ("drop", "text")):  # fmt: skip
        amount = {"noise": 5.0, "blur": 0.01, "pixels": 120.0, "drop": 0.5}.get(kind, 0.0)
        after = degrade(speaking, [Degradation(kind, (1,), amount, "I am so happy", listen_again=False)])
        assert changed(speaking, after) == {(expected, 1)}, kind
        assert [s.text for i, s in enumerate(after.spans) if i != 1] == [
            s.text for i, s in enumerate(speaking.spans) if i != 1
        ]
    assert set(KINDS) == {"mute", "noise", "black", "blur", "pixels", "freeze", "rewrite", "drop"}


def test_muting_takes_sound_and_what_could_be_heard(speaking):
    after = degrade(speaking, [Degradation("mute", (0,))])
    assert changed(speaking, after) == {("audio", 0), ("text", 0)}
    assert "silence" in after.reasons["audio"][0]
    assert after.reasons["text"][0] == "no speech"
    assert not sound_of(after, 0).any()
    assert sound_of(after, 1).any()


def test_noise_is_as_strong_as_said(speaking):
    clean = sound_of(speaking, 0)
    for ratio in (20.0, 0.0):
        after = degrade(speaking, [Degradation("noise", (0,), ratio, listen_again=False)])
        noise = sound_of(after, 0).astype(float) - clean
        assert 10 * np.log10(np.mean(clean.astype(float) ** 2) / np.mean(noise**2)) == pytest.approx(ratio, abs=0.3)


def test_little_noise_leaves_the_words(speaking):
    after = degrade(speaking, [Degradation("noise", (1,), 40.0)])
    assert tokens(after.spans[1].text) == tokens(speaking.spans[1].text)
    assert all(after.spans[1].start - 0.2 <= word.start <= after.spans[1].end + 0.2 for word in after.spans[1].words)


def test_pictures_are_degraded_as_asked(speaking):
    before, _ = pictures_of(speaking, 0)
    black, _ = pictures_of(degrade(speaking, [Degradation("black", (0,))]), 0)
    assert not np.any(black)
    assert [p.shape for p in black] == [p.shape for p in before]
    frozen = degrade(speaking, [Degradation("freeze", (0,))])
    pictures, _ = pictures_of(frozen, 0)
    assert all(np.array_equal(picture, before[0]) for picture in pictures)
    deviations = frozen.features["video"][0][55:]
    assert np.abs(deviations).max() < 1e-6
    coarse, _ = pictures_of(degrade(speaking, [Degradation("pixels", (0,), 8.0)]), 0)
    assert len(np.unique(coarse[0].reshape(-1, 3), axis=0)) <= 64
    blurred, _ = pictures_of(degrade(speaking, [Degradation("blur", (0,), 0.02)]), 0)
    assert (
        np.abs(np.diff(blurred[0].astype(float), axis=1)).mean()
        < np.abs(np.diff(before[0].astype(float), axis=1)).mean()
    )
    assert "no face" in degrade(speaking, [Degradation("black", (0,))]).reasons["video"][0]


def test_rewritten_and_dropped_words(speaking):
    after = degrade(speaking, [Degradation("rewrite", (0, 1), text="what a day")])
    assert after.spans[0].text == after.spans[1].text == "what a day"
    assert np.array_equal(after.features["text"][0], after.features["text"][1])
    assert degrade(speaking, [Degradation("rewrite", (0,), text="")]).reasons["text"][0] == "no speech"
    assert degrade(speaking, [Degradation("drop", (0,), 1.0)]).spans[0].words == ()
    some = degrade(speaking, [Degradation("drop", (0,), 0.5, seed=1)]).spans[0].words
    assert 0 < len(some) < len(speaking.spans[0].words)
    assert set(some) <= set(speaking.spans[0].words)


def test_the_clip_itself_is_never_changed(speaking):
    before = {m: x.copy() for m, x in speaking.features.items()}
    after = degrade(speaking, [Degradation("mute", (0,), listen_again=False), Degradation("black", (1,))])
    assert all(np.array_equal(speaking.features[m], x) for m, x in before.items())
    assert speaking.degradations == ()
    assert after.features["text"] is speaking.features["text"]
    with pytest.raises(CompVizError, match="degraded already"):
        degrade(after, [])


def test_wrong_degradations_say_so(speaking):
    with pytest.raises(CompVizError, match="expected one of mute"):
        Degradation("paint", (0,))
    with pytest.raises(CompVizError, match="from 0 to 1"):
        Degradation("drop", (0,), 2.0)
    with pytest.raises(CompVizError, match="utterances from 0"):
        degrade(speaking, [Degradation("mute", (99,))])
    silent = degrade(speaking, [])
    assert changed(speaking, silent) == set()
