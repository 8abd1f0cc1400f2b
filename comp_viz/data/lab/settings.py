"""The lab's settings: what its conversations are made with, as values and as a text for commands and links."""

import re
from dataclasses import dataclass, fields
from typing import Any

from comp_viz.errors import CompVizError

LAB_EMOTIONS = ("neutral", "happy", "sad", "angry", "surprised", "afraid")
RANGES = {
    "seed": (0, 2**32 - 1), "conversations": (1, 20_000), "lengths": (1, 200), "strengths": (0, 10), "consensus": (0, 1),
    "hard": (0, 1), "context": (0, 0.99), "label_noise": (0, 1), "classes": (0, len(LAB_EMOTIONS)),
}  # fmt: skip
MOST_UTTERANCES = (
    60_000  # utterances in all when every conversation is as long as it may be; the text form comes from links
)
LONGEST_TEXT = 400  # characters, more than any settings need


@dataclass(frozen=True)
class LabSettings:
    """Settings of the lab; equal settings make equal conversations. Raises `CompVizError` for what is out of range."""

    seed: int = 7
    conversations: tuple[int, int, int] = (300, 40, 100)  # training, validation, test
    lengths: tuple[int, int] = (14, 36)  # shortest and longest, in utterances
    strengths: tuple[float, float, float] = (1.2, 2.0, 0.7)  # a_u of audio, text, video, in noise deviations
    consensus: float = 0.9  # chance that a modality expresses the utterance's emotion, else one of its own
    hard: float = 0.1  # chance that an utterance is hard: every modality is faint in it
    context: float = 0.5  # ρ, how much an emotion depends on the one before
    label_noise: float = 0.0  # chance that a label says nothing of the emotion
    classes: int = 0  # how many emotions; 0 for scores from -3 to 3

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            values, count = several(getattr(self, name)), len(several(getattr(LabSettings, name)))
            if len(values) != count or not all(low <= value <= high for value in values):
                numbers = "a number" if count == 1 else f"{count} numbers"
                raise CompVizError(
                    f"lab: {name} should be {numbers} from {low} to {high}, got {format_setting(values)}."
                )
        if self.lengths[0] > self.lengths[1]:
            raise CompVizError(
                f"lab: lengths should be the shortest and the longest, got {format_setting(self.lengths)}."
            )
        if self.classes == 1:
            raise CompVizError("lab: classes should be 2 or more, or 0 for scores, got 1.")
        if sum(self.conversations) * self.lengths[1] > MOST_UTTERANCES:
            raise CompVizError(
                f"lab: {sum(self.conversations)} conversations of up to {self.lengths[1]} utterances are more than {MOST_UTTERANCES:,} "
                "utterances. Ask for fewer or shorter conversations."
            )

    def __str__(self) -> str:
        """`lab`, or `lab(classes=4, hard=0.2)` naming what differs from the defaults; `parse` reads it."""
        changed = [f.name for f in fields(self) if getattr(self, f.name) != f.default]
        text = ", ".join(f"{name}={format_setting(several(getattr(self, name)))}" for name in changed)
        return f"lab({text})" if text else "lab"

    @classmethod
    def parse(cls, text: str) -> "LabSettings":
        """Read what `str` wrote. Raises `CompVizError` for anything else."""
        form = re.fullmatch(r"lab(?:\(([^()]*)\))?", text) if len(text) <= LONGEST_TEXT else None
        if not form:
            raise CompVizError(
                f"lab: expected lab or lab(name=value, …), such as lab(classes=4, strengths=1/2/0.5), got {short(text)}."
            )
        given: dict[str, Any] = {}
        for part in form[1].split(",") if form[1] else ():
            name, _, value = part.strip().partition("=")
            if name not in RANGES:
                raise CompVizError(f"lab: there is no setting {short(name)}, only {', '.join(RANGES)}.")
            if name in given:
                raise CompVizError(f"lab: {name} is given twice, expected once.")
            given[name] = parse_setting(name, value)
        return cls(**given)


def several(value: Any) -> tuple[Any, ...]:
    """The value of a setting as the numbers it is made of."""
    return value if isinstance(value, tuple) else (value,)


def format_setting(values: tuple[Any, ...]) -> str:
    """`(14, 36)` -> `14/36`, in as many digits as give the same numbers back."""
    return "/".join(str(v) if isinstance(v, int) else repr(float(v)).removesuffix(".0") for v in values)


def parse_setting(name: str, text: str) -> Any:
    """`14/36` -> `(14, 36)`, whole numbers where the setting counts something."""
    default = getattr(LabSettings, name)
    kind = type(several(default)[0])
    pattern = r"-?[0-9]+" if kind is int else r"-?[0-9]+(\.[0-9]+)?(e-?[0-9]+)?"
    parts = text.split("/")
    if not all(re.fullmatch(pattern, part) for part in parts):
        what = "whole numbers" if kind is int else "numbers"
        raise CompVizError(
            f"lab: {name} should be {what} such as {format_setting(several(default))}, got {short(text)}."
        )
    values = tuple(map(kind, parts))
    return values if isinstance(default, tuple) or len(values) > 1 else values[0]


def short(text: str) -> str:
    """A quotation that stays short, whatever came."""
    return repr(text if len(text) <= 40 else text[:40] + "…")


LAB_PRESETS = {
    "balanced": LabSettings(strengths=(1.4, 1.4, 1.4)),
    "one dominant modality": LabSettings(strengths=(0.5, 2.5, 0.5)),
    "one useless modality": LabSettings(strengths=(1.4, 1.8, 0.0)),
    "conflicting modalities": LabSettings(strengths=(1.8, 1.8, 1.8), consensus=0.5),
}
