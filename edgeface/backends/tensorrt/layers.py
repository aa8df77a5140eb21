"""Read the layers of a built engine from the builder's log or the engine inspector.

The builder logs them at the level VERBOSE when `profiling_verbosity` is DETAILED; the inspector, which needs a GPU,
gives JSON. Both name the ONNX nodes that a layer was made from ("[ONNX Layer: …]").
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from edgeface.errors import RuntimeFailure

SYNCHRONIZATION = frozenset({"signal", "wait"})  # between streams, without tensors
_HEADERS = ("Layers:", "Engine Layer Information:")
_LAYER = re.compile(
    r"Name: (?P<name>.*?), LayerType: (?P<kind>\S+), Inputs: (?P<inputs>\[.*?\]), "
    r"Constants: (?P<constants>\[.*?\]), Outputs: (?P<outputs>\[.*?\]), TacticName: .*?, "
    r"StreamId: \d+(?:, EventId: \d+)?, Metadata:(?P<metadata>.*)"
)
_TENSOR = re.compile(
    r"\{ Name: (?P<name>.*?), Dimensions: \[(?P<shape>[-\d,]*)\], .*?Datatype: (?P<dtype>\w+), "
    r"Format: (?P<format>.*?) \}(?=, \{|\])"
)
_ORIGIN = re.compile(r"\[ONNX Layer: (.*?)\](?=\s*(?:$|\[|\x1e))")
# How TensorRT's inspector writes a type in "Format/Datatype".
_WRITTEN = {"FP32": "Float", "FP16": "Half", "BF16": "BFloat16", "FP8": "FP8", "INT8": "Int8", "INT32": "Int32"}
_WRITTEN |= {"INT64": "Int64", "BOOL": "Bool", "UINT8": "UInt8", "INT4": "Int4"}


@dataclass(frozen=True)
class EngineTensor:
    """A tensor that a layer reads or writes; `dtype` is "Float", "Half", "Int8" …; −1 in `shape` means dynamic."""

    name: str
    dtype: str
    format: str
    shape: tuple[int, ...]

    @property
    def elements(self) -> int:
        """Number of elements, with dynamic dimensions counted as 1."""
        return math.prod(abs(size) for size in self.shape)


@dataclass(frozen=True)
class EngineLayer:
    """One layer: a kernel or a group of kernels.

    `kind` is the library's term ("correlation" and "runtime_fusion" are convolutions, "gemm" a matrix product, "kgen"
    generated pointwise code). `origins` are the names of the ONNX nodes that it computes in part. `constants` are
    weights and other fixed tensors.
    """

    name: str
    kind: str
    origins: tuple[str, ...]
    inputs: tuple[EngineTensor, ...]
    constants: tuple[EngineTensor, ...]
    outputs: tuple[EngineTensor, ...]


def layers_in_log(messages: Iterable[str]) -> tuple[EngineLayer, ...]:
    """The layers that a builder logged.

    Args:
        messages: all messages of the builder, in order.

    Returns:
        The layers without synchronization; empty if the builder logged none.

    Raises:
        RuntimeFailure: the format of the list is unknown.
    """
    listing = next((text for text in reversed(list(messages)) if text.lstrip().startswith(_HEADERS)), "")
    found = []
    for line in listing.split(
        "\n"
    ):  # not splitlines: TensorRT separates origins by \x1e, which splitlines treats as a line end
        if not line.startswith("Name: ") or ", LayerType: " not in line:
            continue
        match = _LAYER.fullmatch(line.rstrip())
        if match is None:
            raise _unknown_form(line)
        if match["kind"] not in SYNCHRONIZATION:
            found.append(_layer(match))
    return tuple(found)


def layers_in_json(text: str) -> tuple[EngineLayer, ...]:
    """The layers in the engine inspector's JSON document.

    Raises:
        RuntimeFailure: it is not JSON, or not detailed because the engine was built without DETAILED verbosity.
    """
    try:
        listed = json.loads(text)["Layers"]
        detailed = [layer for layer in listed if layer["LayerType"] not in SYNCHRONIZATION]
        return tuple(_json_layer(layer) for layer in detailed)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unknown_form(text) from error


def _layer(match: re.Match[str]) -> EngineLayer:
    tensors = {part: _tensors(match[part], match.string) for part in ("inputs", "constants", "outputs")}
    return EngineLayer(match["name"], match["kind"], _origins(match["metadata"]), **tensors)


def _tensors(text: str, line: str) -> tuple[EngineTensor, ...]:
    found = tuple(
        EngineTensor(tensor["name"], tensor["dtype"], tensor["format"], _shape(tensor["shape"]))
        for tensor in _TENSOR.finditer(text)
    )
    if len(found) != text.count("{ Name: "):
        raise _unknown_form(line)
    return found


def _shape(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(",") if size)


def _origins(metadata: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_ORIGIN.findall(metadata)))


def _json_layer(layer: dict[str, Any]) -> EngineLayer:
    constants = [_json_tensor(tensor) for tensor in layer.get("Constants", [])]
    if "Weights" in layer:  # TensorRT gives a type and a count
        weights = layer["Weights"]
        constants.append(EngineTensor("weights", _dtype_name(weights["Type"]), "", (int(weights["Count"]),)))
    return EngineLayer(
        layer["Name"],
        layer["LayerType"],
        _origins(layer.get("Metadata", "")),
        tuple(_json_tensor(tensor) for tensor in layer["Inputs"]),
        tuple(constants),
        tuple(_json_tensor(tensor) for tensor in layer["Outputs"]),
    )


def _json_tensor(tensor: dict[str, Any]) -> EngineTensor:
    shape = tuple(int(size) for size in tensor["Dimensions"])
    if "Datatype" in tensor:
        return EngineTensor(tensor["Name"], _dtype_name(tensor["Datatype"]), tensor.get("Format", ""), shape)
    both = tensor["Format/Datatype"]
    return EngineTensor(tensor["Name"], _dtype_name(both), both, shape)


def _dtype_name(text: str) -> str:
    """The canonical name of a dtype, from a text that may include the format."""
    words = re.findall(r"\w+", text)
    for word in words:
        if word.upper() in _WRITTEN:
            return _WRITTEN[word.upper()]
    return words[0] if len(words) == 1 else text


def _unknown_form(text: str) -> RuntimeFailure:
    return RuntimeFailure(
        "the format of the builder's layer list is unknown",
        where=text.strip()[:200],
        fix="use a version of TensorRT that edgeface is tested with (constraints.txt), or report this line",
    )
