"""Sound files of every kind that visitors bring, made from one small data set, and damaged ones made of them from a seed."""

import io
import json
import pickle
import random
import shutil
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from comp_viz.data.conversation import SPLITS, Conversation
from comp_viz.data.dataset import DataSet
from comp_viz.data.table.writer import write_table

ODD = (
    b"",
    b"nan",
    b"1e999",
    b"-1",
    b"null",
    b'"',
    b"[",
    b"9" * 400,
    b"\xff\xfe",
    b"![](http://127.0.0.1:9/x)",
    b"\x00",
)
WRITTEN = (".csv", ".jsonl", ".json", ".yaml")  # kinds of text: single words of them are replaced, too
CARD, WEIGHTS = "config.json", "model.safetensors"


def sound_files(data: DataSet, folder: Path) -> Iterator[Path]:
    """Write the data set as every kind of file that holds one; all but their features are the same."""
    for kind in ("arrow", "parquet"):
        write_table(folder / f"sound.{kind}", data)
        yield folder / f"sound.{kind}"
    rows = pd.concat([rows_of(one) for one in data.conversations], ignore_index=True)
    wide = pd.DataFrame(
        {f"{u}_{n}": np.stack(rows[f"features.{u}"])[:, n] for u, width in data.widths.items() for n in range(width)}
    )
    flat = pd.concat([rows.drop(columns=[f"features.{u}" for u in data.widths]), wide], axis=1)
    for name, write in (
        ("sound.csv", lambda path: flat.to_csv(path, index=False)),
        ("sound.jsonl", lambda path: rows.to_json(path, orient="records", lines=True)),
        ("sound.npz", lambda path: np.savez_compressed(path, **padded(data))),
        ("sound.pkl", lambda path: path.write_bytes(pickle.dumps(by_split(data)))),
    ):
        write(folder / name)
        yield folder / name


def rows_of(one: Conversation) -> pd.DataFrame:
    """A conversation with a row an utterance, features as lists."""
    rows = pd.DataFrame({
        "conversation": one.id, "position": range(len(one)), "split": one.split, "speaker": one.speakers,
        "words": one.words, "label": one.labels,
    })  # fmt: skip
    return rows.assign(**{f"features.{u}": x.astype(float).round(4).tolist() for u, x in one.features.items()})


def padded(data: DataSet) -> dict[str, np.ndarray]:
    """The arrays of an `.npz`."""
    lengths = np.array([len(one) for one in data.conversations])
    shape = (len(lengths), lengths.max())
    arrays = {u: np.zeros((*shape, width), np.float32) for u, width in data.widths.items()} | {
        "labels": np.zeros(shape)
    }
    for row, one in enumerate(data.conversations):
        arrays["labels"][row, : len(one)] = one.labels
        for u, x in one.features.items():
            arrays[u][row, : len(one)] = x
    return arrays | {"lengths": lengths, "split": np.array([SPLITS.index(one.split) for one in data.conversations])}


def by_split(data: DataSet) -> dict[str, dict[str, object]]:
    """The dictionaries of a pickle of MMSA."""
    made = {}
    for name, split in zip(("train", "valid", "test"), SPLITS, strict=True):
        there = data.split(split)
        features = {u: np.concatenate([one.features[u] for one in there])[:, None] for u in data.widths}
        made[name] = {
            "id": [f"{one.id}$_${n}" for one in there for n in range(len(one))], "text": features["text"], "audio": features["audio"],
            "vision": features["video"], "raw_text": [words for one in there for words in one.words],
            "regression_labels": np.concatenate([one.labels for one in there]),
        }  # fmt: skip
    return made


def beep() -> bytes:
    """A second of a tone as a WAV file."""
    content, times = io.BytesIO(), np.arange(16_000) / 16_000
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((8000 * np.sin(2 * np.pi * 440 * times)).astype("<i2").tobytes())
    return content.getvalue()


def damage(content: bytes, rng: random.Random, written: bool = False) -> bytes:
    """Another content: pieces flipped, cut out, doubled or blanked, words of texts replaced, the rest perhaps cut off."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        near_end = len(changed) - 1 - rng.randrange(min(2000, len(changed)))  # where footers and directories are
        at = rng.choice((rng.randrange(len(changed)), near_end))
        piece = slice(at, at + rng.choice((1, 4, 64, 1000)))
        kind = rng.choice(("flip", "cut", "double", "blank", "word" if written else "flip"))
        if kind == "flip":
            changed[at] = rng.randrange(256)
        elif kind == "cut" and len(changed) > 2000:
            del changed[piece]
        elif kind == "double":
            changed[at:at] = changed[piece]
        elif kind == "blank":
            changed[piece] = bytes(len(changed[piece]))
        elif kind == "word":
            changed = replace_word(changed, at, rng.choice(ODD))
    return bytes(changed[: rng.randrange(1, len(changed))] if rng.random() < 0.2 else changed)


def replace_word(content: bytearray, at: int, word: bytes) -> bytearray:
    """The text with the number or word at a place replaced."""
    begin = end = at
    while begin and content[begin - 1 : begin].isalnum():
        begin -= 1
    while end < len(content) and content[end : end + 1].isalnum():
        end += 1
    return content[:begin] + word + content[end:]


@dataclass
class Damaged:
    """What visitors bring and find, made from a seed."""

    uploads: list[tuple[str, bytes]] = field(default_factory=list)  # data sets to hand over: name and content
    clips: list[tuple[str, bytes]] = field(default_factory=list)
    data: list[str] = field(default_factory=list)  # names in the data root
    checkpoints: list[str] = field(default_factory=list)
    stories: list[str] = field(default_factory=list)


def write_damaged(product: Path, root: Path, data: DataSet, count: int, seed: int) -> Damaged:
    """Put damaged checkpoints and stories into a copy of the product and damaged files into a data root, `count` of each kind of
    thing, with `sound.arrow`; and make as many to be handed over."""
    rng, made = random.Random(seed), Damaged()
    sound = list(sound_files(data, root))
    for number in range(count):
        source = sound[number % len(sound)]
        made.data.append(f"damaged-{number:03d}{source.suffix}")
        (root / made.data[-1]).write_bytes(damage(source.read_bytes(), rng, source.suffix in WRITTEN))
        source = sound[(number + 1) % len(sound)]
        made.uploads.append(
            (f"upload-{number:03d}{source.suffix}", damage(source.read_bytes(), rng, source.suffix in WRITTEN))
        )
    clips = ((product / "examples" / "example.mp4").read_bytes(), ".mp4"), (beep(), ".wav")
    for number in range(count):
        content, suffix = clips[number % len(clips)]
        made.clips.append((f"clip-{number:03d}{suffix}", damage(content, rng)))
        made.checkpoints.append(damaged_checkpoint(product / "checkpoints", f"damaged-{number:03d}", rng))
        made.stories.append(damaged_story(product / "stories", f"damaged-{number:03d}", rng))
    for path in sound[1:]:
        path.unlink()
    return made


def damaged_checkpoint(folder: Path, name: str, rng: random.Random) -> str:
    """A copy of the lab's checkpoint of which one file is damaged; its name."""
    shutil.copytree(folder / "lab", folder / name)
    files = sorted(path for path in (folder / name).rglob("*") if path.suffix in (".json", ".safetensors", ".parquet"))
    path = rng.choice([folder / name / CARD, folder / name / WEIGHTS, *files])
    path.write_bytes(damage(path.read_bytes(), rng, path.suffix in WRITTEN))
    if rng.random() < 0.3:
        misfit_card(folder / name / CARD, rng)
    return name


def misfit_card(path: Path, rng: random.Random) -> None:
    """Put something odd at a random place of a card that still is JSON; left as it is where it is none any more."""
    try:
        card = json.loads(path.read_bytes())
    except ValueError:
        return
    inside = card
    while True:
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        key = rng.choice(keys)
        if not isinstance(inside[key], dict | list) or not inside[key] or rng.random() < 0.2:
            break
        inside = inside[key]
    inside[key] = rng.choice((None, [], {}, -1, "9" * 30, [[]], True, 1e300, "![](http://127.0.0.1:9/x)"))
    path.write_text(json.dumps(card))


def damaged_story(folder: Path, name: str, rng: random.Random) -> str:
    """A story that is damaged; its name."""
    source = rng.choice(sorted(path for path in folder.glob("*.yaml") if not path.stem.startswith("damaged")))
    (folder / f"{name}.yaml").write_bytes(damage(source.read_bytes(), rng, written=True))
    return name
