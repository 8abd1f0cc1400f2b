"""Parts of the explained number in words: points of a probability, or label units of a score."""

from comp_viz.data.conversation import Task
from comp_viz.wording import decimal, signed


def explained_unit(task: Task) -> str:
    """The unit of the explained number, as the title of an axis."""
    return "probability" if task.classes else f"{task.name} (label units)"


def explained_amount(task: Task, value: float, sign: bool = False) -> str:
    """A part of the explained number, with its unit where it is a probability: `12 points`, `0.31`; `sign` adds the sign."""
    write = signed if sign else decimal
    if task.classes:
        return f"{write(100 * value, 0 if abs(value) >= 0.1 else 1)} points"
    return write(value, 2 if abs(value) >= 0.01 or not value else 3)


def precise_amount(task: Task, value: float, sign: bool = False) -> str:
    """The same with a digit more, for a hover label."""
    write = signed if sign else decimal
    return f"{write(100 * value, 1)} points" if task.classes else write(value, 3)
