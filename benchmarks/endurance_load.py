"""What a server takes, looked at all the while: memory, threads, descriptors, child processes, temporary files."""

import contextlib
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

EVERY = 2.0  # seconds between two looks
State = dict[str, int]


@dataclass
class Load:
    """What a process takes, from when it is entered as a context until it is left."""

    process: int  # its number
    temporary: Path  # the folder of its temporary files
    seen: list[State] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Load":
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.over.set()
        self.thread.join()

    def look(self) -> None:
        """Look until it is over."""
        while not self.over.wait(EVERY):
            self.seen.append(self.now())

    def now(self) -> State:
        """As Linux tells."""
        lines = Path(f"/proc/{self.process}/status").read_text().splitlines()
        status = dict(line.split(":", 1) for line in lines)
        return {
            "MB of memory": int(status["VmRSS"].split()[0]) >> 10, "threads": int(status["Threads"]),
            "descriptors": len(os.listdir(f"/proc/{self.process}/fd")), "child processes": self.children(),
            "temporary files": sum(len(files) for _, _, files in os.walk(self.temporary)),  # folders may go meanwhile
        }  # fmt: skip

    def children(self) -> int:
        """How many processes its threads have begun that are there still."""
        number = 0
        for thread in Path(f"/proc/{self.process}/task").iterdir():
            with contextlib.suppress(OSError):  # a thread that has just ended
                number += len((thread / "children").read_text().split())
        return number

    def at(self, share: float) -> State:
        """What was seen after a share of the time."""
        return self.seen[int(share * (len(self.seen) - 1))]

    def most(self) -> State:
        """The most of each that was seen."""
        return {name: max(state[name] for state in self.seen) for name in self.seen[0]}


def settled(load: Load, seconds: float) -> State:
    """What the process takes after some time without visitors."""
    time.sleep(seconds)
    return load.now()
