"""How a checkpoint's card names the extractors of its features, and which clips it may therefore be fed.

    sources={"audio": "whisper-base encoder + eGeMAPS v02 (comp_viz clips 2)", ...}

Names are those of the registry, joined in the order in which their features follow each other. The number after
"clips" grows whenever an extractor's numbers change for the same file, so that old checkpoints stop matching.
"""

import re
from collections.abc import Mapping

FEATURES_VERSION = 2  # 1: sound was not levelled (`level.py`), small faces were not found
DEFAULT_EXTRACTORS = (
    ("audio", ("whisper-base encoder", "eGeMAPS v02")),
    ("text", ("MiniLM-L6 sentence",)),
    ("video", ("MediaPipe blendshapes",)),
)
WRITTEN = re.compile(r"(?P<names>.+) \(comp_viz clips (?P<version>\d+)\)")


def extractor_source(names: tuple[str, ...]) -> str:
    """Extractors' names as a card's `sources` has them."""
    return f"{' + '.join(names)} (comp_viz clips {FEATURES_VERSION})"


def named_in(sources: Mapping[str, str]) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    """The extractors a card asks for, as `Settings.extractors`; None when its features are not from clips of this version."""
    extractors = []
    for modality, text in sources.items():
        match = WRITTEN.fullmatch(text)
        if match is None or int(match["version"]) != FEATURES_VERSION:
            return None
        extractors.append((modality, tuple(match["names"].split(" + "))))
    return tuple(extractors) or None
