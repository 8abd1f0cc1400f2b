"""Models by their name on the Hugging Face hub, for the published extractors."""

import os
from typing import Any

from comp_viz.clips.requirements import library_missing
from comp_viz.errors import CompVizError

EXTRA = "pip install 'comp-viz[published]'"
ONLINE = "COMP_VIZ_ONLINE"  # set to 1 to let the hub's library download what is not there yet


def hub_files_missing(name: str) -> str | None:
    """None when the model can be loaded here, else what is missing and the command that mends it."""
    if problem := library_missing("transformers", EXTRA):
        return problem
    from huggingface_hub import try_to_load_from_cache

    if os.environ.get(ONLINE) == "1" or isinstance(try_to_load_from_cache(name, "config.json"), str):
        return None
    return (
        f"{name} is not on this machine. Run hf download {name}, or set {ONLINE}=1 to have it downloaded when needed."
    )


def open_hub(name: str, kind: str) -> Any:
    """A model or tokenizer of the library transformers, of the given Auto class. Raises `CompVizError`."""
    import transformers

    offline = os.environ.get(ONLINE) != "1"
    try:
        model = getattr(transformers, kind).from_pretrained(name, local_files_only=offline, trust_remote_code=False)
    except Exception as error:  # the library raises its own, its HTTP client's and the system's errors
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CompVizError(f"{name} could not be loaded ({reason}). Run hf download {name}.") from None
    return model.eval() if hasattr(model, "eval") else model
