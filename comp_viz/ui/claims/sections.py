"""A claim as a section of the report: verdict, effect, rule, caveat and data in words, its chart, its numbers."""

from comp_viz.analysis.claims.shipped_claims import RULES, JudgedClaim
from comp_viz.analysis.claims.verdict import Judgement
from comp_viz.figures.chart import About
from comp_viz.figures.claims.effects import about_effects, counted_words, effects_chart, effects_table, effects_title
from comp_viz.figures.claims.facts import source_facts
from comp_viz.figures.claims.heading import finding_words, units_words, verdict_words
from comp_viz.figures.claims.published import published_words
from comp_viz.figures.claims.words import CLAIM_WORDS, least_words, p_words
from comp_viz.figures.style import Palette
from comp_viz.report.section import Section


def effect_line(key: str, judgement: Judgement) -> str:
    """The effect of a claim with its interval, what it is over, and its p-value."""
    counted = counted_words(key, judgement)
    over = f"{units_words(judgement)}{f' with {counted}' if counted else ''}"
    return f"{finding_words(key, judgement)}, over {over}; by Holm {p_words(judgement.p)}."


def claim_section(key: str, judged: JudgedClaim, palette: Palette) -> Section:
    """The whole card of a shipped verdict."""
    words = CLAIM_WORDS[key]
    printed = f"In the paper: {published_words(judged.published)}"
    facts = " ".join(f"{name}: {value.rstrip('.')}." for name, value in source_facts(judged.source))
    about = judged_about(key, judged.judgement, f"{printed} {facts}")
    about = About(about.shows, f"{about.not_shows} {words.shipped}")
    figure = effects_chart(key, judged.judgement, RULES[key].least, effects_title(key, judged.judgement), palette)
    title = f"{verdict_words(judged.judgement.verdict)}: {words.name}"
    return Section(f"claim_{key}_effects", title, about, lambda: effects_table(key, judged.judgement), figure)


def tested_section(key: str, judgement: Judgement, facts: str, palette: Palette) -> Section:
    """The same of a test on an open checkpoint, whose name and data are the `facts`."""
    figure = effects_chart(key, judgement, RULES[key].least, effects_title(key, judgement), palette)
    title = f"Tested here, {verdict_words(judgement.verdict)}: {CLAIM_WORDS[key].name}"
    about = judged_about(key, judgement, facts)
    return Section(f"tested_{key}", title, about, lambda: effects_table(key, judgement), figure)


def judged_about(key: str, judgement: Judgement, facts: str) -> About:
    """Verdict, rule and caveat of a claim in words."""
    words, rule = CLAIM_WORDS[key], RULES[key]
    verdict = f"{verdict_words(judgement.verdict)}. {effect_line(key, judgement)}"
    rule_words = rule.words(least_words(rule.least, words.unit))
    return About(f"{about_effects(key).shows} {words.where}. Verdict: {verdict} {rule_words} {facts}", words.caveat)
