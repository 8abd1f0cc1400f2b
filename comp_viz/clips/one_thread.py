"""Keeps linear algebra to one thread where its matrices are small: threads that wait for more only burn time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits

_LOCK = threading.Lock()
_HELD = list[threadpool_limits]()  # by analyses under way, which may overlap: given back when the last of them ends
_UNDER_WAY = 0


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within it NumPy and SciPy, as far as loaded, use one thread, so that sums have one order whatever the machine has.

    They count their threads for the whole process, so those of other work are fewer in the meantime as well.
    """
    global _UNDER_WAY
    with _LOCK:
        _HELD.append(threadpool_limits(1, user_api="blas"))
        _UNDER_WAY += 1
    try:
        yield
    finally:
        with _LOCK:
            _UNDER_WAY -= 1
            while _HELD and not _UNDER_WAY:
                _HELD.pop().restore_original_limits()


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Within it PyTorch uses one thread where this thread calls it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
