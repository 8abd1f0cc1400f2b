"""How many forward passes the server makes at once."""

import threading

import torch

# A single conversation gains little from a second thread, and loses a hundredfold where a neighbour keeps it busy.
torch.set_num_threads(1)
INFERENCE = threading.Semaphore(1)  # one forward pass at a time: two would only slow each other down
