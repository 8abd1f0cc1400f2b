"""Reports made without a page: one conversation, and where several checkpoints are given their comparison over a split."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

import numpy as np
import pandas as pd

from comp_viz.analysis.compare.comparison import accuracy_under_pattern, compare_predictors
from comp_viz.analysis.compare.difficulty import known_difficulty
from comp_viz.analysis.compare.predictions import drawings_by_pattern, drawings_in_order, pattern_names, predict_drawing
from comp_viz.analysis.live.change import change
from comp_viz.analysis.prediction import FUSED, predict_conversation
from comp_viz.analysis.robustness.drawings import Drawing
from comp_viz.analysis.robustness.scores import counted_labels
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.dataset import Utterances
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError
from comp_viz.figures.compare.heading import comparison_heading
from comp_viz.figures.style import LIGHT
from comp_viz.report.compare import compare_sections, differences_section
from comp_viz.report.html import Report
from comp_viz.report.live import timeline_section
from comp_viz.report.origin import Origin, origin_facts
from comp_viz.report.section import Section
from comp_viz.report.words import transcripts

DASHBOARD = "http://localhost:8501"  # where `make run` puts it


@dataclass(frozen=True)
class ReportPart:
    """A heading with the sections below it."""

    finding: str
    sections: list[Section]


def conversation_part(origin: Origin) -> ReportPart:
    """The conversation under the pattern against itself as recorded, as on the Live page. Raises `CompVizError`."""
    conversation, task = origin.conversation, origin.data.task
    utterances, pattern = Utterances.of([conversation]), Pattern.parse(origin.pattern)
    pattern.check_data(utterances, task)
    check_lengths(utterances, origin.checkpoint.config.max_length)
    observed = pattern(utterances, task, np.random.default_rng(origin.seed))
    here = predict_conversation(origin.checkpoint, conversation, observed)
    complete = predict_conversation(origin.checkpoint, conversation, conversation.observed)
    changed = change(here, complete, conversation.labels)
    section = timeline_section(here, complete, changed, conversation, changed.most_changed, LIGHT)
    return ReportPart(section.title, [section])


def comparison_part(origins: Sequence[Origin], split: str) -> ReportPart:
    """The fused predictions of several checkpoints over a split, as on the Compare page. Raises `CompVizError`."""
    first = origins[0]
    task, conversations = first.data.task, first.data.split(split)
    utterances, modalities = Utterances.of(conversations), first.data.modalities
    if not counted_labels(task, utterances.labels):
        raise CompVizError(f"No utterance of the {split} split has a label that counts, so nothing says what is right.")
    Pattern.parse(first.pattern).check_data(utterances, task)
    passes = drawings_in_order(modalities, first.pattern, first.seed)
    made = {}
    for one in origins:
        check_lengths(utterances, one.checkpoint.config.max_length)
        stream = Stream(conversations, one.checkpoint.standardise, one.checkpoint.model.device)
        made[one.name] = {each: predict_drawing(one.checkpoint, task, stream, each) for each in passes}

    def predictions(some: Sequence[Drawing]) -> dict[str, np.ndarray]:
        return {name: np.stack([done[one].predictions[FUSED] for one in some]) for name, done in made.items()}

    drawings = drawings_by_pattern(modalities, first.pattern, first.seed)
    names = pattern_names(modalities, first.pattern)
    rates = {p: float(np.mean([made[first.name][one].missing_rate for one in some])) for p, some in drawings.items()}
    rows = [
        accuracy_under_pattern(task, predictions(some), utterances, names[p], rates[p]) for p, some in drawings.items()
    ]
    current = drawings[first.pattern]
    comparison = compare_predictors(task, predictions(current), utterances, known_difficulty(first.data, split))
    sections = compare_sections(
        comparison, pd.concat(rows, ignore_index=True), [one.seed for one in current], task, LIGHT
    )
    return ReportPart(comparison_heading(comparison.overall), [*sections, differences_section(comparison)])


def make_report(checkpoints: dict[str, Checkpoint], origin: Origin, split: str, words: bool) -> Report:
    """A report on a conversation by the first checkpoint, and where there are more on all of them over a split."""
    origins = [
        Origin(name, one, origin.data_name, origin.data, origin.conversation, origin.pattern, origin.seed)
        for name, one in checkpoints.items()
    ]
    parts = [conversation_part(origins[0])]
    if len(origins) > 1:
        parts.insert(0, comparison_part(origins, split))
    page = "compare" if len(origins) > 1 else ""
    more = {"compared": [*checkpoints], "split": split} if page else {}
    link = f"{DASHBOARD}/{page}?{urlencode(origins[0].address | more, doseq=True)}"
    return Report(
        page.capitalize() or "Live", parts[0].finding, [section for part in parts for section in part.sections],
        origin_facts(origins), link, date.today().isoformat(), False, transcripts([origin.conversation]), words,
    )  # fmt: skip
