"""What a data file holds that is not used, with the nearest name that would be."""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from comp_viz.wording import shortened

MOST_LIKENED = 1000  # names of a file for which the nearest is looked for, a third of a millisecond each
NEAR = 0.75  # likeness from which a name is taken for a slip of another


@dataclass(frozen=True)
class Unused:
    """One thing in a file that is not used."""

    what: Literal["array", "column", "entry", "field", "file", "folder", "sheet"]
    name: str
    nearest: str = ""  # the name under which it would be used, "" where none is near
    why: str = ""  # what it is, or how it would be used

    def __str__(self) -> str:
        instead = f"; the nearest name that would be is {shortened(self.nearest)!r}" if self.nearest else ""
        return f"the {self.what} {shortened(self.name)!r} is not used{instead}{f': {self.why}' if self.why else ''}"


def match_names(names: Iterable[str], known: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Our name -> the name in the file that stands for it.

    `known` has the names we use, each with what else it is called. A name that is ours comes before one that differs in
    capitals, blanks or marks, and that before another name; each name of the file stands for one of ours at most.
    """
    plain = {name: plain_name(name) for name in names}
    chosen = {name: name for name in known if name in plain}
    for ours, others in known.items():
        spelled = [*map(plain_name, (ours, *others))]
        fitting = [name for name in plain if plain[name] in spelled and name not in chosen.values()]
        if ours not in chosen and fitting:
            chosen[ours] = min(fitting, key=lambda name: spelled.index(plain[name]))
    return chosen


def unused_names(
    what: Literal["array", "column", "entry", "field", "file", "folder", "sheet"],
    names: Iterable[str],
    used: Collection[str],
    known: Mapping[str, Collection[str]],
) -> list[Unused]:
    """Those of the names in a file that are not among the `used` ones, in order, with the nearest `known` one for the first."""
    left = [name for name in names if name not in used]
    return [Unused(what, name, nearest_name(name, known) if i < MOST_LIKENED else "") for i, name in enumerate(left)]


def nearest_name(name: str, known: Mapping[str, Collection[str]]) -> str:
    """The name of ours that a name most probably means, "" where none is near."""
    plain = plain_name(name)
    ours = {plain_name(other): key for key, others in known.items() for other in others}
    ours |= {plain_name(key): key for key in known}
    if plain in ours:
        return ours[plain]
    if close := difflib.get_close_matches(plain, list(ours), n=1, cutoff=NEAR):
        return ours[close[0]]
    words = set(re.split(r"[^a-z]+", name.casefold())) & set(ours)
    return ours[min(words, key=lambda word: (-len(word), word))] if words else ""


def plain_name(name: str) -> str:
    """What spellings of a name have in common: letters and digits."""
    return re.sub(r"[\W_]+", "", name).casefold()
