"""What the sections of the Prototypes page share: the choice of a modality, and what to say of a network without prompts."""

from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.widgets.choices import one_of

SECTIONS_HELP = (
    "Space: utterances and prototypes in one picture. Assignment: which prototypes utterances draw on. Nearest utterances: those "
    "nearest to a prototype. Prompts: momentum λ, old and new."
)
NO_PROTOTYPES = (
    "This network was built without prompts: it has no prototypes to draw on and delivers nothing between modalities. "
    'Its features can still be looked at under "Space".'
)


def modality_choice(view: PageView) -> str:
    """The modality whose prototypes are looked at, or which receives the prompts."""
    return one_of(
        "Modality",
        view.checkpoint.config.modalities,
        "modality",
        "Whose prototypes, or received prompts, are drawn.",
        buttons=True,
    )
