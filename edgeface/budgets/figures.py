"""The figures of a model, each with the convention by which it is counted."""

from __future__ import annotations

from dataclasses import dataclass

from edgeface.cost.counter import Complexity
from edgeface.cost.folding import embedding_width
from edgeface.cost.fuse import traffic_bytes
from edgeface.cost.peak import Peak

_CONVENTIONS = {
    "lfr_flops": "ICCV 2019 LFR: convolution and fully connected, 2 per MAC, 1 less per output without bias, un-folded",
    "lfr_flops_flip": "as lfr_flops, for two passes, when the flipped image is embedded too",
    "macs": "multiply–accumulates of convolutions and matrix products",
    "flops": "2 · MACs",
    "parameters": "trained numbers: weights, biases, slopes, batch norm's scale and shift",
    "fp32_bytes": "4 · (parameters + batch norm's means and variances), regardless of the file's types",
    "file_bytes": "the file, including external data",
    "embedding_width": "dimension of the single output vector",
    "peak_activation_bytes": "inputs and outputs of a layer that are in memory at once, in the file's types",
    "tflite_arena_bytes": "plan of TFLite's arena planner, for its built-in kernels on one thread without a delegate",
    "tflite_reference_arena_bytes": "the same for its reference kernels, which do not unroll convolutions",
    "arithmetic_intensity": "2 · MACs / bytes of weights and of every layer's inputs and outputs",
}


@dataclass(frozen=True)
class Figure:
    """A named number with its convention. `value` is None if it is not applicable.

    `name` may be a metric of budget files (see `metrics`); `unit` is FLOP, MAC, B, FLOP/B or "" for counts.
    """

    name: str
    value: int | float | None
    unit: str
    convention: str


@dataclass(frozen=True)
class Memory:
    """Bytes of activations: `peak` for the best order of layers, and the plans of TFLite's arena planner."""

    peak: Peak
    arena_bytes: int
    reference_arena_bytes: int


def figures(complexity: Complexity, memory: Memory, passes: int) -> dict[str, Figure]:
    """All figures by name; work is for all passes."""
    network, peak = complexity.network, memory.peak
    traffic = traffic_bytes(network)
    order = "in the best order of layers" if peak.optimal else "in the file's order (a better one was not found)"
    each = "one pass" if passes == 1 else f"{passes} passes"
    values: dict[str, tuple[int | float | None, str, str]] = {
        "lfr_flops": (passes * complexity.lfr_flops, "FLOP", each),
        "lfr_flops_flip": (2 * complexity.lfr_flops, "FLOP", ""),
        "macs": (passes * complexity.macs, "MAC", each),
        "flops": (2 * passes * complexity.macs, "FLOP", each),
        "parameters": (complexity.parameters, "", ""),
        "fp32_bytes": (complexity.fp32_bytes, "B", ""),
        "file_bytes": (network.file_bytes, "B", ""),
        "embedding_width": (embedding_width(network), "", ""),
        "peak_activation_bytes": (peak.bytes, "B", order),
        "tflite_arena_bytes": (memory.arena_bytes, "B", ""),
        "tflite_reference_arena_bytes": (memory.reference_arena_bytes, "B", ""),
        "arithmetic_intensity": (round(2 * complexity.macs / traffic, 2) if traffic else None, "FLOP/B", ""),
    }
    return {
        name: Figure(name, value, unit, ", ".join(filter(None, (_CONVENTIONS[name], more))))
        for name, (value, unit, more) in values.items()
    }
