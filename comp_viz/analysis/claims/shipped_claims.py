"""The seven claims judged by what ships in `results`: the tables of sweeps, and one table measured with a checkpoint."""

from dataclasses import dataclass
from pathlib import Path

from comp_viz.analysis.claims.measured import (
    INSIDE_CLAIMS,
    MEASURED_TABLE,
    measured_source,
    read_claim_sums,
    sums_evidence,
    sums_of_rows,
)
from comp_viz.analysis.claims.measured_on import MeasuredOn
from comp_viz.analysis.claims.published_effects import PublishedEffect, published_effects
from comp_viz.analysis.claims.table_evidence import CLAIM_TABLES, table_evidence
from comp_viz.analysis.claims.verdict import Evidence, Judgement, Rule, judge_claims

PUBLISHED = "published.csv"
# Claim -> the smallest effect that matters, in the order of the paper. docs/claims.md gives the reasons.
RULES = {
    "gap": Rule(0.005),
    "prompting": Rule(0.005),
    "components": Rule(0.005),
    "reconstruction": Rule(0.1),
    "separation": Rule(0.02),
    "coordinator": Rule(0.05),
    "modulator": Rule(0.005),
}


@dataclass(frozen=True)
class JudgedClaim:
    """A claim's verdict and what it was measured on."""

    judgement: Judgement
    source: MeasuredOn
    published: tuple[PublishedEffect, ...]  # what the paper prints, none where it prints no number


def shipped_claims(results: Path) -> dict[str, JudgedClaim]:
    """All seven, by key. Raises `CompVizError` naming the table that is missing or something else."""
    evidence: dict[str, Evidence] = {}
    sources: dict[str, MeasuredOn] = {}
    for key in CLAIM_TABLES:
        evidence[key], sources[key] = table_evidence(results, key)
    rows = read_claim_sums(results / MEASURED_TABLE)
    for key in INSIDE_CLAIMS:
        evidence[key] = sums_evidence(sums_of_rows(rows, key))
        sources[key] = measured_source(rows, f"results/{MEASURED_TABLE}")
    judged = judge_claims(evidence, RULES)
    path = results / PUBLISHED
    published = published_effects(path) if path.is_file() else {}
    return {key: JudgedClaim(judged[key], sources[key], tuple(published.get(key, ()))) for key in RULES}
