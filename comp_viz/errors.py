"""The one error that is meant to be read by people."""


class CompVizError(ValueError):
    """Something outside our control was wrong; the message says what, what was expected, what came and how to mend it."""
