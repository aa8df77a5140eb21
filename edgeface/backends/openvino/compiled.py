"""A network compiled for the CPU: float32 where it is not quantized, with a fixed number of threads."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from edgeface.backends.openvino.check_ir import MAX_ELEMENTS, check_text
from edgeface.backends.openvino.files import read_text, weights_beside
from edgeface.backends.openvino.library import core, first_line
from edgeface.errors import InputError, RuntimeFailure

DEVICE = "CPU"


def read_network(model: Path) -> Any:
    """The network of an .xml file and the .bin file beside it, as OpenVINO's model.

    Raises:
        InputError: OpenVINO is not installed, or a file is missing or of another format.
        RuntimeFailure: OpenVINO rejects it.
    """
    text, weights = read_text(model), weights_beside(model)
    check_text(text, weights.stat().st_size, str(model))
    try:
        network = core().read_model(str(model), str(weights))
        _check_sizes(network, str(model))
    except RuntimeError as error:
        raise RuntimeFailure(
            f"OpenVINO cannot load the model: {first_line(error)}",
            where=str(model),
            fix="copy both of its files again",
        ) from error
    return network


def _check_sizes(network: Any, where: str) -> None:
    """Refuse values without numbers, and those larger than any of a network: sizes may come from constants.

    OpenVINO runs layers of such sizes; processes were seen to end at a later model.
    """
    for node in network.get_ops():
        for port in node.outputs():
            shape = port.get_partial_shape()
            if shape.is_static and not 1 <= math.prod(port.get_shape()) <= MAX_ELEMENTS:
                raise InputError(
                    f"the network has a value of the sizes {list(port.get_shape())}, which edgeface does not run",
                    where=f"{where}: layer {node.get_friendly_name()!r}",
                    fix="do not use files from untrusted sources",
                )


def compile_network(network: Any, where: str, threads: int = 1, profile: bool = False) -> Any:
    """The network, compiled.

    Args:
        network: as `read_network` returns it.
        where: its file, for errors.
        threads: threads inside one operator; one stream, and no thread is bound to a core: others are at work too.
        profile: measure every operator.

    Raises:
        RuntimeFailure: OpenVINO rejects it.
    """
    wanted = {
        "INFERENCE_PRECISION_HINT": "f32",  # by default bfloat16 where the processor has it, and nothing says so
        "NUM_STREAMS": "1",
        "INFERENCE_NUM_THREADS": str(threads),
        "ENABLE_CPU_PINNING": "NO",
        "PERF_COUNT": "YES" if profile else "NO",
    }
    try:
        return core().compile_model(network, DEVICE, wanted)
    except RuntimeError as error:
        raise RuntimeFailure(f"OpenVINO cannot run the model: {first_line(error)}", where=where) from error
