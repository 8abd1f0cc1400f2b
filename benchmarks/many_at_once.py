"""Many that do the same at once, a thread each, until they are sent home."""

import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class ManyAtOnce(ABC):
    """`count` threads that each run `visit` with a number of their own; a context manager."""

    def __init__(self, count: int) -> None:
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.visit, args=(number,), daemon=True) for number in range(count)]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    @abstractmethod
    def visit(self, number: int) -> None:
        """One of them; it returns once it is over."""
