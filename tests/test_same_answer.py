"""The same question has the same answer in every process: in any order, with any number of threads."""

import json
import os
import subprocess
import sys

import pytest
from browsing import ROOT

DRAWN = """
import hashlib, json, sys
import numpy as np
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.analysis.prototypes.embedding import embed_points
from comp_viz.analysis.stats.bootstrap import resampled
from comp_viz.analysis.why.attribution import attribute
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.lab.make import lab
from comp_viz.data.lab.settings import LabSettings

points = np.random.default_rng(0).standard_normal((500, 40)).astype(np.float32)
checkpoint = load_checkpoint(sys.argv[1])
conversation = lab(LabSettings(conversations=(8, 3, 3), lengths=(4, 9))).split("test")[0]
questions = {
    "PCA": lambda: embed_points(points, "PCA", 2).coordinates,
    "t-SNE": lambda: embed_points(points, "t-SNE", 2).coordinates,
    "UMAP": lambda: embed_points(points, "UMAP", 2).coordinates,
    "Shapley sampling": lambda: attribute(checkpoint, conversation, conversation.observed, 0, "Shapley sampling").cells,
    "bootstrap": lambda: resampled(np.arange(60.0).reshape(20, 3) / 7),
    "prediction": lambda: predict_conversation(checkpoint, conversation, conversation.observed).fused,
}
for name in sorted(questions, reverse=sys.argv[2] == "backwards"):
    print(json.dumps([name, np.asarray(questions[name](), np.float64).round(4).tolist()]))
"""


def answers(checkpoint, order: str, threads: int, hashes: int) -> dict[str, list[object]]:
    """What a fresh process answers, by question."""
    named = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    environment = os.environ | dict.fromkeys(named, str(threads)) | {"PYTHONHASHSEED": str(hashes)}
    command = [sys.executable, "-c", DRAWN, str(checkpoint), order]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(line) for line in done.stdout.splitlines())


@pytest.fixture
def both(small_checkpoint):
    return answers(small_checkpoint, "forwards", 1, 1), answers(small_checkpoint, "backwards", 2, 2)


def test_fresh_processes_draw_the_same(both):
    one, other = both
    assert set(one) == {"PCA", "t-SNE", "UMAP", "Shapley sampling", "bootstrap", "prediction"}
    assert [name for name in one if one[name] != other[name]] == []
