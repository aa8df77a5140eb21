"""Targets as values that the pipeline reads. Heavy libraries are imported when `emit` is called."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from edgeface.backends.finish import Finish

if TYPE_CHECKING:
    from edgeface.graph.ir import Graph
    from edgeface.passes import Pass
    from edgeface.quantize.plan import Precision, QuantPlan, Stated
    from edgeface.quantize.scheme import Scheme

IoType = Literal["float", "int8", "uint8"]
IO_TYPES: tuple[IoType, ...] = ("float", "int8", "uint8")


_QUANTIZED = ("--integer-only", "--statistics", "--save-statistics", "--effort", "--max-slowdown")
"""The options of targets that quantize."""


@dataclass(frozen=True)
class EmitOptions:
    """Options besides graph and plan: the type of the model's inputs and outputs, and metadata."""

    io: IoType = "float"
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """A kind of artifact.

    `model_file` is the name of the file that a runtime opens, one of those that `emit` returns; `runtime` names the
    runtime in which an artifact is validated. `layout` is the memory order of image inputs; `scheme` what its integers
    can express, None for float targets; `legalize` the passes that convert a graph to forms that its kernels support;
    `integer_forms` decomposes ops without a fast integer kernel, given the values that are computed in float anyway.
    `float_kinds` are the kinds of nodes (`quantize.precision.KINDS`) that run faster in float than in integers, and the
    reasons; `integer_only` says whether all but `Op.float_only` can be computed in integers, if a user asks for it.
    `priced` says that tables of prices (`cost.prices`) describe its kernels, by which further nodes are put in float.
    `half` targets compute in float16 except for values that the recipe keeps in float32. `dtypes` lists the
    supported dtypes of values, where "int8" means the scheme's 8 bits. `io_types` are the types that inputs and outputs
    may have. `finish` builds further files from a model that passed the gate. `judged_on` names the emulated core that
    it is judged on, where this machine's processor computes other numbers.
    """

    name: str
    description: str
    model_file: str
    layout: Literal["nchw", "nhwc"]
    runtime: str
    emit: Callable[[Graph, QuantPlan, EmitOptions], dict[str, bytes]]
    scheme: Scheme | None = None
    legalize: tuple[Pass, ...] = ()
    float_kinds: Mapping[str, str] = field(default_factory=dict)
    integer_forms: Callable[[Graph, Collection[str]], Graph] | None = None
    priced: bool = False
    integer_only: bool = True
    half: bool = False
    dtypes: tuple[Precision, ...] = ("float32",)
    io_types: tuple[IoType, ...] = ("float",)
    finish: Finish | None = None
    judged_on: str | None = None

    @property
    def suffix(self) -> str:
        """The suffix of the model file."""
        return Path(self.model_file).suffix

    @property
    def rounds(self) -> bool:
        """Whether it computes in 16 bits where nothing is quantized, or as its device rounds."""
        return self.half or self.judged_on is not None

    @property
    def options(self) -> frozenset[str]:
        """The options of an export that this target uses and others do not, as on the command line."""
        io = {"--io"} if len(self.io_types) > 1 else set()
        quantized = set(_QUANTIZED) if self.scheme is not None else set()
        quantized -= set() if self.integer_only else {"--integer-only"}
        device = {"--device", "--winograd"} if self.priced else set()
        return frozenset(io | quantized | device) | (self.finish.options if self.finish is not None else frozenset())

    def float_plan(self, stated: Mapping[str, Stated] | None = None) -> QuantPlan:
        """The plan of a float target: every value in its float dtype, except for what is stated."""
        from edgeface.quantize.plan import QuantPlan  # here, so that what only opens models imports no compiler

        return QuantPlan({}, stated or {}, "float16" if self.half else "float32")

    def emit_model(self, graph: Graph, plan: QuantPlan, options: EmitOptions) -> bytes:
        """The file from `emit` that a runtime opens: the complete model if it is a single file."""
        return self.emit(graph, plan, options)[self.model_file]
