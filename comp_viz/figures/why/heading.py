"""The headings of the parts of the Why page, and the terms in them explained."""

import numpy as np

from comp_viz.analysis.prediction import FUSED
from comp_viz.analysis.why.attribution import Attribution
from comp_viz.analysis.why.context import Context
from comp_viz.analysis.why.contribution import Contribution
from comp_viz.analysis.why.fragile import Fragility
from comp_viz.figures.predictions import NO_PREDICTION, NOTHING_RECORDED, NOTHING_RECORDED_AT_ALL
from comp_viz.figures.why.amounts import explained_amount
from comp_viz.wording import decimal, first_upper, fitting, percent, some_of

CONTRIBUTIONS_HELP = (
    "A contribution is what a modality adds to a prediction, on average over all orders in which modalities can be added (Shapley "
    "value). Dominance: one modality holds two thirds or more of all contributions to an utterance. Complement: several contribute "
    "in the same direction. Conflict: the weaker side holds a fifth or more."
)
FEATURES_HELP = (
    "A cell is one modality of one utterance. The method attributes the difference between the prediction and that for features at "
    "their mean to cells, and to the features in them. About, beside the chart, explains how."
)
CONTEXT_HELP = (
    "Effect: how far the prediction moves when an utterance is taken away. Attention rollout follows attention through all layers. The "
    "rank correlation compares their orders of the other utterances: 1 is the same order, 0 no relation."
)
COUNTERFACTUALS_HELP = (
    "A cell is one modality of one utterance. A decision flips when the prediction changes sides of neutral, or its class. It hangs on a cell "
    "when losing that alone flips it, something else of the utterance is left, and the distance from another decision, before and "
    "after, is more than the prediction's uncertainty: how far all other single losses move it together."
)
ONE_UTTERANCE = "There is no other utterance"


def contributions_heading(contributions: Contribution) -> str:
    """The modality that contributes most over a conversation."""
    means = np.abs(contributions.values).mean(1)
    if not means.sum():
        return "No modality moves any prediction"
    top = first_upper(contributions.modalities[int(means.argmax())])
    share = percent(float(means.max() / means.sum()))
    whose = "the fused prediction" if contributions.predictor == FUSED else f"the {contributions.predictor} head"
    return fitting(
        f"{top} contributes most to {whose}: {share} of all contributions", f"{top} contributes most: {share}"
    )


def features_heading(attribution: Attribution) -> str:
    """The cell with the largest attribution for the prediction of an utterance."""
    target, size = attribution.target, np.abs(attribution.cells)
    if not attribution.observed.any() or not size.max():
        return f"Nothing observed moves the prediction for utterance {target + 1}"
    s, u = np.unravel_index(size.argmax(), size.shape)
    amount = explained_amount(attribution.task, float(attribution.cells[s, u]), sign=True)
    name = attribution.modalities[u]
    if s == target:
        sentence = f"Utterance {target + 1}'s own {name} matters most for its prediction: {amount}"
    else:
        sentence = f"{first_upper(name)} of utterance {s + 1} matters most for utterance {target + 1}: {amount}"
    return fitting(f"{sentence} ({attribution.method})", sentence)


def unexplained_heading(s: int) -> str:
    """What the page says of an utterance without a prediction."""
    return f"Utterance {s + 1}: {NO_PREDICTION}, so nothing to explain"


def unexplained_facts() -> str:
    """Why there is none, and what to do."""
    return f"{first_upper(NOTHING_RECORDED)}. Choose another utterance."


def context_heading(context: Context) -> str:
    """How far predictions depend on other utterances, and whether attention rollout agrees."""
    own = context.own[~np.isnan(context.own)]
    if not len(own):
        return "No utterance moves any prediction"
    sentence = f"Predictions depend {percent(float(own.mean()))} on their own utterance"
    known = context.agreements[~np.isnan(context.agreements)]
    if not len(known):
        return sentence
    return f"{sentence}; rank correlation with rollout is {decimal(float(known.mean()))}"


def counterfactuals_heading(fragility: Fragility) -> str:
    """How many decisions hang on a single cell, as `fragile` says when they do."""
    S, hanging = int((~np.isnan(fragility.margin)).sum()), int((fragility.flips > 0).sum())
    cell = "cell" if fragility.together == 1 else f"modality of {fragility.together} utterances"
    if not S:
        return f"There is no decision that could flip: {NOTHING_RECORDED_AT_ALL}"
    if hanging:
        some = f"{first_upper(some_of(hanging, S, 'decision'))} hang{'s' if hanging == 1 else ''} on one {cell}"
        return fitting(f"{some}, utterance {fragility.order[0] + 1}'s most of all", some) if S > 1 else some
    none = f"{first_upper(some_of(0, S, 'decision'))} hangs on one {cell}"
    if crossed := int((fragility.crossed > 0).sum()):
        return fitting(f"{none}; {crossed:,} could change, but not surely", none)
    if np.isnan(fragility.left).all():
        return none
    closest = int(np.nanargmin(fragility.left))
    left = explained_amount(fragility.task, float(fragility.left[closest]))
    return fitting(f"{none}; utterance {closest + 1} comes closest ({left} left)", none)
