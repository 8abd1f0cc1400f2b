"""McNemar's exact test: of the utterances that only one of two predictors gets right, do more belong to one of them?"""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import binomtest

from comp_viz.data.conversation import Bools


@dataclass(frozen=True)
class McNemar:
    """Utterances by who decides them rightly, and the two-sided exact p-value."""

    both: int
    first: int  # only the first
    second: int  # only the second
    neither: int
    p: float  # chance of a split at least this uneven were each as likely as the other, from 0 to 1

    @property
    def judged(self) -> int:
        """Utterances that count."""
        return self.both + self.first + self.second + self.neither


def mcnemar(first: Bools, second: Bools, counted: Bools) -> McNemar:
    """Compare who is right, all `[N]`, among the utterances that are counted. They are taken as independent."""
    both, neither = int((first & second & counted).sum()), int((~first & ~second & counted).sum())
    one, other = int((first & ~second & counted).sum()), int((~first & second & counted).sum())
    p = float(binomtest(one, one + other, 0.5).pvalue) if one + other else 1.0
    return McNemar(both, one, other, neither, p)


def holm(p: Sequence[float]) -> list[float]:
    """P-values of several tests together, adjusted by Holm: below α, the chance of any false finding among them is at most α."""
    order = sorted(range(len(p)), key=p.__getitem__)
    adjusted, highest = [0.0] * len(p), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p) - rank) * p[place]))
        adjusted[place] = highest
    return adjusted
