"""A small clip as if analysed, with extractors simple enough to check by hand, and a checkpoint that reads it."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from comp_viz.checkpoint.card import CHECKPOINT_FORMAT, Card, DataCard
from comp_viz.checkpoint.folder import save_checkpoint
from comp_viz.clips import face_following, faces, reading
from comp_viz.clips.clip import Clip, Face, FaceSearch
from comp_viz.clips.media import PICTURES_FILE, RATE, SOUND_FILE, Media, Picture
from comp_viz.clips.settings import Settings, Thresholds
from comp_viz.clips.span import Span, Word
from comp_viz.data.batch import Batch, Standardiser
from comp_viz.data.conversation import Conversation, Task
from comp_viz.network.bank import prototype_bank
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP
from comp_viz.versions import versions

EMOTIONS = Task("emotion", ("neutral", "happy", "sad", "angry"))
SETTINGS = Settings(
    (("audio", ("ears",)), ("text", ("reader",)), ("video", ("eyes",))), Thresholds(voice=0.0)
)  # a tone is no voice, and is read here all the same
WIDTHS = {"audio": 4, "text": 3, "video": 5}
SECONDS, PER_SECOND, SIDE = 1.5, 4, 32  # of an utterance; pictures; pixels


def make_media(folder: Path, utterances: int) -> Media:
    """Sound that gets louder with every utterance, and grey pictures that get lighter, on disk as decoding leaves them."""
    folder.mkdir(parents=True)
    duration = utterances * SECONDS
    time = np.arange(round(duration * RATE)) / RATE
    (0.05 * (1 + time // SECONDS) * np.sin(2 * np.pi * 220 * time)).astype("<f4").tofile(folder / SOUND_FILE)
    times, offsets, data = np.arange(round(duration * PER_SECOND)) / PER_SECOND, [0], b""
    for at in times:
        file = io.BytesIO()
        Image.new("RGB", (SIDE, SIDE), (40 + int(20 * (at // SECONDS)),) * 3).save(file, "JPEG")
        data += file.getvalue()
        offsets.append(len(data))
    (folder / PICTURES_FILE).write_bytes(data)
    media = Media(folder, "test", duration, SIDE, SIDE, PER_SECOND, 0, tuple(times), tuple(offsets), duration, "", "")
    media.save()
    return media


def make_clip(folder: Path, name: str = "talk.mp4", utterances: int = 4) -> Clip:
    """A clip whose last utterance has neither words nor a face; features as the simple extractors would give them."""
    media = make_media(folder / "media", utterances)
    spans = []
    for i in range(utterances):
        a, b = i * SECONDS, (i + 1) * SECONDS
        words = (Word("word<b>", a, a + 0.5, 0.9), Word(f"number{i}.", a + 0.5, b - 0.2, 0.6))
        spans.append(Span(a, b, words if i < utterances - 1 else ()))
    last = [False] * (utterances - 1) + [True]
    reasons = {
        "audio": ("",) * utterances,
        "text": tuple("no speech" if gone else "" for gone in last),
        "video": tuple("no face (in 0 of 6 pictures, below 25%)" if gone else "" for gone in last),
    }
    rng = np.random.default_rng(3)
    features = {
        u: (rng.standard_normal((utterances, d)) * [[not why] for why in reasons[u]]).astype(np.float32)
        for u, d in WIDTHS.items()
    }
    quality = {
        "level": np.full(utterances, -20.0, np.float32),
        "voice": np.full(utterances, 0.8, np.float32),
        "confidence": np.array([span.confidence for span in spans], np.float32),
        "faces": np.array([0.0 if gone else 1.0 for gone in last], np.float32),
    }
    looked = tuple(FaceSearch(6, 0 if gone else 6, 20.0, () if gone else (make_face(0.0),)) for gone in last)
    return Clip(
        name,
        name * 3,
        media,
        SETTINGS,
        tuple(spans),
        features,
        reasons,
        quality,
        looked,
        language="en",
        seconds={"decode": 0.1},
    )


def make_face(time: float, shade: int = 90) -> Face:
    """A face of one shade."""
    marks = np.linspace(4, 24, 956, dtype=np.float32).reshape(478, 2)
    crop = np.full((224, 224, 3), shade, np.uint8)
    return Face(
        time, (0, 0, 40, 40), marks, np.linspace(0, 1, 52, dtype=np.float32), np.zeros(3, np.float32), crop, marks / 32
    )


def find_face(
    picture: Picture, time: float, near: Face | None = None, small_too: bool = True, beside: object = None
) -> Face | None:
    """A face in every picture that is not black."""
    return make_face(time, int(picture.mean())) if picture.mean() > 5 else None


EXTRACT = {
    "ears": lambda sound: np.array([len(sound), np.abs(sound).mean(), np.std(sound), sound[0]], np.float32),
    "reader": lambda words: np.array([len(words), words.count(" "), sum(map(ord, words)) % 97], np.float32),
    "eyes": lambda found: np.array([len(found), *(face.crop.mean() for face in found[:4]), 0, 0, 0, 0], np.float32)[:5],
}
NAMES = {"ears": 4, "reader": 3, "eyes": 5}


def simple_extractors(monkeypatch: pytest.MonkeyPatch, calls: list[str] | None = None) -> None:
    """Have clips read by the extractors above; what is extracted is noted in `calls`."""

    def loaded(name: str):
        def extract(given):
            if calls is not None:
                calls.append(name)
            return EXTRACT[name](given)

        return extract

    monkeypatch.setattr(reading, "loaded_extractor", loaded)
    monkeypatch.setattr(reading, "extractors_missing", lambda names: "")
    monkeypatch.setattr(reading, "feature_names", lambda names: tuple(f"f{i}" for i in range(NAMES[names[0]])))
    monkeypatch.setattr(reading, "covered_parts", lambda face: ())
    monkeypatch.setattr(faces, "faces_missing", lambda: None)
    monkeypatch.setattr(face_following, "find_face", find_face)


def write_reader(
    folder: Path, settings: Settings = SETTINGS, dims: dict[str, int] = WIDTHS, max_length: int = 12
) -> None:
    """Write an untrained checkpoint that reads such clips into `folder`."""
    rng = np.random.default_rng(0)
    n = min(6, max_length)
    learned = [
        Conversation(
            f"c{i}", {u: rng.standard_normal((n, d)).astype(np.float32) for u, d in dims.items()}, np.ones((n, len(dims)), bool),
            rng.integers(4, size=n).astype(np.float32), ("w",) * n, ("",) * n, ("A",) * n, np.ones(n, np.float32), "train",
        )
        for i in range(3)
    ]  # fmt: skip
    config = ComPConfig(tuple(dims), tuple(dims.values()), 4, max_length=max_length, hidden=8, prompt=3, prototypes=4)
    torch.manual_seed(1)
    model, standardise = ComP(config).eval(), Standardiser.fit(learned)
    model.bank = prototype_bank(model, Batch.of(learned, standardise))
    card = Card(
        CHECKPOINT_FORMAT,
        "Reader",
        config,
        EMOTIONS,
        settings.sources,
        DataCard("random numbers", "0" * 64, "none"),
        None,
        (),
        versions(),
    )
    save_checkpoint(folder, model, card, standardise)
