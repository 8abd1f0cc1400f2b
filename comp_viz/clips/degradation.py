"""Ways to degrade an utterance as the world would: what each does to samples, pictures and words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from comp_viz.clips.media import Picture
from comp_viz.clips.span import Span, Word
from comp_viz.data.conversation import Floats
from comp_viz.errors import CompVizError

# Kind -> what it does, lowest and highest amount.
SOUND = {
    "mute": ("no sound at all", 0.0, 0.0),
    "noise": ("white noise; amount is the signal-to-noise ratio in dB", -20.0, 60.0),
}
PICTURES = {
    "black": ("black pictures", 0.0, 0.0),
    "blur": ("amount is the deviation of the blur as a share of the picture's longer side", 0.0, 0.1),
    "pixels": ("low resolution; amount is the longer side in pixels", 4.0, 720.0),
    "freeze": ("the utterance's first picture throughout", 0.0, 0.0),
}
WORDS = {
    "rewrite": ("other words, in `text`", 0.0, 0.0),
    "drop": ("amount is the share of words dropped, drawn by `seed`", 0.0, 1.0),
}
KINDS = SOUND | PICTURES | WORDS


@dataclass(frozen=True)
class Degradation:
    """One way to degrade some utterances. Raises `CompVizError` for a kind or an amount that there is not."""

    kind: str  # one of KINDS
    utterances: tuple[int, ...]  # counted from 0
    amount: float = 0.0  # what it means depends on the kind
    text: str = ""  # for "rewrite"
    seed: int = 0  # for "noise" and "drop"
    listen_again: bool = True  # after "mute" and "noise", recognise the words anew from what can still be heard

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise CompVizError(f"degradation: expected one of {', '.join(KINDS)}, got {self.kind!r}.")
        _, low, high = KINDS[self.kind]
        if not low <= self.amount <= high:
            raise CompVizError(f"{self.kind}: expected an amount from {low:g} to {high:g}, got {self.amount:g}.")


def degrade_sound(sound: Floats, degradation: Degradation) -> Floats:
    """An utterance's samples after a degradation of sound, `[n]` both ways."""
    if degradation.kind == "mute":
        return np.zeros_like(sound)
    power = float(np.mean(np.square(sound, dtype=np.float64))) if len(sound) else 0.0
    noise = np.random.default_rng(degradation.seed).normal(size=len(sound))
    noise *= np.sqrt(power / 10 ** (degradation.amount / 10))
    return np.clip(sound + noise, -1, 1).astype(np.float32)


def degrade_pictures(pictures: Sequence[Picture], degradation: Degradation) -> list[Picture]:
    """An utterance's pictures after a degradation of pictures, as many and as large."""
    if degradation.kind == "black":
        return [np.zeros_like(picture) for picture in pictures]
    if degradation.kind == "freeze":
        return [pictures[0]] * len(pictures)
    change = blur_picture if degradation.kind == "blur" else coarsen_picture
    return [change(picture, degradation.amount) for picture in pictures]


def blur_picture(picture: Picture, share: float) -> Picture:
    """The picture out of focus."""
    from PIL import Image, ImageFilter

    radius = share * max(picture.shape[:2])
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


def coarsen_picture(picture: Picture, side: float) -> Picture:
    """The picture as if taken with few pixels, shown as large as before."""
    from PIL import Image

    whole = Image.fromarray(picture)
    scale = min(1.0, side / max(whole.size))
    small = whole.resize(
        (max(1, round(whole.width * scale)), max(1, round(whole.height * scale))), Image.Resampling.BOX
    )
    return np.asarray(small.resize(whole.size, Image.Resampling.NEAREST))


def degrade_words(span: Span, degradation: Degradation) -> Span:
    """The utterance with other or fewer words; its place in time stays."""
    if degradation.kind == "rewrite":
        return replace(span, words=words_from_text(degradation.text, span))
    kept = np.random.default_rng(degradation.seed).random(len(span.words)) >= degradation.amount
    return replace(span, words=tuple(word for word, keep in zip(span.words, kept, strict=True) if keep))


def words_from_text(text: str, span: Span) -> tuple[Word, ...]:
    """What a visitor wrote as words spread evenly over the utterance, each certain."""
    texts = text.split()
    edges = np.linspace(span.start, span.end, len(texts) + 1)
    return tuple(Word(text, float(a), float(b), 1.0) for text, a, b in zip(texts, edges, edges[1:], strict=False))
