"""Where the numbers of a report come from: checkpoint, data, pattern, seed, versions."""

from dataclasses import dataclass

from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.conversation import Conversation
from comp_viz.data.dataset import DataSet
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.errors import CompVizError
from comp_viz.figures.predictions import scale_words
from comp_viz.versions import versions
from comp_viz.wording import how_many

OriginFacts = list[tuple[str, str]]


@dataclass(frozen=True)
class Origin:
    """One checkpoint on one conversation under one missing pattern."""

    name: str  # of the checkpoint's folder
    checkpoint: Checkpoint
    data_name: str  # as a command or an address names it
    data: DataSet
    conversation: Conversation
    pattern: str
    seed: int

    @property
    def address(self) -> dict[str, str]:
        """Parameters of the address that opens it."""
        what = {"checkpoint": self.name, "data": self.data_name, "conversation": self.conversation.id}
        return what | {"pattern": self.pattern, "seed": str(self.seed)}


def origin_facts(origins: list[Origin]) -> OriginFacts:
    """What a reader needs to make the numbers again: of every checkpoint, and of data and pattern once."""
    facts: OriginFacts = []
    for one in {origin.checkpoint.digest: origin for origin in origins}.values():
        facts += checkpoint_facts(one.name, one.checkpoint)
    first = origins[0]
    split = f", {first.conversation.split} split" if first.conversation.split else ""
    return [
        *facts,
        ("Data", f"{first.data.name} ({first.data_name}), SHA-256 {first.data.digest}"),
        ("Licence of the data", first.data.licence),
        ("Labels", scale_words(first.data.task)),
        ("Conversation", f"{first.conversation.id}{split}, {how_many(len(first.conversation), 'utterance')}"),
        ("Missing pattern", f"{first.pattern}: {pattern_in_words(first.pattern)}"),
        ("Seed of the pattern", str(first.seed)),
        ("Versions", ", ".join(f"{name} {version}" for name, version in versions().items())),
    ]


def checkpoint_facts(name: str, checkpoint: Checkpoint) -> OriginFacts:
    """A checkpoint's digest, and how it was trained and chosen."""
    card = checkpoint.card
    trained_on = f"{card.data.name}, SHA-256 {card.data.digest}" if card.data else "unknown data"
    facts = [
        ("Checkpoint", f"{name} ({card.name}), SHA-256 {checkpoint.digest}"),
        ("Method", f"{checkpoint.method.title}, which {checkpoint.method.about.replace('*', '')}"),  # with its source
        ("Trained on", trained_on),
    ]
    if card.training is None:
        return [*facts, ("Training and selection", "unknown")]
    training = card.training
    optimistic = " Numbers on that split are optimistic." if training.on_test else ""
    return [
        *facts,
        ("Training", f"under {pattern_in_words(training.missing)}, seed {training.seed}, epoch {training.epoch}"),
        ("Selection protocol", f"{training.selection}.{optimistic}"),
    ]


def pattern_in_words(pattern: str) -> str:
    """A missing pattern in words, or that it could not be read, as one from an address may be."""
    try:
        return Pattern.parse(pattern).words()
    except CompVizError:
        return "not a pattern, shown as recorded"
