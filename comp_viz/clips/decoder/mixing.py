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
APART = 4.0  # times as loud as all others together: such a channel speaks alone
MOSTLY, IN_TURN = 0.5, 0.02  # of all loudness: where channels speak alone, and each of those that speak in turn
TURN = 100  # blocks in which somebody may speak who is silent for the rest
SMOOTH = 11  # blocks over which shares change
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
    places = np.array([expected(name) for name in names])
    voice = voices_in(loud) * places
    carries = voice >= CARRIES * voice.max() if voice.any() else np.arange(len(channels)) == 0
    carries |= speaks_at_times(loud, places)
    weights = carries / carries.sum()
    best = int(np.argmax(voice >= ALIKE * voice.max()))
    note = ""
    if carries.sum() == 1:
        note = f"of {len(names)} channels, only {called(names, best)} carries a voice and was taken"
    elif mean_power(chunks(), weights) < CANCELLED * (weights**2 * loud.mean(0)).sum():
        weights = np.eye(len(channels))[best]
        note = f"the {len(names)} channels cancel each other, so only {called(names, best)} was taken"
    elif (shares := alternating(loud * carries)) is not None:
        mix_by_shares(sound, chunks(), shares)
        return f"{carries.sum()} channels carry a voice of their own, each of which was taken while it speaks"
    elif not carries.all():
        note = f"of {len(names)} channels, the {carries.sum()} that carry a voice were averaged"
    elif len(names) > 2:
        note = f"{len(names)} channels were averaged"
    weights = weights.astype(np.float32)
    for at, x in chunks():
        sound[at : at + len(x)] = x @ weights
    return note if loud.any() else ""


def speaks_at_times(loud: Samples, places: Samples) -> Samples:
    """Which channels carry a voice that speaks too seldom to count over the whole, [channels], mostly while others do not."""
    windows = [slice(at, at + TURN) for at in range(0, max(1, len(loud) - TURN + 1), TURN // 2)]
    voice = np.stack([voices_in(loud[window]) for window in windows]) * places  # [windows, channels]
    own = loud * alone(loud)
    apart = np.stack([own[window].sum(0) > MOSTLY * loud[window].sum(0) for window in windows])
    seldom: Samples = ((voice >= CARRIES * voice.max()) & apart).any(0)
    return seldom


def alone(loud: Samples) -> Samples:
    """Where a channel is by far louder than all others together, [blocks, channels]."""
    apart: Samples = loud >= APART * (loud.sum(1, keepdims=True) - loud)
    return apart


def voices_in(loud: Samples) -> Samples:
    """`voice_in` of each channel."""
    return np.array([voice_in(channel) for channel in loud.T])


def alternating(loud: Samples) -> Samples | None:
    """Shares of each channel over time, [blocks, channels], where several speak in turn; None where they speak alike.

    As in a mixer for meetings, whoever speaks has the whole gain, and those who speak at once divide it.
    """
    spoken, whole = (loud * alone(loud)).sum(0), loud.max(1).sum()
    if spoken.sum() < MOSTLY * whole or (spoken >= IN_TURN * whole).sum() < 2:
        return None
    window = np.ones(SMOOTH) / SMOOTH
    smooth = np.stack([np.convolve(channel, window, "same") for channel in loud.T], 1) + (loud.any(0) * 1e-12)
    shares: Samples = smooth / smooth.sum(1, keepdims=True)
    return shares


def mix_by_shares(sound: Samples, chunks: Iterator[tuple[int, Samples]], shares: Samples) -> None:
    """Mix channels into `sound` by shares that change from block to block, without steps."""
    centres, before = (np.arange(len(shares)) + 0.5) * BLOCK, 0
    for at, x in chunks:
        samples = before + np.arange(len(x))
        weights = np.stack([np.interp(samples, centres, channel) for channel in shares.T], 1).astype(np.float32)
        sound[at : at + len(x)] = (x * weights).sum(1)
        before += len(x) // BLOCK * BLOCK


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
