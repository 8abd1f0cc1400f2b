"""What all parts of the decoding process share: limits, facts, and what they raise."""

from typing import Any

Limits = dict[str, Any]  # fields of `limits.Limits`
Facts = dict[str, Any]  # fields of `media.Media`, or a "problem"
RATE = 16_000  # samples per second of the sound that is written
DRIFT = 0.2  # seconds that sound may stray from its timestamps before silence is put in


class Refused(Exception):
    """The clip is of a kind that is not analysed; says why, without its name."""


class TooLarge(Exception):
    """A picture with more pixels than the limit allows."""


def too_large(width: int, height: int, limits: Limits) -> str:
    """A picture too large, in words."""
    return f"its pictures have {width} × {height} pixels, at most {limits['pixels'] / 1e6:.1f} million can be read"


def reason(error: BaseException) -> str:
    """An error of FFmpeg in a few words, without file names."""
    if isinstance(error, MemoryError):
        return "out of memory"
    return str(getattr(error, "strerror", None) or type(error).__name__).lower()[:120]
