"""The encoded utterances nearest to a prototype, in the training conversations of the bank."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from pydantic import TypeAdapter, ValidationError

from comp_viz.analysis.inside import Inside
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Conversation, Floats
from comp_viz.data.dataset import DataSet, Ints
from comp_viz.errors import CompVizError
from comp_viz.methods.recipe import Recipe
from comp_viz.network.bank import prototype_bank
from comp_viz.training.split import bank_conversations

ROUNDING = 0.02  # share of the largest entry by which 16-bit weights may move the bank


@dataclass(frozen=True)
class Library:
    """Conversations with their encoded utterances, among which those nearest to a prototype are, and their prototypes."""

    conversations: tuple[Conversation, ...]
    encoded: dict[str, Floats]  # modality -> [N, d], the utterances of all conversations one after the other
    prototypes: dict[str, Floats]  # modality -> [conversations, c, d]

    @property
    def places(self) -> Ints:
        """`[N, 2]`: conversation and utterance of every row of `encoded`, counted from 0."""
        return np.array([(i, s) for i, c in enumerate(self.conversations) for s in range(len(c))], dtype=np.int64)

    def observed(self, modality: str) -> np.ndarray:
        """`[N]`: which utterances have the modality. Those without all lie at one point, that of zero features."""
        u = list(self.conversations[0].features).index(modality)
        return np.concatenate([c.observed[:, u] for c in self.conversations])


def bank_members(checkpoint: Checkpoint, data: DataSet) -> Sequence[Conversation]:
    """The training conversations whose prototypes make the bank, in its order.

    They follow from the recipe on the card. Raises `CompVizError`, in words for the page, where they cannot be known.
    """
    card = checkpoint.card
    if not card.training or not card.data:
        raise CompVizError(
            "The checkpoint does not say how it was trained, so the conversations of its bank have no names."
        )
    if card.data.digest != data.digest:
        raise CompVizError(
            f"The bank was made from {card.data.name}, and the open data set {data.name} is another or another version of it: "
            "its conversations have no names here."
        )
    try:
        recipe = TypeAdapter(Recipe).validate_python(card.training.recipe)
    except (ValidationError, TypeError):
        raise CompVizError(
            "The recipe on the checkpoint's card is of another version; its bank has no names."
        ) from None
    return bank_conversations(data, recipe)


@torch.inference_mode()
def bank_library(checkpoint: Checkpoint, data: DataSet) -> Library:
    """The conversations of the bank, encoded as their recordings are.

    Their prototypes are made again and must be those of the bank. Raises `CompVizError` where the bank has no names.
    """
    members = tuple(bank_members(checkpoint, data))
    model = checkpoint.comp
    batch = Batch.of(members, checkpoint.standardise).to(model.device)
    _, stacked, rows = model.begin(batch.features, batch.observed, batch.valid)
    utterances, _ = rows.part(stacked)
    bank, again = checkpoint.bank.float(), prototype_bank(model, batch).float()
    if bank.shape != again.shape or (bank - again).abs().max() > ROUNDING * bank.abs().max():
        raise CompVizError(
            "The conversations the card names do not give this bank again; they are not shown under its name."
        )
    names = model.config.modalities
    encoded = dict(zip(names, utterances.float().cpu().numpy(), strict=True))
    return Library(members, encoded, dict(zip(names, bank.cpu().numpy(), strict=True)))


def own_library(inside: Inside, conversation: Conversation) -> Library:
    """The open conversation alone, as the model sees it."""
    return Library((conversation,), dict(inside.encoded), {u: x[None] for u, x in inside.prototypes.items()})


@dataclass(frozen=True)
class NearestUtterances:
    """The utterances nearest to each of a conversation's `c` prototypes, by cosine, as the assignment measures it (eq. 7)."""

    rows: Ints  # [c, k], rows of the library
    cosines: Floats  # [c, k], from the nearest on, -1 to 1
    median: Floats  # [c], median cosine over the whole library


def nearest_utterances(prototypes: Floats, library: Library, modality: str, most: int = 10) -> NearestUtterances:
    """The `most` nearest among the utterances that have the modality; `prototypes [c, d]`."""
    there = np.flatnonzero(library.observed(modality))
    cosines = _unit_rows(prototypes) @ _unit_rows(library.encoded[modality][there]).T  # (c, N)
    if not len(there):
        empty = np.zeros((len(prototypes), 0))
        return NearestUtterances(
            empty.astype(np.int64), empty.astype(np.float32), np.full(len(prototypes), np.nan, np.float32)
        )
    order = (-cosines).argsort(1, kind="stable")[:, :most]
    near = np.take_along_axis(cosines, order, 1)
    return NearestUtterances(there[order], near.astype(np.float32), np.median(cosines, 1).astype(np.float32))


def _unit_rows(rows: Floats) -> np.ndarray:
    """Rows at length 1, in double precision."""
    lengths = np.linalg.norm(rows.astype(np.float64), axis=-1, keepdims=True)
    scaled: np.ndarray = rows / np.maximum(lengths, 1e-12)
    return scaled
