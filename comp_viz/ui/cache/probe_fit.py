"""The fit of a linear probe on a thread of its own, so that visitors see charts meanwhile."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from comp_viz.analysis.data.linear_probe import LinearProbe

FITS = ThreadPoolExecutor(1, "linear probe")  # one at a time keeps a core for visitors


class ProbeFit:
    """What several visitors may wait for; the first of them begins it."""

    def __init__(self, fit: Callable[[], LinearProbe]) -> None:
        self.fit, self.lock = fit, Lock()
        self.future: Future[LinearProbe] | None = None

    @property
    def done(self) -> bool:
        """Whether it is over, well or not."""
        return self.future is not None and self.future.done()

    def begin(self) -> Future[LinearProbe]:
        """Begin it unless somebody did."""
        with self.lock:
            self.future = self.future or FITS.submit(self.fit)
            return self.future
