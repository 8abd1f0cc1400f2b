"""The sections of a comparison, as the Compare page shows them and a report keeps them."""

from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd

from comp_viz.analysis.compare.comparison import Comparison, mcnemar_table
from comp_viz.data.conversation import Task
from comp_viz.figures.chart import About
from comp_viz.figures.compare.agreement import ABOUT_AGREEMENT, agreement_chart, agreement_title
from comp_viz.figures.compare.calibration import (
    ABOUT_CLASS_CALIBRATION,
    ABOUT_SCORE_CALIBRATION,
    reliability_chart,
    reliability_title,
)
from comp_viz.figures.compare.confusion import ABOUT_CONFUSION, confusion_chart, confusion_title
from comp_viz.figures.compare.differences import ABOUT_DIFFERENCES, differences_title
from comp_viz.figures.compare.measures import ABOUT_MEASURES, measures_title
from comp_viz.figures.compare.paired import (
    ABOUT_BY_DIFFICULTY,
    ABOUT_BY_PATTERN,
    ABOUT_BY_TRUTH,
    by_group_title,
    by_pattern_title,
    paired_chart,
)
from comp_viz.figures.style import Palette
from comp_viz.report.section import Section


def compare_sections(
    comparison: Comparison, patterns: pd.DataFrame, seeds: Sequence[int], task: Task, palette: Palette
) -> list[Section]:
    """All sections but the list of utterances.

    `patterns` are rows of `accuracy_under_pattern`; `seeds` are those of the drawings of the pattern in force.
    """
    in_force = in_force_sections(comparison, seeds, task, palette)
    return [patterns_section(patterns, palette), *(make() for make in in_force.values())]


def in_force_sections(
    comparison: Comparison, seeds: Sequence[int], task: Task, palette: Palette
) -> dict[str, Callable[[], Section]]:
    """The sections of the pattern in force by their keys, each made when it is called for.

    They are all but that of all patterns and the list of utterances.
    """
    sections: dict[str, Callable[[], Section]] = {
        "measures": partial(measures_section, comparison),
        "agreement": partial(agreement_section, comparison, seeds, palette),
        "by truth": partial(group_section, comparison.by_truth, "by truth", ABOUT_BY_TRUTH, palette),
    }
    if len(rows := comparison.by_difficulty):
        sections["by difficulty"] = partial(group_section, rows, "by difficulty", ABOUT_BY_DIFFICULTY, palette)
    return sections | {
        "confusion": partial(confusion_section, comparison, palette),
        "calibration": partial(calibration_section, comparison, task, palette),
    }


def patterns_section(patterns: pd.DataFrame, palette: Palette) -> Section:
    """ACC and differences under every pattern."""
    title = by_pattern_title(patterns)
    return Section("by pattern", title, ABOUT_BY_PATTERN, lambda: patterns, paired_chart(patterns, palette, title))


def measures_section(comparison: Comparison) -> Section:
    """Every measure, as a table."""
    return Section("measures", measures_title(comparison.overall), ABOUT_MEASURES, lambda: comparison.overall)


def agreement_section(comparison: Comparison, seeds: Sequence[int], palette: Palette) -> Section:
    """Who alone is right, with the exact test."""
    table, first = mcnemar_table(comparison.tests, seeds), comparison.names[0]
    title = agreement_title(table, first)
    return Section("agreement", title, ABOUT_AGREEMENT, lambda: table, agreement_chart(table, first, palette, title))


def group_section(table: pd.DataFrame, key: str, about: About, palette: Palette) -> Section:
    """ACC and differences by groups of utterances."""
    title = by_group_title(table)
    return Section(key, title, about, lambda: table, paired_chart(table, palette, title))


def confusion_section(comparison: Comparison, palette: Palette) -> Section:
    """Confusion matrices, with the most frequent error."""
    matrices = comparison.confusion
    table = pd.concat([one.assign(predictor=name) for name, one in matrices.items()], ignore_index=True)
    title = confusion_title(matrices)
    return Section("confusion", title, ABOUT_CONFUSION, lambda: table, confusion_chart(matrices, palette, title))


def calibration_section(comparison: Comparison, task: Task, palette: Palette) -> Section:
    """Reliability diagrams with the expected calibration error of each."""
    calibrations = comparison.calibration
    rows = [one.rows.assign(predictor=name, error=one.error) for name, one in calibrations.items()]
    table, title = pd.concat(rows, ignore_index=True), reliability_title(calibrations, task)
    about = ABOUT_CLASS_CALIBRATION if task.classes else ABOUT_SCORE_CALIBRATION
    return Section("calibration", title, about, lambda: table, reliability_chart(calibrations, task, palette, title))


def differences_section(comparison: Comparison) -> Section:
    """The utterances where they differ most, counted from 1."""
    rows = comparison.differences
    title = differences_title(rows, comparison.names[0])
    return Section("differences", title, ABOUT_DIFFERENCES, lambda: rows.assign(utterance=rows["utterance"] + 1))
