"""Features in folders, one for each extractor, with a file or a folder of frames for each utterance."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from comp_viz.data.findings import Findings
from comp_viz.data.layouts.choices import Choices
from comp_viz.data.layouts.frame import FeatureColumn
from comp_viz.data.published.features import FeatureFolder, Unusable, folder_entries
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

# Modality -> what the names of its extractors have in them, the more telling ones first: taiyi-clip-roberta is of text.
EXTRACTOR_WORDS = {
    "audio": (
        "hubert", "wav2vec", "wavlm", "whisper", "vggish", "egemaps", "emotion2vec", "data2vec-audio", "opensmile", "is09", "is10",
        "is13", "panns", "mfcc",
    ),
    "text": (
        "bert", "electra", "xlnet", "gpt", "llama", "vicuna", "alpaca", "bloom", "opt-", "moss", "glm", "baichuan", "falcon",
        "stablelm", "mpnet", "t5", "lert", "pert", "qwen", "glove",
    ),
    "video": (
        "clip", "manet", "emonet", "resnet", "senet", "videomae", "dino", "eva", "imagenet", "msceleb", "data2vec-vision",
        "openface", "ferplus", "denseface", "vit",
    ),
}  # fmt: skip
NONE_OF_THEM = "none"
ROWS_AT_ONCE = 256


def modality_of(extractor: str) -> str:
    """The modality that an extractor is of by its name, "" where it tells none."""
    name = extractor.lower()
    return next((modality for modality, words in EXTRACTOR_WORDS.items() if any(word in name for word in words)), "")


def choose_extractors(features: Path, choices: Choices) -> dict[str, Path]:
    """Ask for the folder of each modality; the first by name of those that are known for it, or none. Raises `CompVizError`."""
    try:
        there = sorted(
            name for name in folder_entries(features) if os.path.isdir(features / name) and name.isprintable()
        )
    except CompVizError as error:
        raise CompVizError(
            f"The folder {features} {error}. Features are expected in it, a folder for each extractor."
        ) from None
    chosen = {}
    for modality in EXTRACTOR_WORDS:
        known = [name for name in there if modality_of(name) == modality]
        others = [name for name in there if name not in known]
        names = (*known, NONE_OF_THEM, *others) if known else (NONE_OF_THEM, *others)
        name = choices.pick(f"extractor.{modality}", names, f"whose features of {modality} are taken")
        if name != NONE_OF_THEM:
            chosen[modality] = features / name
    if len(chosen) < 2:
        raise CompVizError(
            f"{features}: features of {' and '.join(chosen) or 'no modality'} by the names {shortened(', '.join(there), 300) or 'of no folder'}; at "
            "least two modalities are needed. Say whose they are, as --choose extractor.audio=FOLDER."
        )
    return chosen


class FolderColumn(FeatureColumn):
    """The features of one extractor for `N` utterances by their names, the mean where there are several frames."""

    def __init__(self, folder: Path, modality: str, names: Sequence[str], findings: Findings) -> None:
        self.folder, self.modality, self.names, self.findings = folder, modality, names, findings
        self.kind = pa.list_(pa.float32())
        self.faults: dict[str, str] = {}  # by name, as some are read twice to find the width

    def arrays(self) -> Iterator[pa.Array]:
        """All rows in order, null where there is no file or none that can be used, which is noted."""
        extractor = FeatureFolder.of(self.folder, by_speaker=False)
        for first in range(0, len(self.names), ROWS_AT_ONCE):
            rows = [self.vector(extractor, name) for name in self.names[first : first + ROWS_AT_ONCE]]
            yield pa.array(rows, self.kind)

    def vector(self, extractor: FeatureFolder, name: str) -> object:
        """The features of one utterance, None where there are none."""
        try:
            return extractor.read(name, "")
        except Unusable as fault:
            if name not in self.faults:
                self.findings.problem(fault.file, f"{fault.reason}, kept as missing", name, modality=self.modality)
            self.faults[name] = fault.reason
            return None
