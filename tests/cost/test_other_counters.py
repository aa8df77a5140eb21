"""Other tools that count agree on multiply–accumulates; what they count besides is explained to the unit."""

from __future__ import annotations

import pytest
from other_counters import ADDED, counted, explained
from reference_exports import golden, traced, trained

from edgeface.cost.counter import count
from edgeface.cost.readers.onnx_network import read_onnx_network

pytestmark = pytest.mark.counters
NAMES = ["mobilefacenet:y1", "mobilefacenet:mbf", "vargfacenet", "iresnet18", "retinaface_mnet025"]
BIASES = {"mobilefacenet:y1": 128, "vargfacenet": 512, "iresnet18": 512, "retinaface_mnet025": 201_600}
"""Numbers that layers with a bias make."""


@pytest.fixture(scope="module", params=NAMES)
def network(request):
    module = trained(request.param)
    return request.param, module, traced(request.param, module, folded=False)


@pytest.mark.parametrize("tool", ADDED)
def test_another_tool_counts_the_same_macs_and_what_it_adds_is_explained(network, tool):
    name, module, model = network
    total, parts = counted(tool, name, module, model)
    assert parts == explained(tool, read_onnx_network(model, name))
    assert total == sum(parts.values())
    biases = BIASES.get(name, 0) if "bias" in ADDED[tool] else 0
    assert parts["Conv"] + parts.get("Gemm", 0) - biases == golden(name).macs


def test_what_is_compared_costs_what_the_network_does(network):
    name, _, model = network
    assert count(read_onnx_network(model, name)).macs == golden(name).macs
