"""Many channels become one: the mean of those that carry a voice, so that it is as loud however many channels carry it."""

from collections.abc import Iterator
from typing import Any

import numpy as np

BLOCK, BAND = 320, slice(5, 81)  # samples of 20 ms; 250 to 4000 Hz in their spectrum
SYLLABLES = (2.5, 8.0)  # changes of loudness per second that voices have, and hum, hiss and held notes have not
LOUDEST_SHARE = 4.0  # times the loudness of the loudest twentieth, at most: one knock is no voice
CHUNK = 16_000 * 10
CARRIES = 0.1  # of the voice in the channel with most: channels with less are left out
ALIKE = 0.9  # the same where one channel is chosen: of those with so much, the first is taken
CANCELLED = 0.5  # of the power that channels without anything in common would have together
PLACES = {
    "FC": 8.0,
    "LFE": 0.0,
    "B": 0.5,
    "S": 0.5,
    "T": 0.5,
}  # how a channel's name begins -> how likely it has the voice

Samples = Any  # numpy array of float32, [samples, channels]


def mix_in_place(sound: Samples, others: list[Samples], parts: list[tuple[int, int]], names: tuple[str, ...]) -> str:
    """Mix some parts of a sound, its first channel in `sound` and the `others` beside it, into `sound`; a note, or "".

    All parts share one layout of channels, and so the weights, which are found over all of them.
    """
    channels = [sound, *others[: len(names) - 1]]

    def chunks() -> Iterator[tuple[int, Samples]]:
        for begin, end in parts:
            for at in range(begin, end, CHUNK):
                yield at, np.stack([channel[at : min(at + CHUNK, end)] for channel in channels], 1)

    loud = np.concatenate([loudness(x) for _, x in chunks()])  # [blocks, channels]
    voice = np.array([voice_in(loud[:, i]) for i in range(len(channels))]) * np.array([expected(n) for n in names])
    carries = voice >= CARRIES * voice.max() if voice.any() else np.arange(len(channels)) == 0
    weights = carries / carries.sum()
    best = int(np.argmax(voice >= ALIKE * voice.max()))
    note = ""
    if carries.sum() == 1:
        note = f"of {len(names)} channels, only {called(names, best)} carries a voice and was taken"
    elif mean_power(chunks(), weights) < CANCELLED * (weights**2 * loud.mean(0)).sum():
        weights = np.eye(len(channels))[best]
        note = f"the {len(names)} channels cancel each other, so only {called(names, best)} was taken"
    elif not carries.all():
        note = f"of {len(names)} channels, the {carries.sum()} that carry a voice were averaged"
    elif len(names) > 2:
        note = f"{len(names)} channels were averaged"
    weights = weights.astype(np.float32)
    for at, x in chunks():
        sound[at : at + len(x)] = x @ weights
    return note if loud.any() else ""


def mean_power(chunks: Iterator[tuple[int, Samples]], weights: Samples) -> float:
    """Power in the band of speech of channels mixed by these weights."""
    return float(np.concatenate([loudness((x @ weights)[:, None]) for _, x in chunks]).mean())


def loudness(samples: Samples) -> Samples:
    """Power of every 20 ms in the band of speech, [blocks, channels]."""
    whole = len(samples) // BLOCK * BLOCK
    if not whole:
        return np.zeros((0, samples.shape[1]))
    blocks = samples[:whole].reshape(-1, BLOCK, samples.shape[1])
    spectrum = np.fft.rfft(blocks, axis=1)[:, BAND]
    return (spectrum.real**2 + spectrum.imag**2).sum(1) * (2 / BLOCK**2)


def voice_in(loud: Samples) -> float:
    """How much there is of what goes up and down as syllables do."""
    if not loud.any():
        return 0.0
    loud = np.minimum(loud, LOUDEST_SHARE * np.quantile(loud, 0.95))
    mean = loud.mean()
    if len(loud) < 50 or mean <= 0:
        return float(mean)
    changes = np.abs(np.fft.rfft(loud / mean - 1)) ** 2
    rate = np.fft.rfftfreq(len(loud), 0.02)
    changes = changes[(rate >= SYLLABLES[0]) & (rate <= SYLLABLES[1])]
    flat = np.exp(np.log(changes + 1e-12).mean()) / (changes.mean() + 1e-12)  # beats of music come at few rates alone
    return float(mean * changes.sum() * flat * 2 / len(loud) ** 2)


def expected(name: str) -> float:
    """How likely a channel carries the voice, by its place in the room."""
    return next((share for begins, share in PLACES.items() if name.startswith(begins)), 1.0)


def called(names: tuple[str, ...], number: int) -> str:
    """A channel, for people."""
    known = {"FL": "the left one", "FR": "the right one", "FC": "the one in the centre"}
    return known.get(names[number], f"number {number + 1}")
