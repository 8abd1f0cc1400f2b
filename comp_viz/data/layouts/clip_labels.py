"""The labels of clips in MERTools: which of them is learned, and what it means."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comp_viz.data.conversation import Task
from comp_viz.data.findings import Findings
from comp_viz.data.layouts.choices import Choices
from comp_viz.data.layouts.values import text_of
from comp_viz.data.published.labels import IEMOCAP_EMOTIONS, SESSION
from comp_viz.errors import CompVizError
from comp_viz.wording import how_many, shortened

NO_VALUE = -10  # of a valence that is not there
MER_EMOTIONS = ("neutral", "angry", "happy", "sad", "worried", "surprise")
# Not in the order of MELD's authors.
MELD_OF_MERTOOLS = ("anger", "joy", "sadness", "neutral", "disgust", "fear", "surprise")
DIALOGUE = re.compile(r"(train|val|test)_dia\d+_utt\d+")
VALENCE_SCALES = (1.0, 3.0, 5.0)  # CH-SIMS, MOSI and MOSEI, MER


@dataclass(frozen=True)
class LabelledClip:
    """One utterance of a label file."""

    name: str
    split: str
    labels: Mapping[str, Any]
    words: str = ""


def why_no_label(name: str, choices: Choices) -> str:
    """Why a label of the clips is not the one that is learned."""
    questions = [choice for choice in choices.made if choice.name == "labels" and name in choice.alternatives]
    return f"choice labels={name}" if questions else "the same for all clips"


def choose_clip_labels(
    path: Path, clips: Sequence[LabelledClip], choices: Choices, findings: Findings
) -> tuple[str, list[Any], Task | None]:
    """Ask which label is learned: names of its key, values `[N]` and task. One that is always the same stands for none."""
    keys = list(dict.fromkeys(key for clip in clips for key in clip.labels))
    columns = {key: [plain_label(clip.labels.get(key)) for clip in clips] for key in keys}
    telling = [key for key, values in columns.items() if len({value for value in values if value is not None}) > 1]
    if not telling:
        raise CompVizError(
            f"{path.name}: all clips have the same labels ({shortened(', '.join(map(str, keys)), 200)}), nothing can be learned."
        )
    key = (
        choices.pick("labels", telling, "which of the labels of a clip is learned") if len(telling) > 1 else telling[0]
    )
    values = columns[key]
    if unknown := sum(value is None for value in values):
        findings.problem(path.name, f"{how_many(unknown, 'clip')} without {shortened(key, 40)!r}, label unknown")
    return key, values, clip_task(clips, key, [value for value in values if value is not None])


def plain_label(value: Any) -> str | int | float | None:
    """A label as text or number, None where there is none."""
    if isinstance(value, float) and (value != value or value == NO_VALUE):
        return None
    if isinstance(value, int) and value == NO_VALUE:
        return None
    if isinstance(value, str | bytes):
        text = text_of(value, "a label")
        return float(text) if re.fullmatch(r"[+-]?\d+\.\d*", text) else text or None
    if not isinstance(value, int | float | None):
        raise CompVizError(f"a label is a {type(value).__name__}, expected text or a number.")
    return value


def clip_task(clips: Sequence[LabelledClip], key: str, values: Sequence[Any]) -> Task | None:
    """What labels mean: classes of MER, MELD and IEMOCAP in the order of MERTools, or a score on a known scale."""
    different = set(values)
    if key == "emo" and different <= set(MER_EMOTIONS):
        return Task("emotion", MER_EMOTIONS)
    if any(isinstance(value, str) for value in different):
        return None
    if key == "emo" and all(isinstance(value, int) for value in different):
        if all(DIALOGUE.fullmatch(clip.name) for clip in clips):
            return Task("emotion", MELD_OF_MERTOOLS)
        if all(SESSION.match(clip.name) for clip in clips):
            return Task("emotion", IEMOCAP_EMOTIONS[:4] if max(different) < 4 else IEMOCAP_EMOTIONS)
        return None
    reach = max(map(abs, different))
    scale = next((scale for scale in VALENCE_SCALES if reach <= scale), None)
    return Task("sentiment", low=-scale, high=scale) if scale else None
