"""Runtimes as values: the model files that they support, and functions to open and inspect them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

from edgeface.backends.parts import Parts
from edgeface.core.file_kind import refuse_other
from edgeface.core.requirement import Requirement
from edgeface.graph.types import Array

if TYPE_CHECKING:
    from edgeface.graph.ir import Graph

Processor = Literal["cpu", "gpu"]
Feeds: TypeAlias = Mapping[str, Array]


@dataclass(frozen=True)
class TensorSpec:
    """A model's input or output: shape, dtype, and affine quantization of integers.

    For an integer tensor real = (stored − zero_point) · scale; for a float tensor scale is None.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float | None = None
    zero_point: int = 0


class Runner(Protocol):
    """A loaded model. Arrays have the model's shapes and dtypes.

    Threads may share it: where a runtime keeps values in memory of its own, runs take turns. Outputs are copies.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    def run(self, feeds: Feeds) -> dict[str, Array]:
        """Run once. Raises RuntimeFailure with the runtime's message if it fails."""
        ...


@runtime_checkable
class Fillable(Protocol):
    """A runner whose input can be written where the runtime reads it."""

    def run_filled(self, name: str, fill: Callable[[Array], object]) -> dict[str, Array]:
        """Run once on the only input, all of which `fill` overwrites; it keeps no view of it."""
        ...


@runtime_checkable
class Noted(Protocol):
    """A runner with remarks about its execution, available after a run."""

    def notes(self) -> tuple[str, ...]:
        """Short remarks, e.g. the device that it runs on."""
        ...


@dataclass(frozen=True)
class Inspection:
    """How a runtime executes a model.

    `facts` go into the certificate, as JSON: "operators" counts by name; "transposes" counts those that move data in
    memory, "partitions" the delegate's partitions, where the runtime reports them; and further entries. `requirements`
    are those of the runtime for every model.
    """

    facts: dict[str, Any]
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True)
class OperatorTime:
    """The median time of an operator in milliseconds; `operator` is its type."""

    name: str
    operator: str
    median_ms: float


@dataclass(frozen=True)
class Runtime:
    """A runtime for model files. Its functions import libraries when they are called.

    Attributes:
        name: its name in targets, certificates and `runtime_named`.
        title: its name in sentences.
        suffixes: suffixes of the files that it runs by default; empty if only targets name it.
        distributions: Python distributions, whose versions are recorded in certificates.
        install: the command that installs it, where it is not `pip install` and the first distribution.
        open: loads a model file, with the model's other files next to it, for a number of threads.
        processor: processor that it runs on.
        claims: whether it runs a file regardless of the suffix, because of the files next to it.
        reads: formats of `core.file_kind` that it reads, so that files of other known ones are refused by their names;
            empty for a format of its own.
        values: all readable values of the exact graph by name, float32 in the graph's layout, from one run on the
            graph's float32 inputs.
        inspect: inspects how it executes a model file.
        profile: times by operator of a model file, on inputs in the model's shapes and dtypes, with a number of
            threads; None where the runtime has no profiler.
        parts: takes a model file apart into its operators; None where that is not supported.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    distributions: tuple[str, ...]
    open: Callable[[Path, int], Runner]
    install: str | None = None
    processor: Processor = "cpu"
    claims: Callable[[Path], bool] | None = None
    reads: frozenset[str] = frozenset()
    values: Callable[[Graph, Path, Feeds], dict[str, Array]] | None = None
    inspect: Callable[[Path], Inspection] | None = None
    profile: Callable[[Path, Feeds, int], tuple[OperatorTime, ...]] | None = None
    parts: Callable[[Path], Parts] | None = None

    def refuse_others(self, model: Path) -> None:
        """Refuse a model file of a known format that the runtime does not read.

        Raises:
            InputError: it names the format.
        """
        if self.reads:
            refuse_other(model, self.reads)
