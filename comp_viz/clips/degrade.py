"""Spoils chosen utterances of an analysed clip as the world would, and extracts anew only what that changes."""

from dataclasses import dataclass

from comp_viz.clips.clip import Clip

SOUND = {
    "mute": "no sound at all",
    "noise": "white noise; amount is the signal-to-noise ratio in dB, from -10 to 40",
}
PICTURES = {
    "black": "black pictures",
    "blur": "amount is the radius as a share of the picture's longer side, from 0 to 0.1",
    "pixels": "low resolution; amount is the longer side in pixels, from 8 to 720",
    "freeze": "the utterance's first picture throughout",
}
WORDS = {
    "rewrite": "other words, in `text`",
    "drop": "amount is the share of words dropped, from 0 to 1, drawn by `seed`",
}
KINDS = SOUND | PICTURES | WORDS


@dataclass(frozen=True)
class Degradation:
    """One way of spoiling some utterances."""

    kind: str  # one of KINDS
    utterances: tuple[int, ...]  # counted from 0
    amount: float = 0.0  # what it means depends on the kind
    text: str = ""  # for "rewrite"
    seed: int = 0  # for "noise" and "drop"
    listen_again: bool = True  # after "mute" and "noise", recognise the words anew from what can still be heard


def degrade(clip: Clip, degradations: tuple[Degradation, ...]) -> Clip:
    """The clip with these degradations, in order. `clip` itself is never changed, and everything they leave alone is shared.

    Raises `CompVizError` for a kind, an utterance or an amount that there is not.
    """
    raise NotImplementedError
