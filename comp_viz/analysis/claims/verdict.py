"""The verdict on a claim: computed from its effects by one rule, the same for all seven, and never typed in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from comp_viz.analysis.claims.effect import Effect
from comp_viz.analysis.stats.mcnemar import holm
from comp_viz.wording import NARROW

CONVERSATION_UNIT = "conversation"  # what intervals by the bootstrap are over
ALPHA = 0.05  # of all claims together, and of the parts of a claim together


class Verdict(StrEnum):
    """What our measurements say of a claim."""

    HOLDS = "holds"
    IN_PART = "holds in part"
    NOT_SEEN = "not seen"
    UNKNOWN = "cannot be told"


class Outcome(StrEnum):
    """What one effect shows by itself."""

    SEEN = "seen"
    ABSENT = "absent or too small to matter"
    OPEN = "open"


@dataclass(frozen=True)
class Rule:
    """When an effect counts: `least` is the smallest that matters, fixed for each claim before its verdict."""

    least: float

    def outcome(self, effect: Effect, p: float) -> Outcome:
        """What an effect shows, with the p-value that Holm's method leaves it."""
        if not effect.measured:
            return Outcome.OPEN
        if effect.high < self.least:
            return Outcome.ABSENT
        return Outcome.SEEN if effect.low > 0 and p < ALPHA else Outcome.OPEN

    def words(self, least: str) -> str:
        """The rule as people read it; `least` is the smallest effect that matters, with its unit."""
        return (
            f"An effect is seen when its 95{NARROW}% interval lies above zero and Holm's p is below {ALPHA}: for the primary test over all "
            "seven claims, for the other parts over those of this claim. It is absent, or too small to matter, when the whole interval "
            f"lies below {least}. Else it is open. The claim holds when the primary test and every part are seen, and holds in part when "
            "some are. Where none is, it is not seen if the primary effect is absent, and cannot be told if that is open."
        )


@dataclass(frozen=True)
class Evidence:
    """What was measured for a claim."""

    primary: Effect  # the one test that was chosen beforehand
    parts: tuple[Effect, ...]  # the other things that the claim says
    n: int  # units that the intervals are over
    unit: str  # what they are: "training seed", "conversation"
    lacking: str = ""  # why something could not be measured, in a sentence

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The primary effect and then the parts."""
        return self.primary, *self.parts


@dataclass(frozen=True)
class Judgement:
    """The verdict on a claim, and the outcome of each effect it follows from."""

    evidence: Evidence
    p: float  # of the primary test, by Holm over all claims
    outcomes: tuple[Outcome, ...]  # of the primary effect and then of the parts

    @property
    def verdict(self) -> Verdict:
        """The verdict, by the rule."""
        return verdict_of(self.outcomes[0], self.outcomes[1:])


def verdict_of(primary: Outcome, parts: Sequence[Outcome]) -> Verdict:
    """The verdict that outcomes make."""
    if all(one is Outcome.SEEN for one in (primary, *parts)):
        return Verdict.HOLDS
    if Outcome.SEEN in (primary, *parts):
        return Verdict.IN_PART
    return Verdict.NOT_SEEN if primary is Outcome.ABSENT else Verdict.UNKNOWN


def judge_claims(evidence: Mapping[str, Evidence], rules: Mapping[str, Rule]) -> dict[str, Judgement]:
    """Judge claims by key. `rules` names all of them: one that nothing was measured for counts in Holm's method as well."""
    p = adjusted([evidence[key].primary if key in evidence else None for key in rules])
    by_claim = dict(zip(rules, p, strict=True))
    return {key: judge_claim(one, rules[key], by_claim[key]) for key, one in evidence.items()}


def judge_claim(evidence: Evidence, rule: Rule, p: float) -> Judgement:
    """Judge one claim, given the p-value of its primary test by Holm over all claims."""
    parts = zip(evidence.parts, adjusted(evidence.parts), strict=True)
    outcomes = (rule.outcome(evidence.primary, p), *(rule.outcome(one, p_part) for one, p_part in parts))
    return Judgement(evidence, p, outcomes)


def adjusted(effects: Sequence[Effect | None]) -> list[float]:
    """P-values by Holm's method, 1 where nothing was measured."""
    return holm([1.0 if one is None or np.isnan(one.p) else one.p for one in effects])
