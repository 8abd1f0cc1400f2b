"""Numbers as people read them: with the noun they count, their unit, and signs that print well."""

import math
from collections.abc import Sequence

NARROW = "\u202f"  # a narrow space that does not break, between a number and its unit
MINUS = "\u2212"
HEADING = 90  # characters a heading or a title has at most
NEARLY_UNIFORM, CLOSE_TO_UNIFORM = 0.95, 0.9  # normalised entropies from which weights are called so


def how_many(number: int, noun: str) -> str:
    """`1 utterance`, `2,430 utterances`, by the regular plural."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def some_of(number: int, total: int, noun: str) -> str:
    """So many of all, in a sentence: `3 of 84 decisions`, `none of 84 decisions`; of one, `the only decision`, `no decision`."""
    if total == 1:
        return f"the only {noun}" if number else f"no {noun}"
    return f"{f'{number:,}' if number else 'none'} of {how_many(total, noun)}"


def flip_clause(number: int, total: int, noun: str) -> str:
    """How many of all decisions or predictions flip, as a sentence: `3 of 84 decisions flip`, `the only decision flips`."""
    return f"{some_of(number, total, noun)} flip{'s' if 1 in (number, total) else ''}"


def number_list(numbers: Sequence[int]) -> str:
    """Numbers in a line, cut where there are many."""
    return ", ".join(map(str, numbers[:6])) + (f" … {len(numbers)} in all" if len(numbers) > 6 else "")


def decimal(value: float, digits: int = 2) -> str:
    """A number with so many digits after the point, `0.31`, `−0.05`; never a negative nothing; `not defined` for NaN."""
    return "not defined" if math.isnan(value) else f"{value:z,.{digits}f}".replace("-", MINUS)


def compact(value: float) -> str:
    """A number as short as it is, such as the end of a scale: `−3`, `0.5`."""
    return f"{value:g}".replace("-", MINUS)


def fitting(*sentences: str) -> str:
    """The first of several ways to put the same, from the fullest to the shortest, that a heading has room for.

    The shortest is cut where even that is too long, as by the name of a conversation.
    """
    for sentence in sentences:
        if len(sentence) <= HEADING:
            return sentence
    return shortened(sentences[-1], HEADING)


def shortened(text: str, most: int = 60) -> str:
    """Text of whatever length in a sentence: what is beyond so many characters gives way to an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def so_far(sentence: str, measured: int, of: int, unit: str) -> str:
    """A sentence about a measurement; as long as only some of its parts are measured, it says so before anything else."""
    if measured >= of:
        return sentence
    count = f"{measured:,} of {of:,}"
    main = sentence.partition("; ")[0]
    return fitting(
        f"So far, {count} {unit}: {sentence}",
        f"So far, {count}: {sentence}",
        f"So far: {sentence}",
        f"So far, {count}: {main}",
        f"So far: {main}",
    )


def uniformity(entropy: float) -> str:
    """How evenly weights spread over their choices, by their normalised entropy from 0 to 1."""
    words = {NEARLY_UNIFORM: "nearly uniform", CLOSE_TO_UNIFORM: "close to uniform", 0.7: "uneven"}
    return next((word for least, word in words.items() if entropy >= least), "selective")


def percent(share: float, digits: int = 0) -> str:
    """A share from 0 to 1 as `67 %`; with a true minus where it is negative; `not defined` for NaN."""
    return f"{decimal(share * 100, digits)}{'' if math.isnan(share) else NARROW + '%'}"


def points(difference: float, digits: int = 1) -> str:
    """A difference of two shares as `+2.4 points`, of the hundred that a percentage has."""
    return f"{signed(difference * 100, digits)} points"


def signed(value: float, digits: int = 2) -> str:
    """A difference with its sign: `+0.31`, `−0.05`; what rounds to nothing has none, `0.00`."""
    return f"{value:+z.{digits}f}".replace("-", MINUS) if round(value, digits) else f"{0:.{digits}f}"


def interval(value: float, half_width: float, digits: int = 2) -> str:
    """A value with half the width of its 95 % interval: `0.34 ± 0.02 (95 %)`; without one where it is not known."""
    number = decimal(value, digits)
    return number if math.isnan(half_width) else f"{number} ± {half_width:.{digits}f} (95{NARROW}%)"


def first_upper(text: str) -> str:
    """Text as the beginning of a sentence; a name in capitals stays so."""
    return text[:1].upper() + text[1:]
