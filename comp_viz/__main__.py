"""`python -m comp_viz COMMAND`: prepare data, train, evaluate and convert from the command line."""

import argparse
import os
import signal
import sys

from comp_viz.commands import (
    analyse,
    clips_data,
    clips_measure,
    convert,
    data,
    evaluate,
    report,
    results,
    ship,
    sweep,
    train,
)
from comp_viz.errors import CompVizError


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status; what a user can mend is printed as a sentence and gives 2."""
    parser = argparse.ArgumentParser(
        prog="python -m comp_viz", description="ComP: prepare data, train, evaluate and convert models."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (data, train, evaluate, sweep, results, report, convert, ship, analyse, clips_data, clips_measure):
        command.add(commands)
    options = parser.parse_args(arguments)
    try:
        status = options.run(options) or 0
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # who read the output, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except CompVizError as error:
        print(f"comp_viz: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"comp_viz: {error.strerror or error}: {error.filename or ''}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ncomp_viz: stopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    # Who asks a process to end, such as a scheduler or a cancel button, gets what Ctrl-C gets: tables written, nothing half done.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
