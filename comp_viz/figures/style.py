"""The visual language, defined once: colours and marks of modalities, truth, prediction and availability."""

from dataclasses import dataclass

# The mark that always accompanies a colour.
MARKS = {"audio": "●", "text": "■", "video": "▲"}
SPARE_MARKS = ("◆", "★", "✚", "⬢")


@dataclass(frozen=True)
class Palette:
    """Colours on a light or dark ground: Okabe-Ito tones, told apart with any kind of colour vision."""

    ink: str  # fused prediction, text
    faint: str  # grid, neutral line
    truth: str
    modality: dict[str, str]
    spare: tuple[str, ...]
    negative: str
    positive: str
    mark: str  # the selected utterance
    ground: str


LIGHT = Palette(
    ink="#1b1f24",
    faint="#c9ced6",
    truth="#6b7280",
    modality={"audio": "#d98200", "text": "#0072b2", "video": "#009e73"},
    spare=("#cc79a7", "#a04400", "#6f5fa8", "#7a7a00"),
    negative="#3b6fb6",
    positive="#c8443c",
    mark="#7a3fb0",
    ground="#ffffff",
)
DARK = Palette(
    ink="#f2f4f7",
    faint="#3d444f",
    truth="#a3abb8",
    modality={"audio": "#f0a830", "text": "#56b4e9", "video": "#2fc79a"},
    spare=("#e29cc4", "#e08a4f", "#a99be0", "#d6d24a"),
    negative="#6fa3e8",
    positive="#ef7d74",
    mark="#c79af0",
    ground="#0f1318",
)


def modality_colours(palette: Palette, modalities: tuple[str, ...]) -> dict[str, str]:
    """A colour for every modality, also those the published case does not have."""
    spare = iter(palette.spare * len(modalities))
    return {name: palette.modality.get(name) or next(spare) for name in modalities}


def modality_marks(modalities: tuple[str, ...]) -> dict[str, str]:
    """A mark for every modality, as a character."""
    spare = iter(SPARE_MARKS * len(modalities))
    return {name: MARKS.get(name) or next(spare) for name in modalities}
