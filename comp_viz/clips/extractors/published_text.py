"""Text features as in the paper: DeBERTa-large by its name on the hub, through the library transformers."""

from typing import Any

import torch

from comp_viz.clips.extractors.extractor import Extract, Extractor, Words
from comp_viz.clips.extractors.hub import EXTRA, hub_files_missing, open_hub
from comp_viz.data.conversation import Floats

HUB = "microsoft/deberta-large"
DIMS = 1024
MAX_TOKENS = 512


def deberta_features(model: Any, tokenizer: Any, words: Words) -> Floats:
    """Words -> mean over their tokens of the last four layers' sum, `[D]`, as published features are commonly made."""
    tokens = tokenizer(words, return_tensors="pt", truncation=True, max_length=MAX_TOKENS)
    with torch.inference_mode():
        hidden = model(**tokens, output_hidden_states=True).hidden_states
    return torch.stack(hidden[-4:]).sum(0)[0].mean(0).numpy()


def load() -> Extract:
    """Load from what the hub's library has on this machine; downloads only when the machine may go online."""
    model, tokenizer = open_hub(HUB, "AutoModel"), open_hub(HUB, "AutoTokenizer")
    return lambda words: deberta_features(model, tokenizer, words)


EXTRACTOR = Extractor(
    name="DeBERTa-large",
    modality="text",
    feature_names=tuple(f"DeBERTa {i}" for i in range(DIMS)),
    licence="Apache-2.0 / MIT",
    about="The text features of the paper, from microsoft/deberta-large (1.6 GB).",
    get=f"{EXTRA}; hf download {HUB}",
    ready=lambda: hub_files_missing(HUB),
    load=load,
    languages=("en",),
)
