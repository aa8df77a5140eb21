"""What other tools count for a network, and which of it are no multiply–accumulates of convolutions and products.

For reports/complexity.py and tests/cost/test_other_counters.py. Every tool counts MACs as edgeface does, under
whatever name, and adds so many operations for each number that some other kinds of operators make.
"""

from __future__ import annotations

import io
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from edgeface.cost.network import Network
from edgeface.cost.work import Convolution, Dense
from edgeface.models.architectures import architecture

if TYPE_CHECKING:
    import torch
    from torch import nn

# Operations that a tool adds for each number that an operator (named as in ONNX) makes; "bias" is that of a
# convolution or fully connected layer. What is not named here it counts as nothing.
ADDED: dict[str, dict[str, int]] = {
    # A product and a sum are two in batch norm, though one in a convolution.
    "fvcore": {"BatchNormalization": 2, "Resize": 1},
    # Batch norm: two for the statistics, and as much again for scale and shift.
    "thop": {"BatchNormalization": 4, "PRelu": 1},
    "ptflops": {"bias": 1, "BatchNormalization": 2, "PRelu": 1, "LeakyRelu": 1},
    # Batch norm: three sums and products, a square root of 24 (though of a constant) and a division of 4. Softmax: an
    # exponential of 32 and a division of 4.
    "onnx-tool": {
        "bias": 1, "BatchNormalization": 31, "PRelu": 2, "LeakyRelu": 2, "Relu": 1, "Add": 1, "Softmax": 36
    },
}  # fmt: skip
# ptflops also counts calls of torch.nn.functional, one for each number made; so PReLU, whose module calls one, twice.
FUNCTIONS = {"ptflops": ("PRelu", "Relu", "Resize")}


def explained(tool: str, network: Network) -> dict[str, int]:
    """What a tool must count for a network in which batch norm is not folded, by kind of operator.

    "Conv" and "Gemm" (also MatMul) are edgeface's MACs and what the tool adds for biases.
    """
    found: Counter[str] = Counter()
    added = ADDED[tool]
    for layer in network.layers:
        work = layer.work
        made = network.tensors[layer.outputs[0]].count
        if isinstance(work, Convolution | Dense):
            bias = made if work.bias == "own" else 0
            found["Conv" if isinstance(work, Convolution) else "Gemm"] += work.macs + added.get("bias", 0) * bias
        else:
            found[layer.op] += added.get(layer.op, 0) * made
            found["functions"] += made if layer.op in FUNCTIONS.get(tool, ()) else 0
    return {kind: number for kind, number in found.items() if number}


def counted(tool: str, name: str, module: nn.Module, model: bytes) -> tuple[int, dict[str, int]]:
    """The tool's own total for a network, and as far as it tells its parts by kind of operator.

    Args:
        tool: a key of `ADDED`.
        name: the architecture's.
        module: the network in torch.
        model: the same in ONNX with batch norm preserved.
    """
    import torch

    size = architecture(name).input_size
    if tool == "onnx-tool":
        return _onnx_tool(model)
    with _quiet():
        # thop leaves buffers behind in the module
        return {"fvcore": _fvcore, "thop": _thop, "ptflops": _ptflops}[tool](deepcopy(module), torch.zeros(1, 3, *size))


def _fvcore(module: nn.Module, image: torch.Tensor) -> tuple[int, dict[str, int]]:
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(module, image).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    kinds = {"conv": "Conv", "linear": "Gemm", "batch_norm": "BatchNormalization", "upsample_nearest2d": "Resize"}
    parts = {kinds[kind]: int(number) for kind, number in analysis.by_operator().items() if number}
    return int(analysis.total()), parts


def _thop(module: nn.Module, image: torch.Tensor) -> tuple[int, dict[str, int]]:
    from thop import profile

    total, _, layers = profile(module, (image,), verbose=False, ret_layer_info=True)
    kinds = {"Conv2d": "Conv", "Linear": "Gemm", "PReLU": "PRelu"}
    kinds |= {"BatchNorm1d": "BatchNormalization", "BatchNorm2d": "BatchNormalization"}
    parts: Counter[str] = Counter()
    for name, number in _leaves(layers):
        if number:
            parts[kinds[type(module.get_submodule(name)).__name__]] += int(number)
    return int(total), dict(parts)


def _leaves(layers: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, (number, _, inner) in layers.items():
        if inner:
            yield from _leaves(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", number


def _ptflops(module: nn.Module, image: torch.Tensor) -> tuple[int, dict[str, int]]:
    """It tells modules apart only by leaving kinds of them out, and functions only by leaving out all."""
    from ptflops import get_model_complexity_info
    from torch import nn

    def total(*without: type[nn.Module], functions: bool = True) -> int:
        number, _ = get_model_complexity_info(
            module,
            tuple(image.shape[1:]),
            print_per_layer_stat=False,
            as_strings=False,
            ost=io.StringIO(),
            ignore_modules=list(without),
            backend_specific_config={"count_functional": functions},
        )
        return int(number)

    kinds: dict[str, tuple[type[nn.Module], ...]] = {
        "Conv": (nn.Conv2d,),
        "Gemm": (nn.Linear,),
        "BatchNormalization": (nn.BatchNorm1d, nn.BatchNorm2d),
        "PRelu": (nn.PReLU,),
        "LeakyRelu": (nn.LeakyReLU,),
    }
    everything = total()
    parts = {kind: everything - total(*without) for kind, without in kinds.items()}
    parts["functions"] = everything - total(functions=False)
    return everything, {kind: number for kind, number in parts.items() if number}


def _onnx_tool(model: bytes) -> tuple[int, dict[str, int]]:
    import onnx
    import onnx_tool

    graph = onnx_tool.Model(onnx.load_from_string(model)).graph
    graph.graph_reorder_nodes()
    graph.shape_infer()
    graph.profile()
    parts: Counter[str] = Counter()
    for node in graph.nodemap.values():
        parts["Gemm" if node.op_type == "MatMul" else node.op_type] += int(node.macs[0])
    return int(graph.macs[0]), {kind: number for kind, number in parts.items() if number}


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what the tools say of the age of what they use, and thop of what it uses of its own."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`torch\.jit\.\w+` is (deprecated|not supported)", DeprecationWarning)
        warnings.filterwarnings("ignore", "distutils Version classes are deprecated", DeprecationWarning)
        warnings.filterwarnings("ignore", "This API is being deprecated", UserWarning)
        yield
