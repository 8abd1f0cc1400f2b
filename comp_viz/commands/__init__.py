"""The command line: one file a command, each with `add(subparsers)` and a function that runs it."""

import argparse
import os
import sys
from collections.abc import Callable

from comp_viz.errors import CompVizError


def exit_status(run: Callable[[argparse.Namespace], int | None], options: argparse.Namespace) -> int:
    """Run a command and return its exit status; what a user can mend is printed as a sentence and gives 2."""
    try:
        status = run(options) or 0
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
