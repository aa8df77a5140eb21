"""Layerwise comparison, to find the first bad tensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgeface.backends import runtime_for
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.runtime import Runtime
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.types import Array
from edgeface.validate.tensors import TensorAgreement, compare_tensors

BAD_DB = 20.0
LISTED = 5


@dataclass(frozen=True)
class Layer:
    """A value's agreement with the exact graph. `inputs_db` is the minimum SNR of its node's inputs."""

    name: str
    node: str
    agreement: TensorAgreement
    inputs_db: float

    @property
    def drop_db(self) -> float:
        """How much worse the value is than its node's inputs."""
        return self.inputs_db - self.agreement.snr_db


def layer_agreement(
    exact: Graph, model: Path, feeds: Mapping[str, Array], runtime: Runtime | None = None
) -> list[Layer]:
    """The agreement of every value that can be read back, in graph order; empty where the runtime shows none.

    Args:
        exact: the graph that the model was emitted from, before rounding.
        model: the emitted model's file.
        feeds: one input in the graph's layout, float32.
        runtime: the runtime that judges it; by default the one that the file is deployed with.

    Raises:
        InputError: no runtime runs such a file, or it is damaged.
        RuntimeFailure: the runtime refuses it.
    """
    chosen = runtime or runtime_for(model)
    if chosen.values is None:
        return []
    got = chosen.values(exact, model, feeds)
    wanted = OrtRunner(write_onnx(exact, [n for n in exact.reals if n not in exact.inputs])).run(feeds)
    layers: list[Layer] = []
    snr: dict[str, float] = {}
    for node in exact.nodes:
        if node.output in got and node.output in wanted:
            agreement = compare_tensors(wanted[node.output], got[node.output])
            inputs = min((snr[i] for i in node.inputs if i in snr), default=100.0)
            layers.append(Layer(node.output, str(node), agreement, inputs))
            snr[node.output] = agreement.snr_db
    return layers


def explain(layers: list[Layer]) -> str:
    """The first bad tensor, and the layers with the largest SNR drop."""
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
    return "; ".join([first, "the largest drops are at " + ", ".join(lines)])
