"""What is made of features that are NaN or infinite: kept as missing, or set to 0 as others do; and what is then left."""

from collections.abc import Sequence

import numpy as np

from comp_viz.data.conversation import Bools
from comp_viz.data.findings import NOT_FINITE, Findings
from comp_viz.data.layouts.choices import Choices
from comp_viz.errors import CompVizError
from comp_viz.wording import how_many

INFINITE, MISSING, ZERO = "infinite", "missing", "zero"
OFFER = "--choose infinite=zero sets NaN and infinite values to 0, as MMSA, IMDer and DiCMoR do with the -inf in COVAREP audio"


def choose_zero(choices: Choices) -> bool:
    """Ask whether values that are NaN or infinite are set to 0; else an utterance that has one lacks the modality."""
    about = "values that are infinite or NaN: the utterance lacks the modality; or zero, as MMSA does"
    return choices.pick(INFINITE, (MISSING, ZERO), about) == ZERO


def check_left(file: str, modalities: Sequence[str], observed: Bools, findings: Findings) -> None:
    """Note utterances that have no modality at all; `observed` is `[N, M]`.

    Raises `CompVizError` for a modality that no utterance has left, with what became of it.
    """
    counts = findings.counts()
    for u in np.flatnonzero(~observed.any(0)).tolist():
        modality = modalities[u]
        reasons = {reason: count for (_, about, reason), count in counts.items() if about == modality}
        why = "; ".join(f"{count:,} × {reason}" for reason, count in reasons.items())
        offer = f" {OFFER}." if any(NOT_FINITE in reason for reason in reasons) else ""
        raise CompVizError(
            f"{file}: nothing is left of {modality} in any of {how_many(len(observed), 'utterance')}"
            f"{f' ({why})' if why else ''}.{offer} Without features a modality has to be left out of the file."
        )
    if nothing := int((~observed.any(1)).sum()):
        findings.problem(file, f"{nothing:,} of {how_many(len(observed), 'utterance')} have no modality at all")
