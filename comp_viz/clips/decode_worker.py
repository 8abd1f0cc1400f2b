"""Decodes one clip in a process of its own, with bounds on memory, time and files: media parsers meet hostile files.

Run as `python -I decode_worker.py FOLDER LIMITS`, the clip open as standard input; imports nothing of ours but
the folder `decoder` beside it, so that it starts in a moment and within little memory. Writes `sound.f32`, `pictures.jpegs` and
`decoded.json` to FOLDER and nothing else that stays. What went wrong is written there as a sentence.
"""

import json
import os
import resource
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import av


def bound(limits: dict[str, Any]) -> None:
    """Bounds of the operating system on this process."""
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["processor"], limits["processor"] + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["written"], limits["written"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    run = import_module("decoder.run")
    del sys.path[0]
    av.logging.set_level(None)
    limits = json.loads(sys.argv[2])
    bound(limits)
    run.decode_to_folder(Path(sys.argv[1]), limits)
    sys.stdout.flush()
    os._exit(0)  # at once: to take the libraries down in good order takes a fifth of the time that a short clip takes
