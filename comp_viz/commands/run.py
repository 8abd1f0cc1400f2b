"""`run`: opens the dashboard."""

import argparse
import os
import runpy
import sys
from typing import Any

from comp_viz.lecture import LECTURE
from comp_viz.resources import shipped


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "run",
        help="open the dashboard",
        description="Open the dashboard. Data sets are looked for in COMP_VIZ_DATA or data/, checkpoints in checkpoints/.",
        epilog="All else is passed on to Streamlit, such as --server.port 8600 or --server.address 0.0.0.0.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--lecture",
        action="store_true",
        help="for a class: phones follow the story at an address of their own, the dashboard is the presenter's alone",
    )
    parser.set_defaults(run=run, passes_on=True)


def run(options: argparse.Namespace) -> None:
    """Have Streamlit, in this process, run the app that ships; its settings lie beside it, in `.streamlit`."""
    if options.lecture:
        os.environ[LECTURE] = "1"
    sys.argv = ["streamlit", "run", str(shipped("app.py")), *options.rest]
    runpy.run_module("streamlit", run_name="__main__")
