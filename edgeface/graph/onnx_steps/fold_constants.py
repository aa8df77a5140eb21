"""Fold constants and infer shapes by onnxsim; fusion is left to the passes, so that operator counts stay unfused."""

from __future__ import annotations

import importlib
import io
import sys
import threading
from contextlib import redirect_stdout
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from edgeface.errors import GraphError
from edgeface.graph.onnx_steps.fold_if import fold_if
from edgeface.graph.onnx_steps.walk import STANDARD, graphs_of

if TYPE_CHECKING:
    import onnx

UNKNOWN = "unknown"
"""The domain of operators that name none, and that ONNX does not define."""

_SILENCE = threading.Lock()  # standard output is one for all threads
_FLOAT = 1  # onnx.TensorProto.DataType
_DEEPEST = 100  # nesting of If


def fold_constants(model: onnx.ModelProto, where: str) -> onnx.ModelProto:
    """The model with constants folded, also where they choose a branch of an If, and with inferred shapes.

    Raises:
        GraphError: onnxsim cannot read the model.
    """
    _set_aside(model)
    for _ in range(_DEEPEST):
        model = _simplified(_with_shaped_outputs(model, where), where)
        if not fold_if(model, where):
            return model
    raise GraphError(f"the model nests more than {_DEEPEST} branches", where=where)


def _simplified(model: onnx.ModelProto, where: str) -> onnx.ModelProto:
    simplify = _onnxsim().simplify
    try:
        with _SILENCE, redirect_stdout(io.StringIO()):  # it prints what it works around
            folded: onnx.ModelProto = simplify(model, check_n=0, perform_optimization=False)[0]
    except Exception as error:  # onnxsim raises bare C++ exceptions of many kinds
        raise _refused(error, where) from error
    return folded


@cache
def _onnxsim() -> ModuleType:
    """The library without torch, which it imports wherever it finds it (onnxsim 0.8.1): seconds for nothing."""
    hidden = "torch" not in sys.modules
    with _SILENCE:
        if hidden:
            sys.modules["torch"] = None  # type: ignore[assignment]  # an import then fails as if it were not installed
        try:
            return importlib.import_module("onnxsim")
        finally:
            if hidden:
                del sys.modules["torch"]


def _refused(error: Exception, where: str) -> GraphError:
    message = f"onnxsim cannot fold this model: {str(error).strip().partition(chr(10))[0]}"
    return GraphError(message, where=where, fix="run onnx.checker on the model")


def _set_aside(model: onnx.ModelProto) -> None:
    """Give operators that ONNX does not define a domain of their own, so that onnxsim passes them by."""
    from onnx import defs, helper

    known = {schema.name for schema in defs.get_all_schemas()}
    nodes = [node for graph in graphs_of(model.graph) for node in graph.node]
    strange = [node for node in nodes if node.domain in STANDARD and node.op_type not in known]
    for node in strange:
        node.domain = UNKNOWN
    if strange and all(entry.domain != UNKNOWN for entry in model.opset_import):
        model.opset_import.append(helper.make_opsetid(UNKNOWN, 1))


def _with_shaped_outputs(model: onnx.ModelProto, where: str) -> onnx.ModelProto:
    """The model with a type and shape for every output: onnxsim asks for them, ONNX Runtime does not."""
    from onnx import shape_inference

    if not any(map(_says_too_little, model.graph.output)):
        return model
    try:
        inferred = shape_inference.infer_shapes(model, data_prop=True)
    except Exception as error:  # bare C++ exceptions, as of onnxsim
        raise _refused(error, where) from error
    found = {value.name: value.type for value in inferred.graph.output}
    for output in model.graph.output:
        output.type.CopyFrom(found[output.name])
        if _says_too_little(output):  # it comes from an operator that will be refused, or cut off
            tensor = output.type.tensor_type
            tensor.elem_type = tensor.elem_type or _FLOAT
            if not tensor.HasField("shape"):
                tensor.shape.dim.add()
    return model


def _says_too_little(output: onnx.ValueInfoProto) -> bool:
    if output.type.WhichOneof("value") not in {None, "tensor_type"}:
        return False
    return not output.type.tensor_type.elem_type or not output.type.tensor_type.HasField("shape")
