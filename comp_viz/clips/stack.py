"""Degradations stacked and taken back: only utterances whose own degradations changed are extracted anew."""

from collections.abc import Sequence
from dataclasses import replace

from comp_viz.clips.clip import Clip
from comp_viz.clips.degradation import Degradation
from comp_viz.clips.degrade import degrade


def restack(clip: Clip, degradations: Sequence[Degradation], before: Clip | None = None) -> Clip:
    """As `degrade(clip, degradations)`, taking over from `before`, the same clip degraded otherwise, what is still true.

    Raises `CompVizError` as `degrade` does.
    """
    known = before.degradations if before else ()
    touched = {i for one in degradations for i in one.utterances}
    kept = {i for i in touched if degradations_on(i, degradations) == degradations_on(i, known)}
    fresh = [replace(one, utterances=tuple(i for i in one.utterances if i not in kept)) for one in degradations]
    degraded = degrade(clip, [one for one in fresh if one.utterances])
    if before is not None and kept:
        degraded = with_utterances_from(degraded, before, kept)
    return replace(degraded, degradations=tuple(degradations))


def degradations_on(i: int, degradations: Sequence[Degradation]) -> list[Degradation]:
    """What is done to utterance `i`, in order."""
    return [replace(one, utterances=(i,)) for one in degradations if i in one.utterances]


def with_utterances_from(clip: Clip, before: Clip, utterances: set[int]) -> Clip:
    """The clip with everything about some utterances as it was before."""
    features = {name: x.copy() for name, x in clip.features.items()}
    quality = {name: x.copy() for name, x in clip.quality.items()}
    reasons = {name: list(texts) for name, texts in clip.reasons.items()}
    spans, looked = list(clip.spans), list(clip.looked)
    for i in utterances:
        for name in features:
            features[name][i] = before.features[name][i]
            reasons[name][i] = before.reasons[name][i]
        for name in quality:
            quality[name][i] = before.quality[name][i]
        spans[i], looked[i] = before.spans[i], before.looked[i]
    return replace(
        clip,
        features=features,
        quality=quality,
        reasons={name: tuple(texts) for name, texts in reasons.items()},
        spans=tuple(spans),
        looked=tuple(looked),
    )
