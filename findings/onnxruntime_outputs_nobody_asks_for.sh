#!/usr/bin/env bash
# ONNX Runtime computes every output of a graph, also those that a run does not ask for, and fails where one of them fails.
#
# Guess: run(["scores"], inputs) computes what the scores depend on, as TensorFlow's session does and as the argument's name in the
# documentation, output_names, suggests; so attention maps may be a further output of the graph, which costs and harms nothing
# until somebody asks for them.
#
# What happens (onnx 1.23.2, onnxruntime 1.32.0, Python 3.11): the whole graph runs. A look-up outside its table, on which only the
# other output depends, makes a run fail that asks for the scores alone. The profile shows the other output's operators as run.
#
# What it means for users: an output for explanations costs its time in every prediction. Where that counts, export two graphs that
# share their weights, or give the other part a switch (If) as an input.
#
# Output seen:
#   ONNX Runtime, scores alone: failed, indices element out of data bounds
#   ONNX Runtime, scores alone with a valid look-up: [1.0, 2.0], operators run: Gather, Identity
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnx==1.23.2 onnxruntime==1.32.0

cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON' 2> /dev/null | tee "$folder/seen"
import json

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

x, index = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2]), helper.make_tensor_value_info("index", TensorProto.INT64, [1])
scores, other = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [size]) for name, size in (("scores", 2), ("other", 1)))
nodes = [helper.make_node("Identity", ["x"], ["scores"]), helper.make_node("Gather", ["x", "index"], ["other"])]
graph = helper.make_graph(nodes, "two outputs", [x, index], [scores, other])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
onnx.checker.check_model(model, full_check=True)
values = np.array([1, 2], np.float32)
outside, inside = ({"x": values, "index": np.array([place], np.int64)} for place in (9, 0))

options = onnxruntime.SessionOptions()
options.enable_profiling = True
session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
try:
    session.run(["scores"], outside)
    print("ONNX Runtime, scores alone: computed")
except Exception as error:
    assert "indices element out of data bounds" in str(error), error
    print("ONNX Runtime, scores alone: failed, indices element out of data bounds")
given = session.run(["scores"], inside)[0].tolist()
events = json.load(open(session.end_profiling()))
ran = sorted({event["args"]["op_name"] for event in events if event.get("cat") == "Node"})
print("ONNX Runtime, scores alone with a valid look-up:", f"{given}, operators run: {', '.join(ran)}")
PYTHON

diff "$folder/seen" - <<'EXPECTED'
ONNX Runtime, scores alone: failed, indices element out of data bounds
ONNX Runtime, scores alone with a valid look-up: [1.0, 2.0], operators run: Gather, Identity
EXPECTED
echo "As found."
