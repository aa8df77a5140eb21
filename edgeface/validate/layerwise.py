"""Find the first bad tensor, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edgeface.backends.float_io import FloatRunner, dequantize
from edgeface.backends.onnx.runtime import OrtRunner
from edgeface.backends.tflite.layout import assign_layout
from edgeface.backends.tflite.runtime import LiteRtRunner
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.types import Array
from edgeface.validate.tensors import TensorAgreement, compare_tensors

BAD_DB = 20.0
LISTED = 5


@dataclass(frozen=True)
class Layer:
    """A value's agreement with the exact graph. `inputs_db` is the least SNR of what its node read."""

    name: str
    node: str
    agreement: TensorAgreement
    inputs_db: float

    @property
    def drop_db(self) -> float:
        """How much worse the value is than what its node read."""
        return self.inputs_db - self.agreement.snr_db


def layer_agreement(exact: Graph, model: bytes, suffix: str, feeds: Mapping[str, Array]) -> list[Layer]:
    """Compare every value that can be read back, in graph order.

    Args:
        exact: the graph that the model was emitted from, before rounding.
        model: the emitted model.
        suffix: ".tflite" or ".onnx".
        feeds: one input in the graph's own layout, float32.
    """
    names = [n for n in exact.activations if n not in exact.inputs]
    wanted = OrtRunner(write_onnx(exact, names)).run(feeds)
    got = _tflite_values(exact, model, feeds) if suffix == ".tflite" else _onnx_values(names, model, feeds)
    layers: list[Layer] = []
    snr: dict[str, float] = {}
    for node in exact.nodes:
        if node.output in got:
            agreement = compare_tensors(wanted[node.output], got[node.output])
            inputs = min((snr[i] for i in node.inputs if i in snr), default=100.0)
            layers.append(Layer(node.output, str(node), agreement, inputs))
            snr[node.output] = agreement.snr_db
    return layers


def explain(layers: list[Layer]) -> str:
    """The first bad tensor, and where most is lost."""
    if not layers:
        return "no intermediate tensor can be read back"
    bad = next((layer for layer in layers if layer.agreement.snr_db < BAD_DB), None)
    steepest = sorted(layers, key=lambda layer: -layer.drop_db)[:LISTED]
    lines = [
        f"{layer.node}: {layer.agreement.snr_db:.1f} dB, its inputs {layer.inputs_db:.1f} dB" for layer in steepest
    ]
    first = (
        "no tensor is below 20 dB" if bad is None else f"first bad tensor: {bad.node} ({bad.agreement.snr_db:.1f} dB)"
    )
    return "; ".join([first, "most is lost at " + ", ".join(lines)])


def _onnx_values(names: Sequence[str], model: bytes, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """The values of these names that the model has; a quantized one bears its name behind DequantizeLinear."""
    import onnx

    proto = onnx.load_model_from_string(model)
    made = {output for node in proto.graph.node for output in node.output}
    shown = {output.name for output in proto.graph.output}
    proto.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name in made - shown)
    return OrtRunner(proto.SerializeToString(), optimize=False).run(feeds)


def _tflite_values(exact: Graph, model: bytes, feeds: Mapping[str, Array]) -> dict[str, Array]:
    runner = LiteRtRunner(model, kernels="reference", preserve_all=True)
    FloatRunner(runner, "nhwc").run(feeds)
    orders = assign_layout(exact)
    found: dict[str, Array] = {}
    for index, spec in runner.tensors().items():
        if spec.name in orders and spec.name not in exact.inputs:
            order, shape = orders[spec.name], exact.type(spec.name).shape
            array = dequantize(runner.tensor(index), spec)
            if array.shape == tuple(shape[axis] for axis in order):
                found[spec.name] = array.transpose([order.index(axis) for axis in range(len(order))])
    return found
