"""What the parts of the Propagation page say above their charts, and what the words of it mean."""

from collections.abc import Mapping

import numpy as np

from comp_viz.analysis.propagation.prompt_ablation import PromptAblation
from comp_viz.data.conversation import Floats
from comp_viz.figures.propagation.prompt_ablation import change_words
from comp_viz.wording import CLOSE_TO_UNIFORM, decimal, fitting

ATTENTION_TERMS = (
    "Every layer attends with several heads side by side. The normalised entropy of a head's weights says how evenly they spread: at "
    "1 every observed utterance gets the same, at 0 one utterance gets all."
)
ABLATION_TERMS = (
    "A prompt is what one modality hands another. It matters as much as outputs change when it is removed: features by a share of "
    "their norm, predictions in label units or by the probability that goes to other classes."
)


def attention_heading(entropies: Mapping[str, Floats]) -> str:
    """How many heads are close to uniform, from their normalised entropies `[n, m, h]` a modality; none without propagation."""
    if not entropies:
        return "This network has no propagation, so no utterance attends to another"
    known = [x.ravel() for x in entropies.values() if not np.isnan(x).all()]
    if not known:
        return "No modality has two observed utterances to choose between"
    values = np.concatenate(known)
    uniform, n, least = int((values >= CLOSE_TO_UNIFORM).sum()), len(values), float(values.min())
    if uniform == n:
        return f"All {n} attention heads are close to uniform: normalised entropy at least {decimal(least)}"
    verb = "are" if uniform > 1 else "is"
    return f"{uniform or 'None'} of {n} attention heads {verb} close to uniform (normalised entropy of {CLOSE_TO_UNIFORM:g} or more)"


def ablation_heading(ablation: PromptAblation | None, measure: str, where: str) -> str:
    """Which prompt matters most; `measure` and `where` as in `comp_viz.analysis.propagation.prompt_ablation`."""
    if ablation is None:
        return "This network has no prompts to remove"
    means = ablation.mean(ablation.changes(measure), where)
    prompts = np.where(np.eye(len(means), dtype=bool) | np.isnan(means), -1, means)
    u, v = np.unravel_index(prompts.argmax(), prompts.shape)
    if prompts[u, v] < 0:
        return f"Nothing to measure: no utterance has its {where}"
    receiver, sender = ablation.modalities[u], ablation.modalities[v]
    what = {
        "features": f"{receiver} features change",
        "heads": f"the {receiver} head changes",
        "fused": "the fused prediction changes",
    }
    by = change_words(ablation, measure, float(means[u, v]))
    prompt = f"The {sender} → {receiver} prompt matters most"
    return fitting(f"{prompt}: {what[measure]} by {by} without it", f"{prompt}: a change of {by} without it", prompt)
