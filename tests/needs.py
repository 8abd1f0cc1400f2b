"""What some tests need beyond Python packages that are always there: skipped where it is absent, but never in CI."""

import os

import pytest


def need(problem: str | None) -> None:
    """Skip the test, or the module that calls this while it is imported, when there is a problem. In CI it fails instead:
    there everything is to be installed, and a suite that silently shrinks proves nothing."""
    if problem and os.environ.get("CI") == "true":
        pytest.fail(f"CI needs this: {problem}", pytrace=False)
    if problem:
        pytest.skip(problem, allow_module_level=True)
