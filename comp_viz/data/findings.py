"""What a reader noticed in a data file: entries missing by nature, rows that could not be used, and what is not used."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from comp_viz.data.conversation import Bools, Floats
from comp_viz.data.unused import Unused
from comp_viz.errors import CompVizError
from comp_viz.wording import how_many

NOT_FINITE = "NaN or infinite features"
NOT_FINITE_MISSING = f"{NOT_FINITE}, kept as missing"
MOST_FINDINGS = 1_000_000  # which take 15 seconds
Kind = Literal["missing", "problem", "unused", "assumed"]


@dataclass(frozen=True)
class Finding:
    """One thing noticed, and where."""

    # "missing": a recording simply lacks it; "problem": the file is at fault; "unused": it holds more; "assumed": told by
    # what is in the file, which does not say it
    kind: Kind
    file: str
    conversation: str  # its id, "" for the whole file
    utterance: int | None  # counted from 1, None for the whole conversation
    modality: str  # "" when it is not about one
    reason: str  # what came, and what was made of it

    def __str__(self) -> str:
        place = [self.file, *([self.conversation] if self.conversation else [])]
        place += [f"utterance {self.utterance}"] if self.utterance is not None else []
        place += [self.modality] if self.modality else []
        return f"{', '.join(place)}: {self.reason}"


@dataclass(frozen=True)
class Findings:
    """All that was noticed, in the order of reading."""

    rows: list[Finding] = field(default_factory=list)

    def missing(self, file: str, conversation: str, utterance: int, modality: str, reason: str) -> None:
        """Note an entry that the recording lacks."""
        self.rows.append(Finding("missing", file, conversation, utterance, modality, reason))

    def problem(
        self, file: str, reason: str, conversation: str = "", utterance: int | None = None, modality: str = ""
    ) -> None:
        """Note something wrong with the file."""
        self.rows.append(Finding("problem", file, conversation, utterance, modality, reason))

    def not_used(self, file: str, names: Iterable[Unused]) -> None:
        """Note what a file holds that is not used."""
        self.rows.extend(Finding("unused", file, "", None, "", str(name)) for name in names)

    def assume(self, file: str, reasons: Iterable[str]) -> None:
        """Note how a file was read where it does not say so."""
        self.rows.extend(Finding("assumed", file, "", None, "", reason) for reason in reasons)

    def make_room(self, file: str, modality: str, count: int) -> None:
        """Raise `CompVizError` when `count` more are more than can be kept: each takes memory and time, and nobody reads them."""
        if len(self.rows) + count > MOST_FINDINGS:
            raise CompVizError(
                f"{file}: {how_many(count, 'utterance')} lack {modality} or have no usable values of it; at most {MOST_FINDINGS:,} missing or faulty "
                "entries are noted for a file. Leave this column out, or split the file."
            )

    @property
    def unused(self) -> list[Finding]:
        """What the file holds that is not used."""
        return [row for row in self.rows if row.kind == "unused"]

    @property
    def noted(self) -> list[Finding]:
        """What does not show in the conversations themselves, as what is missing of them does."""
        return [row for row in self.rows if row.kind != "missing"]

    @property
    def problems(self) -> list[Finding]:
        """What is wrong with the file, without what is merely missing."""
        return [row for row in self.rows if row.kind == "problem"]

    def counts(self) -> Counter[tuple[Kind, str, str]]:
        """How often each (kind, modality, reason) was noticed."""
        return Counter((row.kind, row.modality, row.reason) for row in self.rows)

    def admit(
        self,
        file: str,
        conversation: str,
        modality: str,
        features: Floats,
        present: Bools | None = None,
        zero: bool = False,
    ) -> tuple[Floats, Bools]:
        """Features `[S, D]` with zeros where there are none, and which rows are observed `[S]`.

        Rows that are not `present`, all zero, NaN or infinite are kept as missing, and noted; with `zero`, values that are
        NaN or infinite become 0 instead.
        """
        with np.errstate(over="ignore"):
            features = features.astype(np.float32)
        finite = np.asarray(np.isfinite(features).all(1))
        there: Bools = np.ones(len(features), bool) if present is None else present
        if zero:
            features = np.nan_to_num(features, nan=0, posinf=0, neginf=0)
        observed: Bools = there & (finite | zero) & np.asarray(features.any(1))
        for s in np.flatnonzero(~observed | ~finite):
            if not there[s]:
                self.missing(file, conversation, int(s) + 1, modality, "no features")
            elif finite[s]:
                self.missing(file, conversation, int(s) + 1, modality, "all features are zero")
            else:
                reason = f"{NOT_FINITE}, set to 0" if observed[s] else NOT_FINITE_MISSING
                self.problem(file, reason, conversation, int(s) + 1, modality)
        return np.where(observed[:, None], features, np.float32(0)), observed

    def without_words(
        self, file: str, conversation: str, modality: str, words: tuple[str, ...], observed: Bools
    ) -> Bools:
        """Which rows of the text modality are observed `[S]`, those with an empty transcript kept as missing, and noted."""
        spoken: Bools = np.array([bool(text.strip()) for text in words])
        for s in np.flatnonzero(observed & ~spoken):
            self.missing(file, conversation, int(s) + 1, modality, "empty transcript")
        kept: Bools = observed & spoken
        return kept
