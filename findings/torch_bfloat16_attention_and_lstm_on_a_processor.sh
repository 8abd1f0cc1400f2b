#!/usr/bin/env bash
# Mixed precision on a processor that multiplies bfloat16: products take half the time, PyTorch's fused attention and its LSTM take longer
# than in float32 when they are trained, a GRU does not.
#
# Guess: torch.autocast("cpu", torch.bfloat16) makes what consists of products faster, where the processor has instructions for it
# (AVX-512 BF16). Attention and recurrences are products for the most part, so a transformer or an LSTM over a conversation gains too.
#
# What happens (torch 2.13.0, Python 3.11, AMD Zen 4, one thread): large products run 2.4 times as fast. The gradient of
# scaled_dot_product_attention takes 2 to 4 times as long as in float32 for sequences of about a hundred and narrow heads (the two are
# even at 512), an LSTM's forward and backward pass 1.6 times as long. A GRU, which PyTorch runs step by step by itself instead of
# handing it to oneDNN, takes 0.6 of the time.
#
# What it means for users: on sequences as long as conversations, mixed precision as a whole can make training slower although its
# products are faster. Measure the parts, and leave attention and LSTMs out (a nested torch.autocast("cpu", enabled=False), inputs in float32).
#
# Output seen:
#   product: faster in bfloat16
#   attention over 112, forward and backward: slower in bfloat16
#   LSTM over 112, forward and backward: slower in bfloat16
#   GRU over 112, forward and backward: faster in bfloat16
set -euo pipefail

if [ -r /proc/cpuinfo ] && ! grep -q avx512_bf16 /proc/cpuinfo; then
    echo "Not run: this processor has no instructions for bfloat16, so that everything is slower in it."
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy torch==2.13.0

cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import time

import torch
from torch import nn
from torch.nn import functional as F

S, B, WIDTH, UNITS, REPEATS = 112, 8, 1000, 500, 7
torch.set_num_threads(1)
torch.manual_seed(0)
x = torch.randn(S, B, WIDTH)
matrix = torch.randn(WIDTH, 4 * UNITS)
heads = [torch.randn(B, 8, S, 16, requires_grad=True) for _ in range(3)]
cells = {"LSTM": nn.LSTM(WIDTH, UNITS), "GRU": nn.GRU(WIDTH, UNITS)}


def product():
    return x.flatten(0, 1) @ matrix


def attention():
    return F.scaled_dot_product_attention(*heads)


def seconds(task, mixed):
    times = []
    for _ in range(REPEATS + 1):
        start = time.process_time()
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            out = task()
        if out.requires_grad:
            out.float().sum().backward()
        times.append(time.process_time() - start)
    return min(times[1:])


def compare(name, task):
    ratio = seconds(task, True) / seconds(task, False)
    words = "slower" if ratio > 1.15 else "faster" if ratio < 0.87 else "as fast"
    print(f"{name}: {words} in bfloat16")


compare("product", product)
compare(f"attention over {S}, forward and backward", attention)
for name, cell in cells.items():
    compare(f"{name} over {S}, forward and backward", lambda cell=cell: cell(x)[0])
PYTHON

diff "$folder/seen" - <<'EXPECTED'
product: faster in bfloat16
attention over 112, forward and backward: slower in bfloat16
LSTM over 112, forward and backward: slower in bfloat16
GRU over 112, forward and backward: faster in bfloat16
EXPECTED
echo "As found."
