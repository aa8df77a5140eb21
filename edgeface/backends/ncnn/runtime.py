"""The ncnn runtime on the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.backends.parts import Parts
from edgeface.backends.runtime import Inspection, OperatorTime, Runner, Runtime

if TYPE_CHECKING:
    from edgeface.graph.ir import Graph
    from edgeface.graph.types import Array


def _open(model: Path, threads: int) -> Runner:
    from edgeface.backends.ncnn.runner import NcnnRunner

    return NcnnRunner(model, threads)


def _values(exact: Graph, model: Path, feeds: Mapping[str, Array]) -> dict[str, Array]:
    from edgeface.backends.ncnn.values import ncnn_values

    return ncnn_values(exact, model, feeds)


def _inspect(model: Path) -> Inspection:
    from edgeface.backends.ncnn.inspect import inspect_ncnn

    return inspect_ncnn(model)


def _profile(model: Path, feeds: Mapping[str, Array], threads: int) -> tuple[OperatorTime, ...]:
    from edgeface.backends.ncnn.profile import ncnn_profile

    return ncnn_profile(model, feeds, threads)


def _parts(model: Path) -> Parts:
    from edgeface.backends.ncnn.parts import NcnnParts

    return NcnnParts(model)


RUNTIMES = (
    Runtime(
        name="ncnn",
        title="ncnn",
        suffixes=(".param",),
        distributions=("ncnn",),
        open=_open,
        reads=frozenset({"ncnn-param"}),
        values=_values,
        inspect=_inspect,
        profile=_profile,
        parts=_parts,
    ),
)
