"""The LiteRT runtime on the CPU with XNNPACK, as .tflite files are deployed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.backends.parts import Parts
from edgeface.backends.runtime import Inspection, Runner, Runtime

if TYPE_CHECKING:
    from edgeface.graph.ir import Graph
    from edgeface.graph.types import Array


def _open(model: Path, threads: int) -> Runner:
    from edgeface.backends.tflite.runner import LiteRtRunner

    return LiteRtRunner(model, threads)


def _values(exact: Graph, model: Path, feeds: Mapping[str, Array]) -> dict[str, Array]:
    from edgeface.backends.tflite.values import tflite_values

    return tflite_values(exact, model, feeds)


def _inspect(model: Path) -> Inspection:
    from edgeface.backends.tflite.inspect import inspect_tflite

    return inspect_tflite(model)


def _parts(model: Path) -> Parts:
    from edgeface.backends.tflite.parts import TfliteParts

    return TfliteParts(model)


RUNTIMES = (
    Runtime(
        name="litert",
        title="LiteRT",
        suffixes=(".tflite",),
        distributions=("ai-edge-litert", "flatbuffers"),
        open=_open,
        reads=frozenset({"tflite"}),
        values=_values,
        inspect=_inspect,
        parts=_parts,
    ),
)
