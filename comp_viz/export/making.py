"""Graphs made in the background of a server, by a process of its own: the exporter takes seconds and changes Python itself."""

import subprocess
import sys
import threading
from pathlib import Path

from comp_viz.background_job import BackgroundJob, Cancelled
from comp_viz.errors import CompVizError

MAKE = """
import os, sys
if hasattr(os, "nice"):
    os.nice(10)  # visitors go first
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.errors import CompVizError
from comp_viz.export.template import find_template
try:
    find_template(load_checkpoint(sys.argv[1], "cpu"))
except CompVizError as error:
    sys.exit(str(error))
"""
LOOK_EVERY = 0.2  # seconds between two looks at the process
turn = threading.Lock()  # one at a time: the exporter takes a core, and visitors need them


class GraphJob(BackgroundJob[None]):
    """The graphs of a checkpoint, to be kept where `find_template` looks for them."""

    kind = "making of graphs"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder.name)
        self.folder = folder

    @property
    def progress(self) -> None:
        """Not known."""
        return None

    def work(self) -> None:
        """Make them, once those begun before are made. Raises `Cancelled`, and `CompVizError` with what the process says."""
        while not turn.acquire(timeout=LOOK_EVERY):
            self.stop_if_asked()
        try:
            self.make()
        finally:
            turn.release()

    def make(self) -> None:
        """Make them now."""
        self.state = "running"
        command = [sys.executable, "-c", MAKE, str(self.folder)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            words = self.words_of(process).strip()
        if process.returncode:
            raise CompVizError(words.splitlines()[-1] if words else "The exporter ended without a word.")

    def words_of(self, process: "subprocess.Popen[str]") -> str:
        """What a process writes until it ends. Raises `Cancelled` where it is stopped before."""
        while True:
            try:
                words: str = process.communicate(timeout=LOOK_EVERY)[1]
                return words
            except subprocess.TimeoutExpired:
                if self.stopping.is_set():
                    process.kill()
                self.stop_if_asked()

    def stop_if_asked(self) -> None:
        """Raise `Cancelled` where it is to stop."""
        if self.stopping.is_set():
            raise Cancelled("The making of graphs was stopped.")
