"""Every value of a graph from one run in OpenVINO."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edgeface.backends.openvino.channels_last import is_channels_last
from edgeface.backends.openvino.compiled import read_network
from edgeface.backends.openvino.runner import OpenVinoRunner
from edgeface.graph.ir import Graph
from edgeface.graph.types import Array


def openvino_values(exact: Graph, model: Path, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """The values that the network has by their names; OpenVINO fuses less around those that are read.

    Args:
        exact: the graph that the network was emitted from.
        model: an .xml file.
        feeds: its inputs in the graph's layout, float32.

    Raises:
        InputError, RuntimeFailure: as `OpenVinoRunner`.
    """
    network = read_network(model)
    turned = {
        name for port in (*network.inputs, *network.outputs) if is_channels_last(port) for name in port.get_names()
    }
    wanted = {name for name in exact.reals if name not in exact.inputs}
    shown = {name for port in network.outputs for name in port.get_names()}
    made = {
        name
        for node in network.get_ordered_ops()
        if node.get_type_name() not in {"Constant", "Parameter", "Result"}
        for port in node.outputs()
        for name in port.get_names()
    }
    for name in sorted(wanted & made - shown):
        network.add_outputs(name)
    given = {name: array.transpose(0, 2, 3, 1) if name in turned else array for name, array in feeds.items()}
    found = OpenVinoRunner.of_network(network, str(model)).run(given)
    return {
        name: array.transpose(0, 3, 1, 2) if name in turned else array
        for name, array in found.items()
        if name in wanted
    }
