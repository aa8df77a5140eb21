"""Layerwise comparison, to find the first bad tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeface.backends import runtime_for
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.runtime import Runtime
from edgeface.graph.computing import computing_node
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.types import Array
from edgeface.validate.tensors import TensorAgreement, compare_tensors

BAD_DB, EXACT_DB = 20.0, 100.0
LISTED = 5


@dataclass(frozen=True)
class Layer:
    """A value's agreement with the exact graph.

    Attributes:
        name: the value's.
        node: the node that makes it, as text.
        agreement: over one image.
        inputs_db: the minimum SNR of its node's inputs; `EXACT_DB` where they are exact.
        computed_by: the output of the node that computes its numbers, where its own node only moves them; else `name`.
        maker: that node, as text.
        origin: the node of the user's model that this node comes from.
    """

    name: str
    node: str
    agreement: TensorAgreement
    inputs_db: float
    computed_by: str
    maker: str
    origin: str = ""

    @property
    def drop_db(self) -> float:
        """How much worse the value is than its node's inputs."""
        return self.inputs_db - self.agreement.snr_db

    @property
    def added_noise(self) -> float:
        """The power of the error that its node adds, as a part of the value's power; from exact inputs all of it."""
        return float(10 ** (-self.agreement.snr_db / 10) - 10 ** (-self.inputs_db / 10))


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
            inputs = min((snr[i] for i in node.inputs if i in snr), default=EXACT_DB)
            maker = computing_node(exact, node) or node
            layers.append(Layer(node.output, str(node), agreement, inputs, maker.output, str(maker), maker.origin))
            snr[node.output] = agreement.snr_db
    return layers


def first_bad(layers: Sequence[Layer]) -> Layer | None:
    """The first value below `BAD_DB` that its node computes; None where there is none.

    Where a node only moves a bad value, it is that of the node that computed it, if that can be read back; its `maker`
    is that node in any case.
    """
    by_name = {layer.name: layer for layer in layers}
    bad = next((layer for layer in layers if layer.agreement.snr_db < BAD_DB), None)
    return None if bad is None else by_name.get(bad.computed_by, bad)


def worst(layers: Sequence[Layer], count: int) -> list[Layer]:
    """The values whose own nodes add the most noise, the worst first; of nodes that compute only.

    A move that adds noise, because its result is rounded again, counts as what computes the numbers.
    """
    by_name = {layer.name: layer for layer in layers}
    noise: dict[str, float] = {}
    for layer in layers:
        name = layer.computed_by if layer.computed_by in by_name else layer.name
        noise[name] = max(noise.get(name, 0.0), layer.added_noise)
    ranked = sorted(noise, key=lambda name: -noise[name])
    return [by_name[name] for name in ranked[:count] if noise[name] > 0]


def explain(layers: Sequence[Layer]) -> str:
    """The first bad tensor, and the layers that add the most noise; never one that only moves numbers."""
    if not layers:
        return "no intermediate tensor can be read back"
    bad, steepest = first_bad(layers), worst(layers, LISTED)
    lines = [
        f"{layer.maker}: {layer.agreement.snr_db:.1f} dB, its inputs {layer.inputs_db:.1f} dB" for layer in steepest
    ]
    first = (
        "no tensor is below 20 dB" if bad is None else f"first bad tensor: {bad.maker} ({bad.agreement.snr_db:.1f} dB)"
    )
    return "; ".join([first, "the largest drops are at " + ", ".join(lines)])
