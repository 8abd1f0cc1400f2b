#!/usr/bin/env bash
# A valid ONNX graph that chooses between booleans cannot be loaded by ONNX Runtime on the CPU.
#
# Guess: the standard lists bool among the types of Where, the checker accepts the graph, and the CPU provider, which is the
# reference and runs every operator of the standard, loads it; so whatever PyTorch exports from torch.where(mask, mask, True) runs.
#
# What happens (onnx 1.23.2, onnxruntime 1.32.0, Python 3.11): the checker and ONNX's own reference evaluator take it, but
# InferenceSession raises NOT_IMPLEMENTED, "Could not find an implementation for Where(16)". The same with int64, or with
# And, Or and Not in place of Where, loads and runs.
#
# What it means for users: masks of what is observed are booleans, and torch.where on them is natural. The export succeeds,
# the check succeeds, and only loading fails, in another program. Write such a choice as (a & c) | (b & ~c).
#
# Output seen:
#   bool, checker and reference: [True, True]
#   bool, ONNX Runtime: refused, no implementation
#   int64, ONNX Runtime: [1, 1]
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnx==1.23.2 onnxruntime==1.32.0

"$folder/venv/bin/python" - <<'PYTHON' 2> /dev/null | tee "$folder/seen"
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def chooser(kind: int) -> onnx.ModelProto:
    values = [helper.make_tensor_value_info(name, kind, [2]) for name in "xy"]
    condition = helper.make_tensor_value_info("c", TensorProto.BOOL, [2])
    out = helper.make_tensor_value_info("out", kind, [2])
    graph = helper.make_graph([helper.make_node("Where", ["c", "x", "y"], ["out"])], "choice", [condition, *values], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    return model


c, x, y = np.array([True, False]), np.array([True, False]), np.array([True, True])
given = {"c": c, "x": x, "y": y}
print("bool, checker and reference:", ReferenceEvaluator(chooser(TensorProto.BOOL)).run(None, given)[0].tolist())
try:
    onnxruntime.InferenceSession(chooser(TensorProto.BOOL).SerializeToString(), providers=["CPUExecutionProvider"])
    print("bool, ONNX Runtime: loaded")
except Exception as error:
    assert "Could not find an implementation for Where" in str(error), error
    print("bool, ONNX Runtime: refused, no implementation")
session = onnxruntime.InferenceSession(chooser(TensorProto.INT64).SerializeToString(), providers=["CPUExecutionProvider"])
numbers = {"c": c, "x": x.astype(np.int64), "y": y.astype(np.int64)}
print("int64, ONNX Runtime:", session.run(None, numbers)[0].tolist())
PYTHON

diff "$folder/seen" - <<'EXPECTED'
bool, checker and reference: [True, True]
bool, ONNX Runtime: refused, no implementation
int64, ONNX Runtime: [1, 1]
EXPECTED
echo "As found."
