"""What some tests need beyond Python packages that are always there: skipped where it is absent, but never in CI."""

import os
from pathlib import Path

import pytest


def need(problem: str | None) -> None:
    """Skip the test, or the module that calls this while it is imported, when there is a problem. In CI it fails instead:
    there everything is to be installed, and a suite that silently shrinks proves nothing."""
    if problem and os.environ.get("CI") == "true":
        pytest.fail(f"CI needs this: {problem}", pytrace=False)
    if problem:
        pytest.skip(problem, allow_module_level=True)


def need_data(path: Path) -> Path:
    """The same for a file or folder of real data, which comes with the data root and not with the repository."""
    need(None if path.exists() else f"{path.name} in {path.parent}, where COMP_VIZ_DATA points")
    return path
