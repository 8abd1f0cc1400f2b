"""Audio features as in the paper: wav2vec 2.0 large by its name on the hub, through the library transformers."""

from typing import Any

import numpy as np
import torch

from comp_viz.clips.extractors.extractor import Extract, Extractor, Sound
from comp_viz.clips.extractors.hub import EXTRA, hub_files_missing, open_hub
from comp_viz.clips.media import RATE
from comp_viz.data.conversation import Floats

HUB = "facebook/wav2vec2-large-960h"
DIMS = 1024
SHORTEST = 400  # samples that its first layers need to give one frame


def wav2vec_features(model: Any, sound: Sound) -> Floats:
    """Samples, brought to mean 0 and deviation 1 -> mean over time of the last layer, `[D]`."""
    sound = np.pad(sound[: 30 * RATE], (0, max(0, SHORTEST - len(sound))))
    sound = (sound - sound.mean()) / np.sqrt(sound.var() + 1e-7)
    with torch.inference_mode():
        hidden = model(torch.from_numpy(sound.astype(np.float32))[None]).last_hidden_state[0]  # [T, D]
    return np.asarray(hidden.mean(0), np.float32)


def load() -> Extract:
    """Load from what the hub's library has on this machine; downloads only when the machine may go online."""
    model = open_hub(HUB, "AutoModel")
    return lambda sound: wav2vec_features(model, sound)


EXTRACTOR = Extractor(
    name="wav2vec-large",
    modality="audio",
    feature_names=tuple(f"wav2vec {i}" for i in range(DIMS)),
    licence="Apache-2.0 / Apache-2.0",
    about=f"The audio features of the paper, from {HUB} (1.3 GB).",
    get=f"{EXTRA}; hf download {HUB}",
    ready=lambda: hub_files_missing(HUB),
    load=load,
)
