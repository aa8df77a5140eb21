"""A network compiled for the CPU: float32 where it is not quantized, with a fixed number of threads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgeface.backends.openvino.files import read_text, weights_beside
from edgeface.backends.openvino.library import core, first_line
from edgeface.errors import RuntimeFailure

DEVICE = "CPU"


def read_network(model: Path) -> Any:
    """The network of an .xml file and the .bin file beside it, as OpenVINO's model.

    Raises:
        InputError: OpenVINO is not installed, or a file is missing or of another format.
        RuntimeFailure: OpenVINO rejects it.
    """
    read_text(model)
    weights = weights_beside(model)
    try:
        return core().read_model(str(model), str(weights))
    except RuntimeError as error:
        raise RuntimeFailure(
            f"OpenVINO cannot load the model: {first_line(error)}",
            where=str(model),
            fix="copy both of its files again",
        ) from error


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
