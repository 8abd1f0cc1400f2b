"""The layouts that are known, how a file is found to be of one, and how it is opened."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from comp_viz.data.dataset import DataSet
from comp_viz.data.header import Header
from comp_viz.data.infinite import INFINITE, choose_zero
from comp_viz.data.layouts.choices import Choices
from comp_viz.data.layouts.csd import ComputationalSequences
from comp_viz.data.layouts.dialogue import DialogueFields
from comp_viz.data.layouts.frame import FrameColumns, ReaderFrame, frame_data_set
from comp_viz.data.layouts.given import Given
from comp_viz.data.layouts.layout import FileLayout
from comp_viz.data.layouts.mag_bert import UtteranceLists
from comp_viz.data.layouts.mertools import MertoolsFolder
from comp_viz.data.layouts.mmsa import SplitDicts
from comp_viz.data.layouts.segmented import SegmentedFrames
from comp_viz.data.reading import PLAIN_READING, FileReading
from comp_viz.data.table.arrow_file import ARROW_ERRORS, explain_damage
from comp_viz.data.tabular.features import find_widths
from comp_viz.data.tabular.read import peek_task
from comp_viz.data.tabular.schema import check_columns
from comp_viz.errors import CompVizError
from comp_viz.resources import guide

LAYOUTS: tuple[FileLayout, ...] = (
    SplitDicts(),
    DialogueFields(),
    MertoolsFolder(),
    UtteranceLists(),
    ComputationalSequences(),
    SegmentedFrames(),
)  # the first that recognises a file reads it


@dataclass(frozen=True)
class Recognised:
    """A file or folder and the layout that it is of."""

    given: Given
    layout: FileLayout

    def read(self, choices: Mapping[str, str] | None = None) -> ReaderFrame:
        """What it holds, with answers to what it leaves open; features are read later. Raises `CompVizError`."""
        questions = Choices(choices)
        with explain_damage(self.given.path):
            frame = self.layout.read(self.given, questions)
        if not any(choice.name == INFINITE for choice in questions.made):  # a layout of sequences asks for itself
            frame = replace(frame, zero=choose_zero(questions))
        questions.check_used()
        return replace(frame, choices=tuple(questions.made))

    def open(self, reading: FileReading = PLAIN_READING) -> DataSet:
        """The data set that it holds, read as is said. Raises `CompVizError`."""
        frame = self.read(reading.choices)
        with explain_damage(self.given.path):
            return frame_data_set(frame, reading)

    def peek(self) -> Header:
        """Widths and kind of labels, without reading features. Raises `CompVizError`."""
        frame = self.read()
        with explain_damage(self.given.path):
            columns = FrameColumns(frame)
            _, features = check_columns(frame.file, columns.schema)
            task = frame.task or peek_task(columns)
            return Header(find_widths(columns, features), bool(task.classes))


def is_layout_name(path: Path) -> bool:
    """Whether a file or folder may be of a known layout by its name alone."""
    given = Given(path)
    return any(layout.by_name(given) for layout in LAYOUTS)


def find_layout(path: Path) -> Recognised | None:
    """The layout that a file or folder is of; None when its name is none of theirs, or an archive holds something else.

    Raises `CompVizError` when it cannot be read at all.
    """
    given = Given(path)
    possible = [layout for layout in LAYOUTS if layout.by_name(given)]
    return next((Recognised(given, layout) for layout in possible if layout.recognise(given)), None)


def unknown_layout(path: Path) -> CompVizError:
    """What to say of a file that has a name of a known layout and is of none."""
    given = Given(path)
    known = "; ".join(f"{layout.name}: {layout.holds}" for layout in LAYOUTS if layout.by_name(given))
    return CompVizError(
        f"{path} holds {given.contents} and is of no known layout. Known ones are: {known}. Bring it into one of them, or "
        f"write a table with one row an utterance ({guide('data')})."
    )


def peek_layout(path: Path) -> Header | None:
    """What is known of a file of some layout before its features are read; None when it is of none, or is damaged."""
    try:
        recognised = find_layout(path)
        return recognised.peek() if recognised else None
    except ARROW_ERRORS:
        return None
