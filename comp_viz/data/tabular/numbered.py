"""Columns that are one feature each, such as `audio.0`, `audio.1`, …, told by their names."""

import re
from collections import defaultdict
from collections.abc import Sequence

from comp_viz.data.tabular.names import PREFIX, feature_modality
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

# A name, then a dot, a line, a bracket or nothing, then a number: audio.0, audio_0, audio[0], audio0.
NUMBERED = re.compile(r"(?P<stem>.*[^\W\d_])(?P<mark>[._:\-\[]?)(?P<number>\d{1,6})\]?")


def numbered_columns(file: str, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Modality -> its columns in the order of their numbers, where names are those of features, counted from 0 or 1.

    Raises `CompVizError` where numbers are left out or come twice, as features would be lost or in a wrong order.
    """
    groups: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for name in names:
        match = NUMBERED.fullmatch(name.strip())
        if match and (modality := feature_modality(match["stem"])):
            number, group = int(match["number"]), groups[modality, match["stem"] + match["mark"]]
            if number in group:
                raise CompVizError(
                    f"{file}: the columns {shortened(group[number], 60)!r} and {shortened(name, 60)!r} have the same number."
                )
            group[number] = name
    made: dict[str, tuple[str, ...]] = {}
    for (modality, stem), group in groups.items():
        if len(group) == 1 and not PREFIX.match(stem):
            continue  # text_1 beside text_b is no feature
        if modality in made:
            raise CompVizError(
                f"{file}: two groups of columns are {modality} features, one of them {stem}0 and so on. Rename or drop one."
            )
        made[modality] = in_sequence(file, stem, group)
    return made


def in_sequence(file: str, stem: str, group: dict[int, str]) -> tuple[str, ...]:
    """The columns in order. Raises `CompVizError` when numbers are left out."""
    first = min(group)
    if gaps := sorted(set(range(min(first, 1), max(group) + 1)) - set(group) - {0}):
        raise CompVizError(
            f"{file}: of the columns {stem}{first} to {stem}{max(group)}, {len(gaps):,} "
            f"{'is' if len(gaps) == 1 else 'are'} not there, the first with number {gaps[0]}. Write all of them, or number them anew."
        )
    return tuple(group[number] for number in sorted(group))
