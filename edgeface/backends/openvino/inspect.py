"""Inspect how OpenVINO executes a network: its operators, and the precision that each runs in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeface.backends.openvino.compiled import compile_network, read_network
from edgeface.backends.runtime import Inspection
from edgeface.core.requirement import Requirement

LISTED = 5
WEIGHTED = frozenset(
    {"Convolution", "GroupConvolution", "ConvolutionBackpropData", "GroupConvolutionBackpropData", "MatMul"}
)
"""Types in a network that multiply by weights; `RUN_AS` are those of the layers that execute them."""
RUN_AS = frozenset({"Convolution", "Deconvolution", "FullyConnected", "MatMul"})
INTEGERS = frozenset({"i8", "u8"})
SHORT = frozenset({"bf16", "f16"})
NOT_RUN = frozenset({"Const", "Input", "Output"})


@dataclass(frozen=True)
class Executed:
    """A layer as it is executed.

    Attributes:
        name: of the layer.
        kind: its type, e.g. "Convolution".
        precision: in which it computes: "f32", "u8", …
        kernel: the implementation, e.g. "brgconv_avx512_I8".
        made_of: names of the network's layers that it executes, joined by commas.
    """

    name: str
    kind: str
    precision: str
    kernel: str
    made_of: str


def inspect_openvino(model: Path) -> Inspection:
    """Layers as executed, with the requirements that all that is planned in integers runs in them, and only that.

    Args:
        model: an .xml file.

    Raises:
        InputError: the file is missing or of another format.
        RuntimeFailure: OpenVINO rejects it.
    """
    network = read_network(model)
    planned = tuple(_planned(network))
    layers = [layer for layer in executed(compile_network(network, str(model))) if layer.kind not in NOT_RUN]
    weighted = [layer for layer in layers if layer.kind in RUN_AS]
    facts = {
        "operators": dict(sorted(Counter(layer.kind for layer in layers).items())),
        "transposes": sum(layer.kind in {"Transpose", "Reorder"} for layer in layers),
        "precisions": dict(sorted(Counter(layer.precision for layer in layers).items())),
        "inference_precision": "f32",
    }
    if not planned:
        return Inspection(facts, (_floats(layers),))
    left = left_in_float(planned, weighted)
    in_integers = sum(layer.precision in INTEGERS for layer in weighted)
    counted = {
        "convolutions_in_integers": in_integers,
        "convolutions_in_float": len(weighted) - in_integers,
        "left_in_float": left,
    }
    return Inspection({**facts, **counted}, (requirement(left), _floats(layers)))


def executed(compiled: Any) -> Iterator[Executed]:
    """The layers of a compiled network, in the order in which they run."""
    for node in compiled.get_runtime_model().get_ordered_ops():
        notes = node.get_rt_info()

        def said(key: str, notes: Any = notes) -> str:
            return str(notes[key].astype(str)) if key in notes else ""

        precision, kernel = said("runtimePrecision"), said("primitiveType")
        of_kernel = kernel.rpartition("_")[2].lower()
        if (
            precision in SHORT and of_kernel not in SHORT
        ):  # what is stored, not what is computed in: weights are widened
            precision = of_kernel
        yield Executed(node.get_friendly_name(), said("layerType"), precision, kernel, said("originalLayersNames"))


def left_in_float(planned: tuple[str, ...], weighted: list[Executed]) -> list[str]:
    """What is planned in integers and not executed in them, as "name (precision)"."""
    left = []
    for name in planned:
        found = [layer for layer in weighted if f",{name}," in f",{layer.made_of},"]
        precisions = sorted({layer.precision for layer in found} - INTEGERS)
        if precisions or not found:
            left.append(f"{name.removesuffix('/WithoutBiases')} ({', '.join(precisions) or 'not found'})")
    return left


def requirement(left: list[str]) -> Requirement:
    """The requirement that OpenVINO computes in integers what is planned."""
    said = f"{len(left)}: {', '.join(left[:LISTED])}" if left else "0"
    return Requirement("int8 convolutions that OpenVINO computes in float", "0", said, not left)


def _floats(layers: list[Executed]) -> Requirement:
    """The requirement that no layer runs in 16 bits."""
    short = [f"{layer.name} ({layer.precision})" for layer in layers if layer.precision in SHORT]
    said = f"{len(short)}: {', '.join(short[:LISTED])}" if short else "0"
    return Requirement("layers that OpenVINO computes in 16 bits", "0", said, not short)


def _planned(network: Any) -> Iterator[str]:
    """Names of the convolutions and products whose weights are stored in 8 bits."""
    for node in network.get_ordered_ops():
        if node.get_type_name() in WEIGHTED and _stored_in(node.input_value(1).get_node()) in INTEGERS:
            yield node.get_friendly_name()


def _stored_in(node: Any) -> str:
    """The type of the constant at the beginning of a chain, as "i8"; empty if there is none."""
    while node.get_type_name() != "Constant":
        if not node.get_input_size():
            return ""
        node = node.input_value(0).get_node()
    return str(node.get_element_type().get_type_name())
