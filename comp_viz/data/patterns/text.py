"""The text form of missing patterns: parts like `outage(audio, 8, 12)` or `rates(text=0.9)`, joined by ` + `."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from comp_viz.errors import CompVizError
from comp_viz.wording import percent, shortened

LONGEST_PATTERN = 10_000  # characters of a text that is read
LARGEST_COUNT = 1_000_000  # the largest number of utterances a text may speak of
ANY = "any"  # a random one; a name that is spelled like it is quoted

# Possessive (`++`), so that no text is slow to be refused.
VALUE_PATTERN = r'(?:[\w.-]++|"(?:[^"\\]|\\.)*+")'
ARGUMENT = rf" *+(?:({VALUE_PATTERN}) *+= *+)?({VALUE_PATTERN}) *+"
CALL = re.compile(rf" *+([a-z]++)(?:\(({ARGUMENT}(?:,{ARGUMENT})*+)\))? *+")
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?")


@dataclass(frozen=True)
class Value:
    """One argument as it was written."""

    text: str  # quotes taken off
    quoted: bool = False

    @classmethod
    def of(cls, written: str) -> "Value":
        """Take the quotes off, if there are any. Raises `CompVizError` when what is between them is no JSON string."""
        if not written.startswith('"'):
            return cls(written)
        try:
            return cls(json.loads(written), quoted=True)
        except ValueError:
            raise CompVizError(f"{shortened(written, 80)!r} is not a JSON string.") from None

    def number(self) -> float:
        """As a number."""
        if self.quoted or not NUMBER.fullmatch(self.text):
            raise CompVizError(f"expected a number, got {shortened(self.text, 80)!r}.")
        return float(self.text)

    def count(self) -> int:
        """As a whole number from 1 to a million."""
        value = self.number()
        if not (1 <= value <= LARGEST_COUNT and value.is_integer()):
            raise CompVizError(f"expected a whole number from 1 to {LARGEST_COUNT:,}, got {shortened(self.text, 80)}.")
        return int(value)

    @property
    def is_any(self) -> bool:
        """Whether this is the word `any`."""
        return not self.quoted and self.text == ANY


@dataclass(frozen=True)
class Call:
    """One part as it was written: a kind, and its arguments with their names where they have one."""

    kind: str
    arguments: tuple[tuple[str | None, Value], ...] = ()

    def values(self, least: int, most: float = math.inf) -> list[Value]:
        """Arguments without names. Raises `CompVizError` when there are too few, too many, or one has a name."""
        named = [name for name, _ in self.arguments if name is not None]
        if named:
            raise CompVizError(f"{self.kind} takes no argument by name, got {named[0]}=.")
        if not least <= len(self.arguments) <= most:
            wanted = str(least) if least == most else f"at least {least}"
            raise CompVizError(f"{self.kind} takes {wanted} argument{'s'[: least != 1]}, got {len(self.arguments)}.")
        return [value for _, value in self.arguments]

    def named(self) -> list[tuple[str, Value]]:
        """Arguments with their names. Raises `CompVizError` when there is none, or one has no name."""
        arguments = [(name, value) for name, value in self.arguments if name is not None]
        if not arguments or len(arguments) < len(self.arguments):
            raise CompVizError(f"{self.kind} takes arguments by name, such as text=0.9.")
        return arguments


def read_calls(text: str) -> list[Call]:
    """The parts of a text in order. Raises `CompVizError` for what cannot be read."""
    if len(text) > LONGEST_PATTERN:
        raise CompVizError(f"the text has {len(text):,} characters, expected at most {LONGEST_PATTERN:,}.")
    calls, place = [], 0
    while match := CALL.match(text, place):
        calls.append(Call(match[1], read_arguments(match[2] or "")))
        place = match.end()
        if place == len(text):
            return calls
        if text[place] != "+":
            break
        place += 1
    rest = text[place:]
    raise CompVizError(
        f"it cannot be read from {shortened(rest, 40)!r} on." if rest.strip(" ") else "a part is missing."
    )


def read_arguments(text: str) -> tuple[tuple[str | None, Value], ...]:
    """What stands between the brackets of a part."""
    pairs = re.findall(ARGUMENT, text)
    return tuple((Value.of(name).text if name else None, Value.of(value)) for name, value in pairs)


def quote(name: str) -> str:
    """A name as it is written in a pattern: as it is, or as a JSON string when it is not a plain word."""
    if name != ANY and re.fullmatch(r"[\w.-]+", name):
        return name
    return json.dumps(name, ensure_ascii=not name.isprintable())


def shortest_number(number: float) -> str:
    """The shortest text that reads back as this number."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def share_words(share: float) -> str:
    """A share for people, in as many digits as it was given: `30 %`, `12.5 %`."""
    digits = len(f"{100 * share:.6f}".rstrip("0").partition(".")[2])
    return percent(share, digits)


def quoted_list(names: Sequence[str]) -> str:
    """Names in a sentence: `audio, text and video`."""
    quoted = [quote(name) for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
