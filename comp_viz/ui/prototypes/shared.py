"""What the sections of the Prototypes page share: the finding above them, the modality chosen, the bank by name."""

from comp_viz.analysis.prototypes.assignment import Mixing, mixing
from comp_viz.analysis.prototypes.nearest import Library, bank_library
from comp_viz.analysis.query import Query
from comp_viz.errors import CompVizError
from comp_viz.figures.prototypes.assignment import page_title
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.cache.data_sets import open_data_set
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_resource
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.widgets.choices import one_of

HELP = "Space: utterances and prototypes in one picture. Assignment: which prototypes utterances draw on. Stand for: which utterances lie nearest to a prototype. Prompts: momentum λ, old and new."
NO_PROMPTS = (
    "This network was built without prompts: it has no prototypes to mix and delivers nothing between modalities. "
    'Its features can still be looked at under "Space".'
)


def finding(view: PageView) -> str:
    """The page's finding: how the conversation's prompts come to be."""
    blocks = mixings(view)
    if not blocks[0]:
        return "Without prompts, there are no prototypes: each modality is propagated on its own"
    return page_title(blocks)


def mixings(view: PageView) -> list[dict[str, Mixing]]:
    """How every modality mixes prototypes, block by block; empty mappings for a network without prompts."""
    inside = view.inside()
    return [mixing(view.checkpoint, inside, l) for l in range(view.checkpoint.config.blocks)]


def modality_choice(view: PageView) -> str:
    """The modality whose prototypes are looked at, or which receives the prompts."""
    return one_of(
        "Modality",
        view.checkpoint.config.modalities,
        "modality",
        "Whose prototypes, or received prompts, are drawn.",
        buttons=True,
    )


@keep_resource(max_entries=4, show_spinner="Encoding the conversations of the bank …")
def _library(query: Query) -> Library | str:
    """The library of a checkpoint's bank, or why there is none."""
    try:
        with INFERENCE:
            return bank_library(open_checkpoint(query.checkpoint, query.device), open_data_set(query.data, query.root))
    except CompVizError as error:
        return str(error)


def library(view: PageView) -> Library | str:
    """The training conversations of the bank, or in words why they are not known."""
    return _library(view.query().of_data_set())


def bank_names(view: PageView) -> list[str]:
    """Names of the conversations of the bank, numbers where they are not known."""
    found = library(view)
    if isinstance(found, Library):
        return [conversation.id for conversation in found.conversations]
    return [f"bank {i + 1}" for i in range(view.checkpoint.bank.shape[1])]
