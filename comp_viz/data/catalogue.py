"""What is known of the public data sets that their files do not say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from comp_viz.data.conversation import Task

UNKNOWN_SOURCE = "not stated in the data file"


@dataclass(frozen=True)
class CatalogueEntry:
    """What a data file cannot say of itself."""

    name: str
    task: Task
    licence: str = "not stated; ask the owner of the data"
    extractors: Mapping[str, str] = field(default_factory=dict)

    def sources(self, modalities: Sequence[str]) -> dict[str, str]:
        """How the features of each modality were made."""
        return {name: self.extractors.get(name, UNKNOWN_SOURCE) for name in modalities}


CATALOGUE = {
    "hazumi_online": CatalogueEntry(
        name="Hazumi",
        task=Task("sentiment", low=1, high=7, neutral=5),
        licence="Hazumi corpora (Komatani and Okada, Osaka University): research use, no redistribution",
        extractors={
            "audio": "openSMILE IS09, 384 functionals",
            "text": "Japanese BERT, 768-d",
            "video": "OpenFace, 66 motion statistics and action units",
        },
    ),
    "mosi": CatalogueEntry(
        name="CMU-MOSI",
        task=Task("sentiment", low=-3, high=3),
        licence="CMU-MOSI (Zadeh et al.): research use, no redistribution",
        extractors={
            "audio": "openSMILE, 73 descriptors",
            "text": "multilingual Universal Sentence Encoder, 512-d",
            "video": "3D-CNN, 100-d",
        },
    ),
}


def catalogue_entry(stem: str, task: Task) -> CatalogueEntry:
    """Facts of a known data file by its name, or what is said of an unknown one whose labels set this task."""
    return CATALOGUE.get(stem) or CatalogueEntry(stem, task)
