"""ONNX Runtime: as deployed on a CPU, strongly typed, and on a GPU."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.backends.parts import Parts
from edgeface.backends.runtime import Inspection, OperatorTime, Runner, Runtime

if TYPE_CHECKING:
    from edgeface.graph.ir import Graph
    from edgeface.graph.types import Array

TITLE = "ONNX Runtime"


def _open(model: Path, threads: int) -> Runner:
    from edgeface.backends.onnx.runner import OrtRunner

    return OrtRunner(model, threads)


def _open_as_typed(model: Path, threads: int) -> Runner:
    from edgeface.backends.onnx.as_typed import open_as_typed

    return open_as_typed(model, threads)


def _open_on_gpu(model: Path, _: int) -> Runner:
    from edgeface.backends.onnx.cuda_runner import CudaRunner

    return CudaRunner(model)


def _values(exact: Graph, model: Path, feeds: Mapping[str, Array]) -> dict[str, Array]:
    from edgeface.backends.onnx.values import onnx_values

    return onnx_values(exact, model, feeds)


def _inspect(model: Path) -> Inspection:
    from edgeface.backends.onnx.inspect import inspect_optimized

    return inspect_optimized(model)


def _inspect_as_typed(model: Path) -> Inspection:
    from edgeface.backends.onnx.inspect import inspect_as_typed

    return inspect_as_typed(model)


def _profile(model: Path, feeds: Mapping[str, Array], threads: int) -> tuple[OperatorTime, ...]:
    from edgeface.backends.onnx.profile import ort_profile

    return ort_profile(model, feeds, threads)


def _parts(model: Path) -> Parts:
    from edgeface.backends.onnx.parts import OnnxParts

    return OnnxParts(model)


ONNX = frozenset({"onnx"})
RUNTIMES = (
    Runtime(
        name="onnxruntime",
        title=TITLE,
        suffixes=(".onnx",),
        distributions=("onnxruntime",),
        open=_open,
        reads=ONNX,
        values=_values,
        inspect=_inspect,
        profile=_profile,
        parts=_parts,
    ),
    Runtime(
        name="onnxruntime-as-typed",
        title=f"{TITLE} with every node in its own type",
        suffixes=(),  # it emulates unavailable runtimes, so only targets name it
        distributions=("onnxruntime",),
        open=_open_as_typed,
        reads=ONNX,
        values=_values,
        inspect=_inspect_as_typed,
    ),
    Runtime(
        name="onnxruntime-cuda",
        title=f"{TITLE} with CUDA",
        suffixes=(".onnx",),
        distributions=("onnxruntime-gpu",),
        open=_open_on_gpu,
        reads=ONNX,
        processor="gpu",
    ),
)
