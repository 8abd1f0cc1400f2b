"""Assignment on the Prototypes page: which prototypes utterances draw on, how evenly, and what they explain."""

from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.prototypes.assignment import Assignment, measure_assignments
from comp_viz.analysis.prototypes.tables import assignment_table, variance_table
from comp_viz.figures.prototypes.assignment import ABOUT_ASSIGNMENT, ABOUT_VARIANCE, assignment_chart, variance_chart
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import selected_utterance
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.prototypes.bank import bank_names
from comp_viz.ui.prototypes.controls import NO_PROTOTYPES, modality_choice
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of

SINGLY = "singly"


@dataclass(frozen=True)
class AssignmentChoice:
    """What is looked at in this section."""

    modality: str
    block: int  # counted from 0
    singly: bool  # every prototype instead of conversations


def assignments_by_block(view: PageView) -> list[dict[str, Assignment]]:
    """How every modality draws on prototypes, block by block; empty mappings for a network without prompts."""
    inside = view.inside()
    return [measure_assignments(view.checkpoint, inside, l) for l in range(view.checkpoint.comp.config.blocks)]


def assignment_controls(view: PageView) -> AssignmentChoice:
    """Modality, block, and whether prototypes are drawn singly."""
    modality = modality_choice(view)
    blocks = [str(l + 1) for l in range(view.checkpoint.comp.config.blocks)]
    block = one_of("Block", blocks, "block", "Utterances weigh prototypes anew in every block.", buttons=True)
    singly = st.toggle(
        "Every prototype", key=SINGLY, bind="query-params",
        help="Draw each prototype in a row of its own, instead of each conversation's together.",
    )  # fmt: skip
    return AssignmentChoice(modality, int(block) - 1, singly)


def assignment_section(sides: list[Side], choice: AssignmentChoice) -> None:
    """Draw the assignments of every side in a block, and what they explain of prompts."""
    by_side = [[block for block in assignments_by_block(side.view) if block] for side in sides]
    for side, blocks, above, below in zip(
        sides, by_side, row_of_sides(sides, charts=all(by_side)), row_of_sides(sides), strict=True
    ):
        if blocks:
            draw_assignment(side, blocks, choice, above, below)
        else:
            above.info(NO_PROTOTYPES, icon=":material/info:")


def draw_assignment(
    side: Side,
    blocks: list[dict[str, Assignment]],
    choice: AssignmentChoice,
    above: DeltaGenerator,
    below: DeltaGenerator,
) -> None:
    """The charts of one side, each at its place."""
    view, assignments = side.view, blocks[min(choice.block, len(blocks) - 1)]
    words, names, s = view.conversation.words, ["own", *bank_names(view)], selected_utterance(view)
    with above:
        figure = assignment_chart(assignments, choice.modality, names, choice.singly, words, s, palette())
        chart_panel(
            figure,
            f"assignment{side.key}",
            ABOUT_ASSIGNMENT,
            partial(assignment_table, assignments, names),
            selects=True,
        )
    if any(each.varies for block in blocks for each in block.values()):
        figure = variance_chart(blocks, palette())
        with below:
            chart_panel(figure, f"variation{side.key}", ABOUT_VARIANCE, partial(variance_table, blocks))
