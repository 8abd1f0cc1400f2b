"""What is known of the public data sets beyond what their files say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comp_viz.data.conversation import Task

UNKNOWN_SOURCE = "not stated in the data file"


@dataclass(frozen=True)
class Facts:
    """What a data file cannot say of itself."""

    name: str
    task: Task
    licence: str = "not stated; ask the owner of the data"
    extractors: Mapping[str, str] = field(default_factory=dict)

    def sources(self, modalities: Sequence[str]) -> dict[str, str]:
        """How the features of each modality were made."""
        return {name: self.extractors.get(name, UNKNOWN_SOURCE) for name in modalities}


KNOWN = {
    "hazumi_online": Facts(
        name="Hazumi",
        task=Task("sentiment", low=1, high=7, neutral=5),
        licence="Hazumi corpora (Komatani and Okada, Osaka University): research use, no redistribution",
        extractors={
            "audio": "openSMILE IS09, 384 functionals",
            "text": "Japanese BERT, 768-d",
            "video": "OpenFace, 66 motion statistics and action units",
        },
    ),
    "mosi": Facts(
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


def describe(stem: str, labels: NDArray[Any]) -> Facts:
    """Facts of a known data file by its name, or the plainest reading of the labels `[N]` of an unknown one."""
    if stem in KNOWN:
        return KNOWN[stem]
    if np.issubdtype(labels.dtype, np.integer):
        return Facts(stem, Task("emotion", classes=tuple(f"class {i}" for i in range(int(labels.max()) + 1))))
    reach = float(np.ceil(np.max(np.abs(labels), initial=0, where=np.isfinite(labels)))) or 1.0
    return Facts(stem, Task("score", low=-reach, high=reach))
