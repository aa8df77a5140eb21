"""The OpenVINO runtime on the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edgeface.backends.openvino.library import INSTALL
from edgeface.backends.runtime import Inspection, OperatorTime, Runner, Runtime
from edgeface.graph.ir import Graph
from edgeface.graph.types import Array


def _open(model: Path, threads: int) -> Runner:
    from edgeface.backends.openvino.runner import OpenVinoRunner

    return OpenVinoRunner(model, threads)


def _values(exact: Graph, model: Path, feeds: Mapping[str, Array]) -> dict[str, Array]:
    from edgeface.backends.openvino.values import openvino_values

    return openvino_values(exact, model, feeds)


def _inspect(model: Path) -> Inspection:
    from edgeface.backends.openvino.inspect import inspect_openvino

    return inspect_openvino(model)


def _profile(model: Path, feeds: Mapping[str, Array], threads: int) -> tuple[OperatorTime, ...]:
    from edgeface.backends.openvino.profile import openvino_profile

    return openvino_profile(model, feeds, threads)


RUNTIMES = (
    Runtime(
        name="openvino",
        title="OpenVINO",
        suffixes=(".xml",),
        distributions=("openvino",),
        install=INSTALL,
        open=_open,
        reads=frozenset({"openvino"}),
        values=_values,
        inspect=_inspect,
        profile=_profile,
    ),
)
