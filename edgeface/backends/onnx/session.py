"""What every ONNX Runtime session shares: its errors, its providers, and the types of its inputs and outputs."""

from __future__ import annotations

from typing import Any

from edgeface.backends.checks import DYNAMIC
from edgeface.backends.runtime import TensorSpec
from edgeface.errors import InputError, RuntimeFailure

_DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(int8)": "int8",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
}
CPU_PROVIDER, CUDA_PROVIDER = "CPUExecutionProvider", "CUDAExecutionProvider"


def check_provider(provider: str) -> None:
    """Refuse an execution provider that the installed ONNX Runtime was built without.

    Raises:
        InputError: it names the version, and the distribution that has the provider.
    """
    import onnxruntime as ort

    if provider not in ort.get_available_providers():
        raise InputError(
            f"this ONNX Runtime has no {provider}",
            where=f"onnxruntime {ort.__version__}",
            fix="pip uninstall onnxruntime, then pip install onnxruntime-gpu" if provider == CUDA_PROVIDER else None,
        )


def check_started(session: Any, provider: str, where: str) -> None:
    """Refuse a session without its provider: ONNX Runtime only logs that a provider's libraries do not load.

    Raises:
        RuntimeFailure: the provider is not among the session's.
    """
    if provider not in session.get_providers():
        raise RuntimeFailure(f"ONNX Runtime's {provider} does not start", where=where, fix="see `edgeface doctor`")


def ort_errors() -> tuple[type[Exception], ...]:
    """The exceptions that ONNX Runtime raises."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = [item for item in vars(state).values() if isinstance(item, type) and issubclass(item, Exception)]
    return (*own, RuntimeError, ValueError, TypeError)


def cannot_load(error: Exception, where: str) -> RuntimeFailure:
    """The failure to report where ONNX Runtime rejects a model."""
    return RuntimeFailure(
        f"ONNX Runtime cannot load the model: {first_line(error)}",
        where=where,
        fix="check that the file is a complete ONNX model; a truncated copy fails like this",
    )


def first_line(error: Exception) -> str:
    """The first line of an exception's text; ONNX Runtime appends its call stack."""
    return str(error).strip().split("\n")[0]


def spec_of(node: Any) -> TensorSpec:
    """Name, shape and dtype of an input or output; open sizes are `DYNAMIC`."""
    shape = tuple(size if isinstance(size, int) else DYNAMIC for size in node.shape)
    return TensorSpec(node.name, shape, _DTYPES.get(node.type, node.type))
