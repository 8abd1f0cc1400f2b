"""How many forward passes the server makes at once, and on how many threads anything is computed."""

import threading

import scipy.linalg  # noqa: F401 - brings a BLAS of its own, which is there to be limited then
import torch
from threadpoolctl import threadpool_limits

# A single conversation gains little from a second thread, and loses a hundredfold where a neighbour keeps it busy.
torch.set_num_threads(1)
# Threads of a BLAS wait for each other by spinning: the linear probe of a data set took five times the processor time.
threadpool_limits(1, "blas")
INFERENCE = threading.Semaphore(1)  # one forward pass at a time: two would only slow each other down
