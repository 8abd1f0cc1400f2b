"""RAVDESS: 20 actors speak two sentences in several emotions. Split by actor."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from comp_viz.clips.media import RATE
from comp_viz.clips.reading import Read, read_audio
from comp_viz.clips.settings import Settings
from comp_viz.clips.voice import voiced_share, voiced_stretches
from comp_viz.data.conversation import Floats
from comp_viz.errors import CompVizError
from recipes.clips.corpus import Corpus, Item

FOLDER = "ravdess_speech"
LABELS = {"01": 0, "03": 1, "04": 2, "05": 3}  # third field of a file's name
VALIDATION, TEST = range(13, 17), range(17, 21)  # actors, half of them women as in training
# Recognised words begin half a second before the voice that is detected in these files, and end with it (seven files).
BEFORE, AFTER = 0.5, -0.05  # seconds
ALTERED = {"train": 2, "validation": 1, "test": 1}  # altered versions of each file
GAIN, NOISE, ROOM = (
    (-10.0, 25.0),
    (5.0, 40.0),
    0.4,
)  # dB louder; dB of speech over noise; seconds more or less at the ends


def items(root: Path) -> list[Item]:
    """All files by name, then the altered versions, `name~1` and so on."""
    originals = []
    for path in sorted((root / FOLDER).glob("*.flac")):
        fields = path.stem.split("-")
        actor = int(fields[-1])
        split = "test" if actor in TEST else "validation" if actor in VALIDATION else "train"
        originals.append(Item(path.stem, LABELS[fields[2]], split, f"actor {actor}", f"actor {actor}"))
    versions = [
        Item(f"{i.name}~{n + 1}", i.label, i.split, i.group, i.speaker, altered=True)
        for n in range(max(ALTERED.values()))
        for i in originals
        if n < ALTERED[i.split]
    ]
    return originals + versions


def reader(root: Path, settings: Settings) -> Callable[[Item], Read]:
    """Reads the stretch with voice, as it would be cut out of a clip."""
    names = dict(settings.extractors)["audio"]

    def read(item: Item) -> Read:
        name, _, version = item.name.partition("~")
        sound = samples(root / FOLDER / f"{name}.flac")
        first, last = BEFORE, AFTER
        voice = voiced_stretches(sound, settings.thresholds.speech) or [(0.0, len(sound) / RATE)]
        if version:
            rng = np.random.default_rng([int(version), *map(int, name.split("-"))])
            first, last = first + rng.uniform(-ROOM, ROOM), last + rng.uniform(0, ROOM)
            sound = altered(sound, rng)
        start, end = max(0.0, voice[0][0] - first), min(len(sound) / RATE, voice[-1][1] + last)
        part = sound[round(start * RATE) : round(end * RATE)]
        return read_audio(part, "", names, settings, voiced_share(voice, end - start, start))

    return read


def altered(sound: Floats, rng: np.random.Generator) -> Floats:
    """The same sound at another level and in noise: microphones differ, and the corpus knows only one room."""
    power = float(np.mean(np.square(sound, dtype=np.float64)))
    noise = rng.standard_normal(len(sound)) * np.sqrt(power / 10 ** (rng.uniform(*NOISE) / 10))
    gain = 10 ** (rng.uniform(*GAIN) / 20)
    loud: Floats = np.clip((sound + noise) * gain, -1, 1).astype(np.float32)
    return loud


def samples(path: Path) -> Floats:
    """A file's mono samples from -1 to 1 at 16 kHz, which is how the corpus comes."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        if stream.rate != RATE or stream.channels != 1:
            raise CompVizError(
                f"{path.name}: expected mono at {RATE} Hz, got {stream.channels} channels at {stream.rate} Hz."
            )
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        frames = [f for frame in container.decode(stream) for f in resampler.resample(frame)]
        return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.float32)


CORPUS = Corpus(
    name="RAVDESS speech",
    modality="audio",
    files=(FOLDER,),
    licence="RAVDESS (Livingstone and Russo, 2018): CC BY-NC-SA 4.0",
    items=items,
    reader=reader,
)
