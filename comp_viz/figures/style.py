"""The visual language, defined once: colours and marks of modalities, truth, prediction and availability."""

from collections.abc import Sequence
from dataclasses import dataclass

# The mark that always accompanies a colour.
MARKS = {"audio": "●", "text": "■", "video": "▲"}
SPARE_MARKS = ("★", "✚", "⬢", "▼")
FUSED_MARK = "◆"
SYMBOLS = {
    "●": "circle", "■": "square", "▲": "triangle-up", "◆": "diamond", "★": "star", "✚": "cross", "⬢": "hexagon",
    "▼": "triangle-down",
}  # fmt: skip


@dataclass(frozen=True)
class Palette:
    """Colours on a light or dark ground: Okabe-Ito tones, told apart with any kind of colour vision."""

    ink: str  # fused prediction, text
    faint: str  # grid, neutral line
    truth: str
    modality: dict[str, str]
    spare: tuple[str, ...]
    negative: str  # plum, a hue that no modality has: blue is text
    positive: str
    mark: str  # the selected utterance
    ground: str
    neutral: str  # the middle between negative and positive
    classes: tuple[str, ...]  # emotions, in label order, in hues that no modality has; the name always stands beside


LIGHT = Palette(
    ink="#1b1f24",
    faint="#c9ced6",
    truth="#6b7280",
    modality={"audio": "#d47f00", "text": "#0072b2", "video": "#009e73"},
    spare=("#cc79a7", "#a04400", "#642dd2", "#564029"),
    negative="#66166e",
    positive="#c8443c",
    mark="#7a3fb0",
    ground="#ffffff",
    neutral="#e8eaee",
    classes=("#5b6470", "#8a7300", "#b0568a", "#b3362d", "#6f4a2c", "#5f7d12", "#66166e", "#1e2350"),
)
DARK = Palette(
    ink="#f2f4f7",
    faint="#3d444f",
    truth="#a3abb8",
    modality={"audio": "#f0a830", "text": "#56b4e9", "video": "#009e73"},
    spare=("#e29cc4", "#7e6e1b", "#6d57db", "#ac3999"),
    negative="#b04be8",
    positive="#ef7d74",
    mark="#c79af0",
    ground="#0f1318",
    neutral="#39414c",
    classes=("#b4bcc8", "#e8d44d", "#ec9cc8", "#f0837a", "#c9a27c", "#b5d94c", "#d85fd8", "#fff0d8"),
)


def modality_colours(palette: Palette, modalities: tuple[str, ...]) -> dict[str, str]:
    """A colour for every modality, also those the published case does not have."""
    spare = iter(palette.spare * len(modalities))
    return {name: palette.modality.get(name) or next(spare) for name in modalities}


def modality_marks(modalities: tuple[str, ...]) -> dict[str, str]:
    """A mark for every modality, as a character."""
    spare = iter(SPARE_MARKS * len(modalities))
    return {name: MARKS.get(name) or next(spare) for name in modalities}


def modality_symbols(modalities: tuple[str, ...]) -> dict[str, str]:
    """The mark of every modality, by Plotly's name for it."""
    return {name: SYMBOLS[mark] for name, mark in modality_marks(modalities).items()}


def class_colours(palette: Palette, classes: tuple[str, ...]) -> dict[str, str]:
    """A colour for every class, in label order; beyond eight they repeat, and only the names tell classes apart."""
    return {name: palette.classes[i % len(palette.classes)] for i, name in enumerate(classes)}


def sequential(palette: Palette) -> list[list[float | str]]:
    """Colour scale of an amount, from nothing to much."""
    return [[0, palette.ground], [1, palette.mark]]


def letters_on(palette: Palette, share: float) -> str:
    """The tone, ink or ground, that stands out more from the colour of `sequential` at `share` of the way to much."""
    ends = [[int(tone[k : k + 2], 16) for k in (1, 3, 5)] for tone in (palette.ground, palette.mark)]
    behind = luminance([start + share * (end - start) for start, end in zip(*ends, strict=True)])
    tones = {tone: luminance([int(tone[k : k + 2], 16) for k in (1, 3, 5)]) for tone in (palette.ink, palette.ground)}
    return max(tones, key=lambda tone: contrast(tones[tone], behind))


def luminance(channels: Sequence[float]) -> float:
    """How bright red, green and blue of 0 to 255 look together, 0 to 1, as the web's accessibility guidelines define it."""
    shares = [channel / 255 for channel in channels]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    """The contrast of two luminances, 1 to 21."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def diverging(palette: Palette) -> list[list[float | str]]:
    """Colour scale from negative over neutral to positive."""
    return [[0, palette.negative], [0.5, palette.neutral], [1, palette.positive]]
