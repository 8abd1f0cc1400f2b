"""The heading of the Claims page, and its list of verdicts."""

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from comp_viz.analysis.claims.verdict import Judgement, Outcome, Verdict
from comp_viz.figures.chart import About
from comp_viz.figures.claims.words import CLAIM_WORDS, effect_words, p_words
from comp_viz.wording import first_upper, how_many, signed

CLAIMS_HELP = (
    "Each claim of the paper has one primary test, chosen for what the claim says and written down with its reason in `docs/claims.md`. Verdicts "
    "are computed from tables by the rule on each card; nobody types them in."
)
# A sign beside each verdict, so that no colour is needed.
SIGNS = {Verdict.HOLDS: "✓", Verdict.IN_PART: "◐", Verdict.NOT_SEEN: "✕", Verdict.UNKNOWN: "?"}
LIST_TITLE = "Our verdict on each claim"
ABOUT_VERDICTS = About(
    "Our verdict on each claim, the effect of its primary test with the 95\u202f% interval, and what that interval is over. p is two-sided, by "
    "Holm's method over all seven claims.",
    "Whether the paper's own numbers are right: they are of other recordings, features and splits, and of epochs chosen on the test split.",
)


def verdict_words(verdict: Verdict) -> str:
    """A verdict with its sign."""
    return f"{SIGNS[verdict]} {verdict}"


def claims_heading(judged: Mapping[str, Judgement]) -> str:
    """How many claims have which verdict."""
    counts = Counter(one.verdict for one in judged.values())
    words = {
        Verdict.HOLDS: ("hold", "holds"),
        Verdict.IN_PART: ("in part",) * 2 if counts[Verdict.HOLDS] else ("hold in part", "holds in part"),
        Verdict.NOT_SEEN: ("are not seen", "is not seen"),
        Verdict.UNKNOWN: ("cannot be told",) * 2,
    }
    parts = [f"{counts[v]} {several[counts[v] == 1]}" for v, several in words.items() if counts[v]]
    first, *rest = parts
    number, _, verb = first.partition(" ")
    return f"{number} of {how_many(len(judged), 'claim')} {', '.join([verb, *rest])}"


def finding_words(key: str, judgement: Judgement) -> str:
    """The primary effect, and where a claim holds in part what else is seen."""
    unit = CLAIM_WORDS[key].unit
    effects = zip(judgement.evidence.effects, judgement.outcomes, strict=True)
    seen = [effect for place, (effect, outcome) in enumerate(effects) if place and outcome is Outcome.SEEN]
    primary, measure = judgement.evidence.primary, CLAIM_WORDS[key].measure
    known = primary.value == primary.value
    words = (
        f"{effect_words(primary, unit)} {measure}"
        if known
        else first_upper(f"{measure}: {effect_words(primary, unit)}")
    )
    if judgement.verdict is Verdict.IN_PART and seen:
        return f"{words}; seen: " + ", ".join(f"{one.of} {signed(unit.scale * one.value, unit.digits)}" for one in seen)
    return words


def units_words(judgement: Judgement) -> str:
    """What the interval of a claim is over."""
    evidence = judgement.evidence
    if evidence.unit.startswith("cut "):
        return f"{evidence.n} {evidence.unit.replace('cut', 'cuts', 1)}"
    return how_many(evidence.n, evidence.unit)


def verdict_table(judged: Mapping[str, Judgement]) -> pd.DataFrame:
    """All claims as a table that people read: claim, place in the paper, verdict, effect, p and what it is over."""
    rows = [
        {
            "claim": CLAIM_WORDS[key].name,
            "in the paper": CLAIM_WORDS[key].where,
            "verdict": verdict_words(one.verdict),
            "effect": finding_words(key, one),
            "p by Holm": p_words(one.p),
            "over": units_words(one),
        }
        for key, one in judged.items()
    ]
    return pd.DataFrame(rows)
