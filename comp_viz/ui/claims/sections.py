"""Claims as sections of the report: verdict, effect, test, caveat and data in words, a chart, the numbers."""

from collections.abc import Mapping

from comp_viz.analysis.claims.shipped_claims import RULES, JudgedClaim
from comp_viz.analysis.claims.verdict import ALPHA, Judgement
from comp_viz.figures.chart import About
from comp_viz.figures.claims.effects import counted_words, effects_chart, effects_table, effects_title
from comp_viz.figures.claims.facts import source_facts
from comp_viz.figures.claims.heading import (
    ABOUT_VERDICTS,
    LIST_TITLE,
    finding_words,
    units_words,
    verdict_table,
    verdict_words,
)
from comp_viz.figures.claims.published import published_words
from comp_viz.figures.claims.words import CLAIM_WORDS, least_words, p_words
from comp_viz.figures.style import Palette
from comp_viz.report.section import Section


def effect_line(key: str, judgement: Judgement) -> str:
    """The effect of a claim with its interval, what it is over, and its p-value."""
    counted = counted_words(key, judgement)
    over = f"{units_words(judgement)}{f' with {counted}' if counted else ''}"
    above_zero = judgement.evidence.primary.low > 0
    chance = f", not below {ALPHA}, so it may be chance" if above_zero and judgement.p >= ALPHA else ""
    return f"{finding_words(key, judgement)}, over {over}; {p_words(judgement.p)} by Holm's method{chance}."


def claim_section(key: str, judged: JudgedClaim, palette: Palette) -> Section:
    """The whole card of a shipped verdict."""
    facts = "; ".join(f"{name}: {value.rstrip('.')}" for name, value in source_facts(judged.source))
    about = judged_about(key, judged.judgement, f"In the paper: {published_words(judged.published)}\n\n{facts}.")
    about = About(about.shows, f"{about.not_shows} {CLAIM_WORDS[key].shipped}")
    title = f"{verdict_words(judged.judgement.verdict)}: {CLAIM_WORDS[key].name}"
    return judged_section(f"claim_{key}_effects", title, about, key, judged.judgement, palette)


def tested_section(key: str, judgement: Judgement, facts: str, palette: Palette) -> Section:
    """The same of a test on an open checkpoint, whose name and data are the `facts`."""
    title = f"Tested here, {verdict_words(judgement.verdict)}: {CLAIM_WORDS[key].name}"
    return judged_section(f"tested_{key}", title, judged_about(key, judgement, facts), key, judgement, palette)


def judged_section(name: str, title: str, about: About, key: str, judgement: Judgement, palette: Palette) -> Section:
    """A section called `name` with the chart and the numbers of a claim."""
    figure = effects_chart(key, judgement, RULES[key].least, effects_title(judgement), palette)
    return Section(name, title, about, lambda: effects_table(key, judgement), figure)


def judged_about(key: str, judgement: Judgement, facts: str) -> About:
    """Claim, verdict, test and data in paragraphs, and the caveat; the rule stands once, with the list of verdicts."""
    words = CLAIM_WORDS[key]
    paragraphs = (
        f"{words.sentence} {words.where}.",
        f"{verdict_words(judgement.verdict)}. {effect_line(key, judgement)}",
        f"Primary test, the diamond: {words.test} {words.reason} Other parts, circles: {words.parts} The smallest effect that matters is "
        f"{least_words(RULES[key].least, words.unit)}.",
        facts,
    )
    return About("\n\n".join(paragraphs), words.caveat)


def verdicts_section(judged: Mapping[str, JudgedClaim]) -> Section:
    """All verdicts as a table, with the rule."""
    table = verdict_table({key: one.judgement for key, one in judged.items()})
    rule = next(iter(RULES.values())).words("the smallest effect that matters, which is given with each claim")
    about = About(f"{ABOUT_VERDICTS.shows}\n\n{rule}", ABOUT_VERDICTS.not_shows)
    return Section("verdicts", LIST_TITLE, about, lambda: table)
