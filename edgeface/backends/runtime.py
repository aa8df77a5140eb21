"""What a runtime is: a value that says which model files it runs, opens them, and tells how it takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from edgeface.core.requirement import Requirement
from edgeface.graph.ir import Graph
from edgeface.graph.types import Array

Processor = Literal["cpu", "gpu"]
Feeds: TypeAlias = Mapping[str, Array]


@dataclass(frozen=True)
class TensorSpec:
    """A runtime's input or output: shape, dtype, and affine quantization where it is integer.

    For an integer tensor real = (stored − zero_point) · scale; for a float one scale is None.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float | None = None
    zero_point: int = 0


class Runner(Protocol):
    """A loaded model. Arrays cross this interface in the model's own shapes and dtypes."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    def run(self, feeds: Feeds) -> dict[str, Array]:
        """Run once. Raises RuntimeFailure with the runtime's own words if it fails."""
        ...


@runtime_checkable
class Noted(Protocol):
    """A runner that has something to say of how it runs, once it has run."""

    def notes(self) -> tuple[str, ...]:
        """Short remarks, e.g. the device that it runs on."""
        ...


@dataclass(frozen=True)
class Inspection:
    """How a runtime takes a model.

    `facts` stand in the certificate, as JSON: "operators" counts them by name; "transposes" those that move data in
    memory, "partitions" the parts that a delegate takes, where the runtime can tell; and what else it tells.
    `requirements` are those that the runtime makes of every model.
    """

    facts: dict[str, Any]
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True)
class OperatorTime:
    """The median time of one operator in milliseconds; `name` is its own, `operator` its kind."""

    name: str
    operator: str
    median_ms: float


@dataclass(frozen=True)
class Runtime:
    """A way to run model files. Its functions import what they need when they are called.

    Attributes:
        name: what targets, certificates and `runtime_named` call it.
        title: what sentences call it.
        suffixes: of the files that it runs where nothing else is said; none where only targets name it.
        distributions: of the Python package index, whose versions are recorded with what it judged.
        open: loads a model file (other files of the model stand beside it) with a number of threads.
        processor: what it computes on.
        claims: whether a file is its own whatever the suffix, because of what stands beside it.
        values: every value of the exact graph that can be read back, by name, float32 in the graph's own layout, of
            one run on the graph's float32 inputs.
        inspect: how it takes a model file.
        profile: time by operator of a model file, on inputs in the model's own shapes and dtypes, with a number of
            threads; None where the runtime cannot tell.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    distributions: tuple[str, ...]
    open: Callable[[Path, int], Runner]
    processor: Processor = "cpu"
    claims: Callable[[Path], bool] | None = None
    values: Callable[[Graph, Path, Feeds], dict[str, Array]] | None = None
    inspect: Callable[[Path], Inspection] | None = None
    profile: Callable[[Path, Feeds, int], tuple[OperatorTime, ...]] | None = None
