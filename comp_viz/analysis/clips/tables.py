"""What was read from a clip and what a checkpoint predicts from it, as tables with one row an utterance, entry or word."""

import numpy as np
import pandas as pd

from comp_viz.analysis.prediction import Prediction
from comp_viz.clips.clip import Clip


def reason_table(clip: Clip) -> pd.DataFrame:
    """One row for each entry: utterance, modality, why it is missing ("" where observed)."""
    return pd.DataFrame(
        [
            {
                "utterance": s + 1,
                "modality": u,
                "reason": why,
                "from, s": clip.spans[s].start,
                "words": clip.spans[s].text,
            }
            for u, reasons in clip.reasons.items()
            for s, why in enumerate(reasons)
        ]
    )


def recognised_words(clip: Clip) -> pd.DataFrame:
    """Every word with its times and probability."""
    rows = [
        {"utterance": s, "word": word.text, "from, s": word.start, "to, s": word.end, "probability": word.probability}
        for s, span in enumerate(clip.spans, 1)
        for word in span.words
    ]
    return pd.DataFrame(rows, columns=["utterance", "word", "from, s", "to, s", "probability"])


def quality_table(clip: Clip) -> pd.DataFrame:
    """One row an utterance: loudness in dBFS, and shares or probabilities from 0 to 1 for voice, words and faces."""
    columns = {"utterance": np.arange(1, len(clip.spans) + 1)}
    return pd.DataFrame(columns | {what: np.asarray(values) for what, values in clip.quality.items()})


def before_after_table(before: Prediction, after: Prediction) -> pd.DataFrame:
    """Predictions, weights and availability of all utterances, before and after."""
    outputs = list(before.task.classes) or [before.task.name]
    columns: dict[str, np.ndarray] = {"utterance": np.arange(1, len(before.fused) + 1)}
    for name, one in (("recorded", before), ("degraded", after)):
        columns |= {f"{label}, {name}": one.fused[:, c] for c, label in enumerate(outputs)}
        columns |= {f"{u} weight, {name}": one.coordinator[:, m] for m, u in enumerate(one.modalities) if one.weighted}
        columns |= {f"{u} observed, {name}": one.observed[:, m] for m, u in enumerate(one.modalities)}
    return pd.DataFrame(columns)
