"""`comp-viz COMMAND`, or `python -m comp_viz COMMAND`: the dashboard, and all that is done from the command line."""

import argparse
import signal
import sys
from importlib import import_module

from comp_viz.commands import exit_status
from comp_viz.versions import VERSION

COMMANDS = (
    "run", "data", "train", "evaluate", "sweep", "results", "report", "figure", "lecture", "export", "convert", "analyse", "install-clips", "doctor",
)  # fmt: skip


def parser_for(arguments: list[str]) -> argparse.ArgumentParser:
    """The parser of all commands, or with the rest left unimported of the one that is asked for."""
    parser = argparse.ArgumentParser(
        prog="comp-viz", description="ComP: open the dashboard, prepare data, train, evaluate and convert models."
    )
    parser.add_argument("--version", action="version", version=f"comp-viz {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in (
        [arguments[0]] if arguments and arguments[0] in COMMANDS else () if "--version" in arguments else COMMANDS
    ):
        import_module(f"comp_viz.commands.{name.replace('-', '_')}").add(commands)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = parser_for(arguments)
    options, rest = parser.parse_known_args(arguments)
    if rest and "passes_on" not in options:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    return exit_status(options.run, options)


def entry() -> None:
    """The console script."""
    # Who asks a process to end, such as a scheduler or a cancel button, gets what Ctrl-C gets: tables written, nothing half done.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())


if __name__ == "__main__":
    entry()
