"""Which of its kernels OpenVINO takes for a convolution, where its own choice is a slow one.

With AVX-512 it prefers `brgconv`, which computes a PReLU with a slope for each channel slowly. The older `jit` kernel
does not. OpenVINO's own counters on a Zen 4, 2026.4.1, with ReLU and with PReLU: 1×1 convolution 64 → 128 of 56×48
pixels 140 and 277 µs by `brgconv`, 153 and 148 by `jit`; depthwise of 128 channels 130 and 238, 146 and 162. Where a
processor lacks a kernel that is asked for, OpenVINO chooses as if nothing were: so this changes nothing with AVX2.
"""

from __future__ import annotations

from collections.abc import Collection
from xml.etree.ElementTree import Element

from edgeface.graph.channels import channel_slopes
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import PRelu
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.plan import QuantPlan

ATTRIBUTE = "PrimitivesPriority"
WANTED = ",".join(
    f"cpu:{kernel}"
    for kernel in ("brgconv_avx512_amx_1x1", "brgconv_avx512_amx", "jit_avx512_1x1", "jit_avx512_dw", "jit_avx512")
)
"""In this order; a processor with AMX is meant to keep it, which was not tried on one."""
_KINDS = frozenset({"Convolution", "GroupConvolution"})
_WITHOUT_BIAS = "/WithoutBiases"
"""What OpenVINO's reader appends to the name of a convolution that has a bias."""


def with_slow_slopes(graph: Graph, plan: QuantPlan) -> frozenset[str]:
    """The results of integer convolutions that only a PReLU with a slope per channel reads.

    Args:
        graph: as quantized.
        plan: its plan.
    """
    return frozenset(node.output for node in graph.nodes if _in_integers(node, plan) and _has_slopes(graph, node))


def prefer_kernels(root: Element, convolutions: Collection[str]) -> None:
    """Ask for the kernel in a network's layers of these names.

    Args:
        root: of an IR text; changed.
        convolutions: names of their results, in the graph that the text is of.
    """
    for layer in root.iterfind("layers/layer"):
        data = layer.find("data")
        named = layer.attrib["name"].removesuffix(_WITHOUT_BIAS) in convolutions
        if named and layer.attrib["type"] in _KINDS and data is not None:
            data.set(ATTRIBUTE, WANTED)


def _in_integers(node: Node, plan: QuantPlan) -> bool:
    return isinstance(node.op, Conv) and node.output not in plan.kept_float and node.inputs[1] in plan.params


def _has_slopes(graph: Graph, node: Node) -> bool:
    reader = graph.only_reader(node.output)
    if reader is None or not isinstance(reader.op, PRelu):
        return False
    slopes = graph.constant(reader.inputs[1])
    return slopes is not None and slopes.size > 1 and channel_slopes(graph, reader) is not None
