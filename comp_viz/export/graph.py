"""From a module to an ONNX graph for any number of utterances, by PyTorch's own exporter; needs the extra `export`."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

if TYPE_CHECKING:
    import onnx

OPSET = 20  # the first with Gelu
NO_EXPORTER = (
    "Making a graph takes the libraries onnx and onnxscript: pip install 'comp-viz[export]', in a checkout "
    "pip install onnx onnxscript."
)
MOST_FOLDED = (
    128  # bytes of constants that are worked out beforehand: nothing of weights, however few: a checkpoint brings them
)
TRACED_UTTERANCES = 3  # any number but 0 and 1 would do: the graph is for all


def exporter_installed() -> bool:
    """Whether the libraries that make graphs are there; looks without importing them."""
    return all(map(find_spec, ("onnx", "onnxscript")))


def import_onnx() -> Any:
    """The library `onnx`. Raises `CompVizError` with what installs it when it, or what PyTorch's exporter needs, is absent."""
    try:
        import_module("onnxscript")
        return import_module("onnx")
    except ImportError:
        raise CompVizError(NO_EXPORTER) from None


def export_graph(
    module: nn.Module, inputs: Mapping[str, Tensor], open_axes: Mapping[str, int], most: int
) -> "onnx.ModelProto":
    """The graph of a module that gives a dictionary of outputs by name.

    `inputs` are examples by name, in order; `open_axes` says which axis of an input is as long as the conversation, of at
    most `most` utterances. Raises `CompVizError` where the libraries are absent, or the exporter cannot do it.
    """
    import_onnx()
    length = torch.export.Dim("utterances", min=1, max=most)
    # The module takes *inputs: the shapes of one argument that holds them all.
    shapes = (tuple({open_axes[name]: length} if name in open_axes else None for name in inputs),)
    with quiet(), torch.no_grad():
        names = list(module(*inputs.values()))
        try:
            traced = torch.export.export(module.eval(), tuple(inputs.values()), dynamic_shapes=shapes, strict=False)
            program = torch.onnx.export(
                traced, dynamo=True, opset_version=OPSET, verbose=False, optimize=False,
                input_names=list(inputs), output_names=names,
                custom_translation_table=import_module("comp_viz.export.recurrence").TRANSLATIONS,
            )  # fmt: skip
            assert program
            weights = set(traced.state_dict)
            import_module("onnxscript.optimizer").optimize_ir(
                program.model,
                input_size_limit=MOST_FOLDED,
                should_fold=lambda node: False if any(x and x.name in weights for x in node.inputs) else None,
            )
        except Exception as error:  # the exporter has no one kind of its own
            reason = next(filter(None, map(str.strip, str(error).splitlines())), type(error).__name__)
            raise CompVizError(
                f"PyTorch's exporter cannot make a graph of this network: {shortened(reason, 300)}"
            ) from error
    model = program.model_proto
    check_names(model, list(inputs), names)
    strip(model)
    return model


def strip(model: "onnx.ModelProto") -> None:
    """Take out where in which file each operation came from: longer than the graph, and of no use elsewhere."""
    for described in (
        model,
        model.graph,
        *model.graph.node,
        *model.graph.input,
        *model.graph.output,
        *model.graph.initializer,
    ):
        described.ClearField("metadata_props")
        described.ClearField("doc_string")
    model.graph.ClearField("value_info")


def check_names(model: "onnx.ModelProto", inputs: list[str], outputs: list[str]) -> None:
    """Raise `CompVizError` unless a graph has the names it should have, which are its interface."""
    have = [value.name for value in model.graph.input], [value.name for value in model.graph.output]
    if have != (inputs, outputs):
        raise CompVizError(f"The exporter named inputs and outputs {have}, expected {(inputs, outputs)}.")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without what the exporter reports of its own progress and libraries."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
