"""What is wrong with a file that people write or a checkpoint brings, as one sentence."""

from reprlib import Repr

from pydantic import ValidationError

from comp_viz.wording import shortened


class ShortRepr(Repr):
    """The usual one, but for numbers so long that Python refuses to write them."""

    def repr_int(self, x: int, level: int) -> str:
        """A whole number, or how long it is."""
        return (
            super().repr_int(x, level) if x.bit_length() < MOST_BITS else f"a whole number of {x.bit_length():,} bits"
        )


MOST_BITS = 10_000  # about 3,000 digits; Python writes 4,300
SHORT = ShortRepr()
SHORT.maxlevel, SHORT.maxdict, SHORT.maxlist, SHORT.maxtuple, SHORT.maxset = 4, 8, 12, 12, 12
SHORT.maxstring = SHORT.maxother = SHORT.maxlong = 90  # a little more than is shown


def first_problem(error: ValidationError, within: str = "") -> str:
    """The first problem pydantic found, as a sentence; `within` names the field that was checked by itself."""
    problem = error.errors(include_url=False)[0]
    where = ".".join(map(str, (*filter(None, [within]), *problem["loc"]))) or "the whole file"
    return (
        f"field {shortened(where, 120)!r}: {shortened(problem['msg'], 400)}, got {shortened_value(problem['input'])}."
    )


def shortened_value(value: object) -> str:
    """A value for a message, however long, wide or deep it is: no more of it is looked at than is shown."""
    return shortened(SHORT.repr(value), 80)
