"""Whether what reads clips is on this machine, always put the same way: what is missing, and the command that mends it."""

from importlib.util import find_spec

from comp_viz.errors import CompVizError
from comp_viz.resources import INSTALLED

CLIPS = "comp-viz install-clips" if INSTALLED else "make clips"  # libraries and weights


def library_missing(name: str, mend: str = CLIPS) -> str | None:
    """None when the library of that name on the package index is installed, else the command that mends it."""
    if find_spec(name.replace("-", "_")) is not None:
        return None
    return f"the library {name} is not installed. Run {mend}."


def require(what: str, problem: str | None) -> None:
    """Raise `CompVizError` when something is missing; `what` is the part of the library that cannot do without."""
    if problem:
        raise CompVizError(f"{what}: {problem}")
