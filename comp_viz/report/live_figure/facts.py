"""What the page of a live figure knows beside the model: the conversation, PyTorch's answers, patterns, colours."""

import shlex
from dataclasses import asdict
from typing import Any

import numpy as np

from comp_viz.analysis.live.change import change
from comp_viz.analysis.prediction import Prediction, predict_conversation
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Bools, Conversation, Task
from comp_viz.data.dataset import Utterances
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.entries import Uniform
from comp_viz.data.patterns.matrices import MAX_RATE, to_hex
from comp_viz.data.patterns.pattern import AS_RECORDED, Pattern
from comp_viz.figures.style import Palette, class_colours, modality_colours, modality_marks
from comp_viz.report.origin import Origin
from comp_viz.wording import fitting

RATE_STEP = 0.05  # of the slider of missing rates
DIGITS = 7  # of the numbers that are written out

CAPTION = (
    "Every square is one modality of one utterance. Paint squares away, or take whole modalities, and the model answers anew: "
    "the line is its fused prediction, the thin line the same with everything as recorded, rings (or bars at the foot) the labels. "
    "Contributions are exact Shapley values over all coalitions of modalities. What it shows is how this model uses what it is "
    "given, not what the people felt."
)


def figure_facts(origin: Origin, words: bool) -> dict[str, Any]:
    """Everything but the model, as JSON can hold it. Transcripts are in it only with `words`.

    Raises `CompVizError` when the conversation does not fit the model or the pattern not the conversation.
    """
    checkpoint, conversation, task = origin.checkpoint, origin.conversation, origin.data.task
    utterances = Utterances.of([conversation])
    check_lengths(utterances, checkpoint.config.max_length)
    observed = observed_entries(origin)
    here = predict_conversation(checkpoint, conversation, observed)
    complete = predict_conversation(checkpoint, conversation, conversation.observed)
    names = checkpoint.config.modalities
    marks = modality_marks(names)
    return {
        "modalities": [{"name": name, "mark": marks[name]} for name in names],
        "utterances": len(conversation),
        "task": asdict(task),
        "labels": label_list(conversation, task),
        "transcripts": list(conversation.words) if words else [],
        "recorded": to_hex(conversation.observed),
        "observed": to_hex(observed),
        "selected": change(here, complete, conversation.labels).most_changed,
        "drawn": drawn_patterns(utterances, task, origin.seed),
        "saved": saved_answer(here, observed),
        "complete": saved_answer(complete, conversation.observed),
        "weightsFrom": checkpoint.method.weights_from,
        "propagates": checkpoint.is_comp and checkpoint.comp.config.propagation,
    }


def observed_entries(origin: Origin) -> Bools:
    """What the pattern leaves of the conversation, `[S, M]`. Raises `CompVizError` when it does not fit."""
    utterances, pattern = Utterances.of([origin.conversation]), Pattern.parse(origin.pattern)
    pattern.check_data(utterances, origin.data.task)
    return pattern(utterances, origin.data.task, np.random.default_rng(origin.seed))


def label_list(conversation: Conversation, task: Task) -> list[float | int | None]:
    """Labels, None where unknown."""
    return [None if np.isnan(x) else int(x) if task.classes else round(float(x), DIGITS) for x in conversation.labels]


def drawn_patterns(utterances: Utterances, task: Task, seed: int) -> list[dict[str, Any]]:
    """The patterns of the slider: at each rate the one that `uniform(RATE)` draws with this seed everywhere else."""
    rates = [round(float(rate), 2) for rate in np.arange(0, MAX_RATE + RATE_STEP / 2, RATE_STEP)]
    drawn = {rate: Uniform(rate)(utterances, task, np.random.default_rng(seed)) for rate in rates}
    return [{"rate": rate, "observed": to_hex(observed)} for rate, observed in drawn.items()]


def saved_answer(prediction: Prediction, observed: Bools) -> dict[str, Any]:
    """A prediction by PyTorch: what is shown before the model is loaded, and what its numbers are compared with."""
    return {
        "observed": to_hex(observed),
        "fused": plain(prediction.fused),
        "heads": {name: plain(values) for name, values in prediction.heads.items()},
        "weights": plain(prediction.coordinator) if prediction.weighted else None,
    }


def plain(values: np.ndarray) -> list[float]:
    """Numbers in one row after the other."""
    return [round(float(value), DIGITS) for value in values.ravel()]


def colours(checkpoint: Checkpoint, palette: Palette) -> dict[str, str]:
    """Names that the page's style uses, with their colours."""
    named = {
        name: getattr(palette, name)
        for name in ("ink", "faint", "truth", "negative", "positive", "mark", "ground", "neutral")
    }
    named |= {
        f"m{m}": colour for m, colour in enumerate(modality_colours(palette, checkpoint.config.modalities).values())
    }
    classes = class_colours(palette, checkpoint.card.task.classes)
    return named | {f"c{c}": colour for c, colour in enumerate(list(classes.values())[: len(palette.classes)])}


def figure_title(origin: Origin) -> str:
    """The heading of the page."""
    method, name = origin.checkpoint.method.subject, origin.conversation.id
    return fitting(
        f"{method} reads conversation {name}: take modalities away and see what it says", f"{method}, live, on {name}"
    )


def command(origin: Origin, words: bool) -> str:
    """What makes the same file again."""
    parts = ["comp-viz", "figure", origin.name, "--data", origin.data_name, "--conversation", origin.conversation.id]
    parts += ["--missing", origin.pattern] if origin.pattern != AS_RECORDED else []
    return shlex.join([*parts, "--seed", str(origin.seed), *(["--words"] if words else []), "--out", "figure.html"])
