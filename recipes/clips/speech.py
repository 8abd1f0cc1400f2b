"""Acted and spontaneous speech of several corpora, in four languages and many rooms. Split by speaker.

RAVDESS and EmoDB have to be there; nEMO (Polish, acted) and URDU (talk shows) are used where a checkout of their
repositories lies beside them (github.com/amu-cai/nEMO, github.com/siddiquelatif/URDU-Dataset).
"""

import csv
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from comp_viz.clips.media import RATE
from comp_viz.clips.reading import Read, read_audio
from comp_viz.clips.settings import Settings
from comp_viz.clips.voice import voiced_share, voiced_stretches
from comp_viz.data.conversation import Floats
from recipes.clips.alterations import altered
from recipes.clips.corpus import OTHER, Corpus, Item

RAVDESS, EMODB, NEMO, URDU = "ravdess_speech", "emodb_speech", "nEMO", "URDU-Dataset"
RAVDESS_LABELS = {"01": 0, "03": 1, "04": 2, "05": 3}  # third field of a file's name
EMODB_LABELS = {"N": 0, "F": 1, "T": 2, "W": 3}  # sixth letter of a file's name
NEMO_LABELS = {"neutral": 0, "happiness": 1, "sadness": 2, "anger": 3}
URDU_FOLDERS = ("Neutral", "Happy", "Sad", "Angry")
NEMO_EACH, NEMO_OTHERS = 9, 4  # files of a speaker and emotion, of one of the four and of another
# Recognised words begin up to a quarter of a second before the voice that is detected, and end with it or a little later.
BEFORE, AFTER = (0.0, 0.25), (-0.05, 0.15)  # seconds


def items(root: Path) -> list[Item]:
    """All files of the corpora that are there, then altered versions, `name~1`: half of RAVDESS, all of the others."""
    originals = [*ravdess(root / RAVDESS), *emodb(root / EMODB), *urdu(root / URDU), *nemo(root / NEMO)]
    again = [item for n, item in enumerate(originals) if not item.name.startswith(RAVDESS) or n % 2]
    return originals + [replace(item, name=f"{item.name}~1", altered=True) for item in again]


def ravdess(folder: Path) -> Iterator[Item]:
    """RAVDESS: 20 actors say two English sentences."""
    for path in sorted(folder.glob("*.flac")):
        fields = path.stem.split("-")
        actor = int(fields[-1])
        yield voice_item(folder, path, RAVDESS_LABELS[fields[2]], f"ravdess {actor}", split_of(actor, 5))


def emodb(folder: Path) -> Iterator[Item]:
    """EmoDB: ten actors say ten German sentences."""
    for path in sorted(folder.glob("*.flac")):
        yield voice_item(
            folder, path, EMODB_LABELS[path.stem[5]], f"emodb {path.stem[:2]}", split_of(int(path.stem[:2]), 5)
        )


def urdu(folder: Path) -> Iterator[Item]:
    """URDU: 38 people in talk shows."""
    for label, name in enumerate(URDU_FOLDERS):
        for path in sorted((folder / name).glob("*.wav")):
            speaker = path.stem.split("_")[0]
            item = voice_item(folder, path, label, f"urdu {speaker}", split_of(int(speaker[2:]), 4))
            yield replace(item, speaker="urdu")  # few of them have all emotions


def nemo(folder: Path) -> Iterator[Item]:
    """nEMO: nine actors say Polish sentences; a few of each, also of fear and surprise, which are none of the four."""
    by_kind: dict[tuple[str, str], list[str]] = {}
    if (folder / "data.tsv").is_file():
        with (folder / "data.tsv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                by_kind.setdefault((row["speaker_id"], row["emotion"]), []).append(row["file_id"])
    rng = np.random.default_rng(5)
    speakers = sorted({speaker for speaker, _ in by_kind})
    for (speaker, emotion), names in sorted(by_kind.items()):
        some = rng.permutation(sorted(names))[: NEMO_EACH if emotion in NEMO_LABELS else NEMO_OTHERS]
        for name in sorted(some):
            label = NEMO_LABELS.get(emotion, OTHER)
            yield voice_item(
                folder, folder / "samples" / name, label, f"nemo {speaker}", split_of(speakers.index(speaker), 4)
            )


def split_of(number: int, of: int) -> str:
    """Of so many speakers one is for validation and one for testing."""
    return {0: "validation", 1: "test"}.get(number % of, "train")


def voice_item(folder: Path, path: Path, label: int, speaker: str, split: str) -> Item:
    """A file as an item; its name is the corpus and its place in it."""
    return Item(f"{folder.name}/{path.relative_to(folder)}", label, split, speaker, speaker)


def reader(root: Path, settings: Settings) -> Callable[[Item], Read]:
    """Reads the stretch with voice, as it would be cut out of a clip."""
    names = dict(settings.extractors)["audio"]

    def read(item: Item) -> Read:
        name, _, version = item.name.partition("~")
        path = root / name
        rng = np.random.default_rng([int(version or 0), zlib.crc32(path.name.encode())])
        sound = samples(path)
        if version:
            sound = altered(sound, rng)
        voice = voiced_stretches(sound, settings.thresholds.speech)
        first, last = (voice[0][0], voice[-1][1]) if voice else (0.0, len(sound) / RATE)
        start = max(0.0, first - rng.uniform(*BEFORE))
        end = min(len(sound) / RATE, last + rng.uniform(*AFTER))
        part = sound[round(start * RATE) : round(end * RATE)]
        return read_audio(part, "", names, settings, voiced_share(voice, end - start, start))

    return read


def samples(path: Path) -> Floats:
    """A file's mono samples from -1 to 1 at 16 kHz."""
    import av

    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        frames = [f for frame in container.decode(audio=0) for f in resampler.resample(frame)]
        frames += resampler.resample(None)
        return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.float32)


CORPUS = Corpus(
    name="speech",
    modality="audio",
    files=(RAVDESS, EMODB),
    licence=(
        "RAVDESS (Livingstone and Russo, 2018): CC BY-NC-SA 4.0; EmoDB (Burkhardt et al., 2005): free for research; "
        "nEMO (Christop, 2024): CC BY-NC-SA 4.0; URDU (Latif et al., 2018): research use"
    ),
    items=items,
    reader=reader,
)
