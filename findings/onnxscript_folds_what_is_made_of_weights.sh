#!/usr/bin/env bash
# onnxscript's optimiser, which PyTorch's exporter runs by itself, takes weights for constants: what is worked out of a few of them is
# put into the graph, and other weights put in their place later no longer count.
#
# Guess: constant folding works out what depends on constants of the graph. Weights are named initializers, which ONNX keeps apart
# so that a file of other weights (another seed, fine-tuned) fits the same graph; they stay what they are.
#
# What happens (onnx 1.23.2, onnxscript 0.7.2, Python 3.11): whatever depends on initializers of at most 8,192 bytes each, as the
# exponential of a learned scale or temperature does, becomes a number in the graph. Small biases, scales and temperatures are
# such, large matrices are not, so that most of a network answers with the new weights and a little of it with the old ones, without a word.
#
# What it means for users: who exports once and swaps weights, as ensembles over seeds and live demonstrations do, holds the swapped
# graph against the network itself, or has the optimiser leave alone what weights go into (its argument should_fold).
#
# Output seen:
#   initializers before: matrix, scale; after optimising: exp_scale, matrix
#   optimised, with another scale: the answer of the old scale
#   optimised with should_fold, with another scale: the answer of the new scale
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnx==1.23.2 onnxscript==0.7.2

cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON' 2> /dev/null | tee "$folder/seen"
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnxscript import ir, optimizer

WIDTH = 100  # its matrix is larger than what is folded
old = {"scale": np.zeros(WIDTH, np.float32), "matrix": np.eye(WIDTH, dtype=np.float32)}
new = {"scale": np.full(WIDTH, np.log(3), np.float32), "matrix": 2 * old["matrix"]}


def exported():
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, WIDTH]) for name in ("x", "y"))
    nodes = [
        helper.make_node("Exp", ["scale"], ["exp_scale"]),
        helper.make_node("MatMul", ["x", "matrix"], ["product"]),
        helper.make_node("Mul", ["product", "exp_scale"], ["y"]),
    ]
    weights = [numpy_helper.from_array(values, name) for name, values in old.items()]
    graph = helper.make_graph(nodes, "scaled", [x], [y], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    return model


def names(model):
    return ", ".join(sorted(each.name for each in model.graph.initializer))


def with_new_weights(model):
    for each in model.graph.initializer:
        if each.name in new:
            each.CopyFrom(numpy_helper.from_array(new[each.name], each.name))
    return float(ReferenceEvaluator(model).run(["y"], {"x": np.ones((1, WIDTH), np.float32)})[0][0, 0])


def optimised(**options):
    model = ir.from_proto(exported())
    optimizer.optimize_ir(model, **options)
    return ir.to_proto(model)


assert round(with_new_weights(exported()), 4) == 6  # 2 of the matrix, 3 of the scale
print(f"initializers before: {names(exported())}; after optimising: {names(optimised())}")
said = {2: "the answer of the old scale", 6: "the answer of the new scale"}
print("optimised, with another scale:", said[round(with_new_weights(optimised()))])
kept = optimised(should_fold=lambda node: False if any(x is not None and x.name in old for x in node.inputs) else None)
print("optimised with should_fold, with another scale:", said[round(with_new_weights(kept))])
PYTHON

diff "$folder/seen" - <<'EXPECTED'
initializers before: matrix, scale; after optimising: exp_scale, matrix
optimised, with another scale: the answer of the old scale
optimised with should_fold, with another scale: the answer of the new scale
EXPECTED
echo "As found."
