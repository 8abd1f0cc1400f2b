"""LSTM and GRU as ONNX has them: the same gates in another order (`comp_viz/network/recurrent_cell.py`)."""

from collections.abc import Callable, Sequence
from typing import Any

from onnxscript import opset20

from comp_viz.network.recurrent_cell import gru, lstm

op: Any = opset20  # while a graph is traced its operators take and give values of the graph, not the arrays they are typed for
# Gates by their place in PyTorch: of an LSTM input, forget, cell, output; of a GRU reset, update, new.
LSTM_ORDER, GRU_ORDER = (0, 3, 1, 2), (1, 0, 2)


def reordered(weight: Any, order: Sequence[int]) -> Any:
    """The blocks of a weight, one for each gate, in another order."""
    parts = op.Split(weight, num_outputs=len(order), axis=0)
    return op.Concat(*[parts[gate] for gate in order], axis=0)


def cell_inputs(weights: Sequence[Any], order: Sequence[int]) -> list[Any]:
    """`W`, `R` and `B` of the operators, each for one direction."""
    inner, own, *biases = [reordered(weight, order) for weight in weights]
    first = op.Constant(value_ints=[0])
    return [op.Unsqueeze(each, first) for each in (inner, own, op.Concat(*biases, axis=0))]


def onnx_lstm(x: Any, *weights: Any) -> Any:
    """An LSTM."""
    y, _, _ = op.LSTM(x, *cell_inputs(weights, LSTM_ORDER), hidden_size=weights[1].shape[1])
    return op.Squeeze(y, op.Constant(value_ints=[1]))


def onnx_gru(x: Any, *weights: Any) -> Any:
    """A GRU, whose reset gate comes after the product, as in PyTorch."""
    y, _ = op.GRU(x, *cell_inputs(weights, GRU_ORDER), hidden_size=weights[1].shape[1], linear_before_reset=1)
    return op.Squeeze(y, op.Constant(value_ints=[1]))


TRANSLATIONS: dict[Callable[..., Any], Callable[..., Any]] = {lstm._opoverload: onnx_lstm, gru._opoverload: onnx_gru}
