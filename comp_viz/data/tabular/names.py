"""Which modality the name of a column means, and which split the name of a file."""

import re

from comp_viz.data.splits import known_split

PREFIX = re.compile(r"^(features?|feats?)[._:\- ]", re.IGNORECASE)
SUFFIX = re.compile(r"[._:\- ](features?|feats?|embeddings?|emb|vectors?|vec|path|file|npy)$", re.IGNORECASE)
SYNONYMS = {
    "audio": ("audio", "acoustic", "acoustics", "speech", "voice"),
    "text": ("text", "language", "lexical", "linguistic", "textual"),
    "video": ("video", "vision", "visual", "visuals", "face", "facial"),
}
MODALITY_OF = {word: modality for modality, words in SYNONYMS.items() for word in words}


def feature_modality(stem: str) -> str | None:
    """The modality that a name says its numbers are features of: a known word, or whatever follows `features.`."""
    bare, marks = PREFIX.subn("", stem.strip())
    bare = SUFFIX.sub("", bare)
    if known := MODALITY_OF.get(bare.lower()):
        return known
    return bare if marks and bare else None


def split_in_name(name: str) -> str:
    """The split that a file or folder is named for, as `train-00000-of-00002.parquet`, `split=dev`, `test_sent_emo.csv`; or "".

    It is the first word of the name, or the only one that is a split.
    """
    words = re.split(r"[^a-z]+", name.lower())
    splits = [split for word in words if (split := known_split(word))]
    return splits[0] if len(set(splits)) == 1 else known_split(words[0]) or ""
