import shutil
from dataclasses import replace

import numpy as np
import pytest
from needs import need, need_data

from comp_viz.clips.decode import decode
from comp_viz.clips.extractors.registry import extractors_missing, loaded_extractor
from comp_viz.clips.reading import Read
from comp_viz.clips.settings import Settings
from comp_viz.data.source import open_data
from comp_viz.errors import CompVizError
from recipes.clips import dialogues, face_images, features, speech
from recipes.clips.alterations import NOISE, altered, in_noise
from recipes.clips.composites import AGREES, composites, emotions
from recipes.clips.corpus import EMOTIONS, OTHER, Item
from recipes.clips.corpus_conversations import RARE, moving
from recipes.clips.data_set import ALTERED, KINDS, PARTS, SPEECH, clip_data, part_of
from recipes.clips.features import Table, read_corpus
from recipes.clips.make_data import main

SETTINGS = Settings()
CORPORA = (speech.CORPUS, dialogues.CORPUS, face_images.CORPUS)
SPLIT_OF = {2: "train", 3: "train", 5: "validation", 6: "test"}  # actors


@pytest.fixture(scope="session")
def sources(real_data):
    """The folder of the corpora."""
    return need_data(real_data / "emotion_sources")


@pytest.fixture
def ready():
    """Skip where the extractors or their weights are not installed."""
    for _, names in SETTINGS.extractors:
        need(extractors_missing(names))


def table(corpus, items, width):
    """A corpus that was read: features that tell the item, the first of them its label."""
    found = np.random.default_rng(7).normal(size=(len(items), width)).astype(np.float32)
    found[:, 0] = [item.label for item in items]
    found[:, 1] = np.arange(len(items))
    reasons = tuple("no face" if corpus.modality == "video" and n % 10 == 9 else "" for n in range(len(items)))
    found[[bool(reason) for reason in reasons]] = 0
    if corpus.modality == "video":
        found[:, width // 2 :] = 0
    return Table(corpus, tuple(items), found, reasons)


@pytest.fixture(scope="module")
def tables():
    """Three corpora of drawn features."""
    rng = np.random.default_rng(3)
    voices = [
        Item(
            f"{actor} {label} {n}{'~1' * altered}",
            label,
            split,
            f"ravdess {actor}",
            f"ravdess {actor}",
            altered=altered,
        )
        for actor, split in SPLIT_OF.items()
        for label in range(4)
        for n in range(3)
        for altered in (False, True)
    ]
    said = [
        Item(
            f"{d} {n}",
            int(rng.choice([OTHER, 0, 0, 0, 0, 0, 1, 2, 3])),
            split,
            f"dialogue {d}",
            "AB"[n % 2],
            f"words {d} {n}",
        )
        for d, split in enumerate(["train"] * 30 + ["validation"] * 8 + ["test"] * 8)
        for n in range(6)
    ]
    faces = [
        Item(str(n), n % 4, split, str(n))
        for n, split in enumerate(["train"] * 80 + ["validation"] * 40 + ["test"] * 40)
    ]
    return tuple(table(c, i, w) for c, i, w in zip(CORPORA, (voices, said, faces), (6, 5, 8), strict=True))


def test_no_actor_image_or_dialogue_is_in_two_splits(sources):
    for corpus in CORPORA:
        items = corpus.items(sources)
        assert len({item.name for item in items}) == len(items)
        split_of = {}
        for item in items:
            assert split_of.setdefault(item.group, item.split) == item.split
        assert set(split_of.values()) == {"train", "validation", "test"}
        for split in set(split_of.values()):
            assert {item.label for item in items if item.split == split} >= set(range(4))


def test_labels_are_those_of_the_corpora(sources):
    voices = {item.name: item for item in speech.items(sources)}
    assert EMOTIONS[voices["ravdess_speech/03-01-05-02-02-02-01.flac"].label] == "angry"
    assert EMOTIONS[voices["emodb_speech/03a01Fa.flac"].label] == "happy"
    assert sum(item.name.startswith(speech.RAVDESS) and not item.altered for item in voices.values()) == 560
    lines = dialogues.items(sources)
    assert len(lines) == 9989 + 1109
    first = next(item for item in lines if item.name == "dev 0 0")
    assert (EMOTIONS[first.label], first.speaker, first.split) == ("sad", "Phoebe", "test")
    assert first.words == "Oh my God, he's lost it. He's totally lost it."  # apostrophes as recognisers write them
    assert next(item for item in lines if item.name == "dev 0 1").label == OTHER  # surprise
    with np.load(sources / face_images.FILE) as file:
        labels, images = file["labels"], file["images"]
    faces = face_images.items(sources)
    assert all(labels[int(item.name.partition("~")[0])] == item.label for item in faces)
    once = [item for item in faces if not item.altered]
    assert len({images[int(item.name)].tobytes() for item in once}) == len(once)  # each image once


def test_sound_is_what_the_clip_pipeline_decodes(sources, ready, tmp_path):
    path = sources / speech.RAVDESS / "03-01-03-02-01-02-01.flac"
    heard = decode(path, tmp_path / "media").sound
    np.testing.assert_allclose(speech.samples(path), heard, atol=1e-4)


def test_altered_sound_is_another_recording_of_the_same_voice_and_always_the_same():
    rng = np.random.default_rng(1)
    sound = (rng.standard_normal(32_000) * np.repeat(rng.uniform(0, 0.1, 20), 1600)).astype(np.float32)
    for seed in range(12):
        once, again = (altered(sound, np.random.default_rng(seed)) for _ in range(2))
        assert np.array_equal(once, again)
        assert once.dtype == np.float32
        assert np.isfinite(once).all()
        assert abs(len(once) / len(sound) - 1) < 0.08
        frames = [np.abs(x[: len(x) // 320 * 320].reshape(-1, 320)).mean(1) for x in (sound, once)]
        envelope = np.interp(np.linspace(0, 1, len(frames[0])), np.linspace(0, 1, len(frames[1])), frames[1])
        assert np.corrcoef(frames[0], envelope)[0, 1] > 0.2  # louder and softer where it was


def test_noise_is_as_far_below_the_voice_as_asked_for():
    tone = 0.1 * np.sin(np.arange(16_000) / 10)
    for seed in range(6):
        rest = in_noise(tone, np.random.default_rng(seed)) - tone
        ratio = 10 * np.log10(np.square(tone).mean() / np.square(rest).mean())
        assert NOISE[0] - 1 < ratio < NOISE[1] + 1


def small(sources, folder):
    """Real files, few of them: seven speakers, some dialogues, three faces for each emotion and split."""
    (folder / speech.RAVDESS).mkdir(parents=True)
    for path in sorted((sources / speech.RAVDESS).glob("03-01-0[1345]-01-01-01-*.flac")):
        if int(path.stem[-2:]) in SPLIT_OF:
            shutil.copy(path, folder / speech.RAVDESS)
    (folder / speech.EMODB).mkdir()
    for speaker in ("03", "10", "11"):
        for emotion in speech.EMODB_LABELS:
            shutil.copy(sorted((sources / speech.EMODB).glob(f"{speaker}???{emotion}?.flac"))[0], folder / speech.EMODB)
    for name in dialogues.FILES:
        head, *lines = (sources / name).read_text(encoding="utf-8").splitlines(keepends=True)
        some = [line for line in lines if int(line.split(",")[0]) in (*range(12), *range(16, 80, 8))]
        (folder / name).write_text(head + "".join(some), encoding="utf-8")
    kinds = {}
    for item in face_images.items(sources):
        if not item.altered:
            kinds.setdefault((item.label, item.split), []).append(int(item.name))
    with np.load(sources / face_images.FILE) as file:
        chosen = sorted(row for rows in kinds.values() for row in rows[:3])
        few = {"images": file["images"][chosen], "labels": file["labels"][chosen], "classes": file["classes"]}
        np.savez(folder / face_images.FILE, **few)
    return folder


def test_the_command_makes_the_data_set_from_real_files_and_goes_on_where_it_was(
    sources, ready, tmp_path, capsys, monkeypatch
):
    corpora, out = small(sources, tmp_path / "corpora"), tmp_path / "clips.arrow"
    monkeypatch.setattr("recipes.clips.data_set.TRAINING", 200)
    monkeypatch.setattr("recipes.clips.data_set.HELD_OUT", 50)
    assert main([str(corpora), str(out), "--kind", "mix"]) == 0
    assert "speech: 48 of 48" in capsys.readouterr().out
    data = open_data(str(out))
    assert data.sources == SETTINGS.sources
    assert data.task.classes == EMOTIONS
    assert {part_of(c.id) for c in data.split("test")} == set(PARTS)

    # what stands in it is what the extractors say of the file
    c = next(c for c in data.split("test") if part_of(c.id) == "dialogue")
    words = c.words[0]
    np.testing.assert_array_equal(c.features["text"][0], loaded_extractor("MiniLM-L6 sentence")(words))
    assert not c.observed[:, [0, 2]].any()

    # read again, nothing is extracted anew, and one lost file of features only costs its own
    kept = sorted((tmp_path / "features").rglob("*.npz"))
    before = {path: path.stat().st_mtime_ns for path in kept}
    lost = next(path for path in kept if "text" in str(path))
    lost.unlink()
    assert main([str(corpora), str(tmp_path / "again.arrow"), "--kept", str(tmp_path / "features")]) == 0
    assert open_data(str(tmp_path / "again.arrow")).digest == data.digest
    assert {path for path in kept if path.stat().st_mtime_ns != before[path]} == {lost}


def test_what_is_not_there_is_said(tmp_path, ready, capsys):
    assert main([str(tmp_path), str(tmp_path / "x.arrow")]) == 2
    assert speech.RAVDESS in capsys.readouterr().err


def test_an_interrupted_reading_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(features, "TOGETHER", 4)
    items = [Item(str(n), n % 4, "train", str(n)) for n in range(10)]
    asked = []

    def reader(root, settings):
        def read(item):
            asked.append(item.name)
            if len(asked) == 7:
                raise KeyboardInterrupt
            return Read(np.full(3, float(item.name), np.float32), "too dark" if item.name == "2" else "")

        return read

    corpus = features.Corpus("Made up", "video", (), "none", lambda root: items, reader)
    with pytest.raises(KeyboardInterrupt):
        read_corpus(corpus, tmp_path, tmp_path / "kept", SETTINGS)
    found = read_corpus(corpus, tmp_path, tmp_path / "kept", SETTINGS)
    assert asked[7:] == [str(n) for n in range(4, 10)]  # the first four were kept
    assert found.features[:, 0].tolist() == list(range(10))
    assert found.reasons[2] == "too dark"
    assert sum(map(bool, found.reasons)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_data_and_another_one_others(tables, kind):
    first, again, other = (clip_data(tables, kind, seed, SETTINGS) for seed in (1, 1, 2))
    assert first.digest == again.digest != other.digest


def test_validation_and_test_do_not_depend_on_the_kind(tables):
    found = [clip_data(tables, kind, 1, SETTINGS) for kind in KINDS]
    for split in ("validation", "test"):
        assert len({tuple(c.id for c in data.split(split)) for data in found}) == 1
        assert len({sum(float(c.features["audio"].sum()) for c in data.split(split)) for data in found}) == 1
    parts = [{part_of(c.id) for c in data.split("train")} for data in found]
    assert parts[1] == {"composite"}
    assert "composite" not in parts[0]
    assert parts[2] == parts[0] | parts[1]


def rows(conversation, tables):
    """(utterance, table, item number) of every observed entry, by the number that the features carry."""
    for s in range(len(conversation)):
        for u, modality in enumerate(conversation.features):
            if conversation.observed[s, u]:
                yield s, tables[u], int(conversation.features[modality][s, 1])


def test_every_entry_has_the_split_of_its_utterance_and_its_label_as_often_as_it_should(tables, monkeypatch):
    monkeypatch.setattr("recipes.clips.corpus_conversations.STILL", 1)  # moving faces would not carry their number
    data = clip_data(tables, "mix", 4, SETTINGS)
    agrees = {modality: [] for modality in AGREES}
    for c in data.conversations:
        for s, table, number in rows(c, tables):
            item = table.items[number]
            assert item.split == c.split
            hidden = np.isnan(c.labels[s])
            if part_of(c.id) == "composite":
                agrees[table.corpus.modality].append(item.label == c.labels[s])
                continue
            assert hidden or item.label == c.labels[s]
            assert not hidden or part_of(c.id) == "dialogue"
    for modality, share in AGREES.items():
        assert np.mean(agrees[modality]) == pytest.approx(share, abs=0.03)


def test_composites_have_one_voice_and_lack_some_entries_but_never_all(tables):
    widths = {t.corpus.modality: t.features.shape[1] for t in tables}
    made = list(composites(tables, "train", 600, widths, np.random.default_rng(1)))
    assert sum(map(len, made)) == 600
    assert max(map(len, made)) > 40
    observed = np.concatenate([c.observed for c in made])
    assert observed.any(1).all()
    assert np.all(np.abs(observed.mean(0) - 0.71) < 0.06)
    for c in made:
        voices = {
            table.items[number].speaker for _, table, number in rows(c, tables) if table.corpus.modality == "audio"
        }
        assert len(voices) <= 1
    counts = np.bincount(np.concatenate([c.labels for c in made]).astype(int), minlength=4)
    assert counts.min() > 100  # all emotions about as often


def test_a_corpus_that_lacks_an_emotion_is_refused(tables):
    speech_table, text, faces = tables
    happy = tuple(replace(item, label=OTHER) if item.label == 1 else item for item in text.items)
    with pytest.raises(CompVizError, match="sentences has no happy utterance in the validation split"):
        clip_data((speech_table, replace(text, items=happy), faces), "alone", 1, SETTINGS)


def test_emotions_stay_for_a_while():
    labels = np.array(emotions(5000, np.random.default_rng(0)))
    assert abs(np.mean(labels[1:] == labels[:-1]) - 0.7) < 0.03  # 0.6, and a quarter of the rest by chance


def test_dialogues_keep_their_order_and_their_context(tables):
    data = clip_data(tables, "alone", 4, SETTINGS)
    for c in data.conversations:
        if part_of(c.id) == "dialogue":
            numbers = [number for _, _, number in rows(c, tables)]
            assert numbers == list(range(numbers[0], numbers[0] + 6))  # surprise and others stay, without a label
    for split in ("train", "test"):
        labels = np.concatenate([c.labels for c in data.split(split) if part_of(c.id) == "dialogue"])
        count = np.bincount(labels[~np.isnan(labels)].astype(int), minlength=4)
        given = np.bincount([i.label for i in tables[1].items if i.split == split and i.label >= 0], minlength=4)
        expected = np.minimum(given, RARE * given.min()) if split == "train" else given
        assert count.tolist() == expected.tolist()


def test_test_voices_come_once_as_recorded_and_once_altered(tables):
    data = clip_data(tables, "mix", 4, SETTINGS)
    for part, again in ((SPEECH, False), (ALTERED, True)):
        numbers = [n for c in data.split("test") if part_of(c.id) == part for _, _, n in rows(c, tables)]
        expected = [n for n, i in enumerate(tables[0].items) if i.split == "test" and i.altered == again]
        assert sorted(numbers) == expected


def test_faces_move_in_training_only_and_say_nothing_by_it(tables):
    faces = tables[2]
    moved = moving(faces, np.random.default_rng(0))
    half = faces.features.shape[1] // 2
    training = np.array([i.split == "train" for i in faces.items]) & np.array([not r for r in faces.reasons])
    there = (moved.features[:, half:] > 0).any(1)
    assert not there[~training].any()
    assert 0.3 < there[training].mean() < 0.7
    np.testing.assert_array_equal(moved.features[~there, :half], faces.features[~there, :half])
    between = moved.features[there, 0]  # the first feature is the label, at rest 0
    assert ((between >= 0) & (between <= faces.features[there, 0])).all()
    assert not faces.features[:, half:].any()  # the table that was given is as it was
