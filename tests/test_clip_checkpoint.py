from pathlib import Path

import numpy as np
import pytest
import torch
from needs import need, need_data

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.clips import faces
from comp_viz.clips.extractors.registry import extractors_missing, feature_names
from comp_viz.clips.settings import Settings
from comp_viz.data.batch import Stream
from comp_viz.data.conversation import Conversation
from comp_viz.evaluation.evaluate import predict
from comp_viz.evaluation.metrics import metrics
from recipes.clips import dialogues, face_images, speech
from recipes.clips.corpus import EMOTIONS
from recipes.clips.corpus_conversations import conversation
from recipes.clips.data_set import PARTS
from recipes.clips.features import Table

FOLDER = Path(__file__).parents[1] / "checkpoints" / "clips"
CORPORA = (speech.CORPUS, dialogues.CORPUS, face_images.CORPUS)
SETTINGS = Settings()


@pytest.fixture(scope="module")
def checkpoint():
    yield load_checkpoint(FOLDER)
    faces.close()


def said(checkpoint, conversations):
    """Fused logits and labels of all utterances."""
    stream = Stream(conversations, checkpoint.standardise, torch.device("cpu"))
    return predict(checkpoint.model, stream, stream.utterances.observed), stream.utterances.labels


def test_it_reads_what_the_clip_library_makes(checkpoint):
    assert checkpoint.card.sources == SETTINGS.sources
    widths = {modality: len(feature_names(names)) for modality, names in SETTINGS.extractors}
    assert checkpoint.config.widths == widths
    assert checkpoint.card.task.classes == EMOTIONS
    assert checkpoint.config.max_length >= 150  # ten minutes of utterances
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 5_000_000


def test_its_card_says_what_it_was_made_from_and_what_it_is_worth(checkpoint):
    card, readme = checkpoint.card, (FOLDER / "README.md").read_text()
    for fact in ("RAVDESS", "CC BY-NC-SA 4.0", "FER2013", "MELD", "out of its distribution", "25 %"):
        assert fact in readme
    assert {part.name for part in card.parts} == set(PARTS)
    assert set(card.temperature) == {"fused", *checkpoint.config.modalities}
    for part in card.parts:
        assert part.utterances == sum(part.reliability.count)
        if part.predictor == "fused":
            assert part.metrics["UA"] > 0.4  # chance is 0.25
            assert f"| {part.name} | fused | {part.utterances:,} |" in readme


@pytest.mark.parametrize("S", [1, 2, 200])
def test_it_answers_for_clips_of_any_length_whatever_is_missing(checkpoint, S, rng):
    widths = checkpoint.config.widths
    blank = conversation("a clip", "", [{}] * S, [np.nan] * S, widths)
    features = {
        m: rng.normal(checkpoint.standardise.mean[m], checkpoint.standardise.std[m], (S, w)) for m, w in widths.items()
    }
    full = Conversation(
        "a clip", {m: x.astype(np.float32) for m, x in features.items()}, np.ones((S, 3), bool), blank.labels,
        blank.words, blank.context, blank.speakers, blank.durations,
    )  # fmt: skip
    for c in (blank, full):
        for y in said(checkpoint, [c])[0].values():
            assert y.shape == (S, 4)
            assert np.isfinite(y).all()


@pytest.mark.parametrize(
    ("corpus", "each"), list(zip(CORPORA, (8, 60, 20), strict=True)), ids=lambda x: getattr(x, "name", "")
)
def test_it_is_above_chance_on_speakers_dialogues_and_faces_never_trained_on(checkpoint, corpus, each, real_data):
    root = need_data(real_data / "emotion_sources")
    need(extractors_missing(dict(SETTINGS.extractors)[corpus.modality]))
    held_out = [item for item in corpus.items(root) if item.split == "test" and not item.altered]
    rng = np.random.default_rng(11)
    by_label = [[item for item in held_out if item.label == label] for label in range(4)]
    items = [items[n] for items in by_label for n in rng.permutation(len(items))[:each]]
    read = corpus.reader(root, SETTINGS)
    found = [read(item) for item in items]
    table = Table(corpus, tuple(items), np.stack([r.features for r in found]), tuple(r.reason for r in found))
    assert np.mean([not reason for reason in table.reasons]) > 0.9
    alone = [
        conversation(item.name, "test", [{corpus.modality: (table, n)}], [item.label], checkpoint.config.widths)
        for n, item in enumerate(items)
        if not table.reasons[n]
    ]
    logits, labels = said(checkpoint, alone)
    reached = metrics(checkpoint.card.task, logits["fused"], labels)["UA"]
    assert reached > 0.25 + 3 * (0.25 * 0.75 / len(alone)) ** 0.5  # three deviations of guessing above it
