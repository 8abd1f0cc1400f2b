"""Errors: the one that is meant to be read by people, and those that a damaged file can raise."""

import tokenize
import zipfile
import zlib


class CompVizError(ValueError):
    """Something outside our control was wrong; the message says what, what was expected, what came and how to mend it."""


# What NumPy, zipfile and PyTorch raise for files that are damaged, hostile or something else.
UNREADABLE = (
    OSError, ValueError, EOFError, LookupError, TypeError, AttributeError, NotImplementedError, RuntimeError, MemoryError,
    SyntaxError, tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
