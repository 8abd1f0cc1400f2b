"""Assignment on the Prototypes page: which prototypes utterances draw on, how evenly, and what that decides."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.prototypes.assignment import Mixing
from comp_viz.figures.chart import About
from comp_viz.figures.prototypes.assignment import mixing_chart, variation_chart
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import selected_utterance
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.prototypes.shared import NO_PROMPTS, bank_names, mixings, modality_choice
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of

SINGLY = "singly"
MIXING = About(
    "Above, how strongly every utterance draws on the prototypes of which conversation, its own and those of the bank, in multiples of "
    "the even share 1/K. The colours reach to e² and 1/e², the furthest a softmax of cosines can get from an even mix, so that what looks "
    "even is even. Below, the entropy of the weights as a share of its maximum, log K.",
    "Importance: a prototype with twice the weight need not matter twice as much. The missing utterances' rows are real too: the paper's "
    "mask shifts a whole row alike, which leaves a softmax as it was.",
    r"S_l^u = \mathrm{softmax}\big(\cos(Z_l^u, A^u)\big) \quad (7)",
)  # fmt: skip
VARIED = About(
    "A fresh prompt is the sum of what the mixed prototypes give and what the utterance's own features give. The bars are the share of the "
    "prompts' variance over the conversation that goes with the first part (covariance with the prompt, over its variance); the rest is "
    "the second part's. About 0 means that prototypes add nearly the same to every utterance's prompt.",
    "Whether a constant is useless: it still says what the training conversations have in common, and training may rely on it. A share "
    "slightly below 0 means that the part varies against the whole.",
    r"\tilde P_l^u = \mathrm{MLP}(S_l^u A^u) + \mathrm{Linear}(Z_l^u) \quad (8)",
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """What is looked at in this section."""

    modality: str
    block: int  # counted from 0
    singly: bool  # every prototype instead of conversations


def assignment_controls(view: PageView) -> Choice:
    """Modality, block, and whether prototypes are drawn singly."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        modality = modality_choice(view)
        blocks = [str(l + 1) for l in range(view.checkpoint.config.blocks)]
        block = one_of("Block", blocks, "block", "Utterances choose prototypes anew in every block.", buttons=True)
        singly = st.toggle(
            "Every prototype", key=SINGLY, bind="query-params",
            help="Draw each prototype in a row of its own, instead of each conversation's together.",
        )  # fmt: skip
    return Choice(modality, int(block) - 1, singly)


def assignment_section(sides: list[Side], choice: Choice) -> None:
    """Draw the assignments of every side in a block, and what they decide."""
    found = [[mixed for mixed in mixings(side.view) if mixed] for side in sides]
    for side, blocks, above, below in zip(
        sides, found, row_of_sides(sides, charts=all(found)), row_of_sides(sides), strict=True
    ):
        if blocks:
            draw(side, blocks, choice, above, below)
        else:
            above.info(NO_PROMPTS, icon=":material/info:")


def draw(
    side: Side, blocks: list[dict[str, Mixing]], choice: Choice, above: DeltaGenerator, below: DeltaGenerator
) -> None:
    """The charts of one side, each at its place."""
    view, mixed = side.view, blocks[min(choice.block, len(blocks) - 1)]
    words, names, s = view.conversation.words, ["own", *bank_names(view)], selected_utterance(view)
    with above:
        figure = mixing_chart(mixed, choice.modality, names, choice.singly, words, s, palette())
        chart_panel(figure, f"assignment{side.key}", MIXING, partial(mixing_numbers, mixed, names), selects=True)
    with below:
        chart_panel(
            variation_chart(blocks, palette()), f"variation{side.key}", VARIED, partial(variation_numbers, blocks)
        )


def mixing_numbers(mixed: dict[str, Mixing], names: list[str]) -> pd.DataFrame:
    """The assignments of all modalities as a table, one row for an utterance and a conversation."""
    frames = []
    for each in mixed.values():
        S, V = each.by_conversation.shape
        frames.append(
            pd.DataFrame(
                {
                    "modality": each.modality,
                    "utterance": np.repeat(np.arange(1, S + 1), V),
                    "conversation": names * S,
                    "times even share": each.by_conversation.ravel(),
                    "entropy share": np.repeat(each.entropy, V),
                    "prototypes in effect": np.repeat(each.effective, V),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def variation_numbers(blocks: list[dict[str, Mixing]]) -> pd.DataFrame:
    """Shares of variation as a table."""
    rows = [(l + 1, name, each.varied) for l, mixed in enumerate(blocks) for name, each in mixed.items()]
    return pd.DataFrame(rows, columns=["block", "modality", "share from prototypes"])
