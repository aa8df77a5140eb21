"""What a target is: a value that the pipeline reads. Heavy libraries are imported when `emit` is called."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from edgeface.backends.finish import Finish
from edgeface.graph.ir import Graph
from edgeface.passes import Pass
from edgeface.quantize.plan import Precision, QuantPlan, Stated
from edgeface.quantize.scheme import Scheme

IoType = Literal["float", "int8", "uint8"]
IO_TYPES: tuple[IoType, ...] = ("float", "int8", "uint8")


@dataclass(frozen=True)
class EmitOptions:
    """What is not in the graph or the plan: the interface's type, and named text to carry along."""

    io: IoType = "float"
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """A kind of artifact.

    `model_file` is the name of the file that a runtime opens, one of those that `emit` gives by name; `runtime` names
    the runtime that an artifact is judged in. `layout` is the memory order of image inputs; `scheme` what its integers
    can express, None for float targets; `legalize` the passes that bring any graph into the form that its kernels run;
    `integer_forms` rewrites what has no fast integer kernel, given the values that are computed in float anyway.
    `float_kinds` are the kinds of nodes (`quantize.precision.KINDS`) that run faster in float than in integers, and
    why. `half` targets compute in float16 but for the values that the recipe keeps in float32. `dtypes` are those in
    which values can be made, "int8" standing for the scheme's own 8 bits. `io_types` are the types that inputs and
    outputs may have. `finish` builds further files of a model that was found good enough.
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
    half: bool = False
    dtypes: tuple[Precision, ...] = ("float32",)
    io_types: tuple[IoType, ...] = ("float",)
    finish: Finish | None = None

    @property
    def suffix(self) -> str:
        """The end of the model file's name."""
        return Path(self.model_file).suffix

    def float_plan(self, stated: Mapping[str, Stated] | None = None) -> QuantPlan:
        """The plan of a float target: everything in its own float dtype, but for what is stated."""
        return QuantPlan({}, stated or {}, "float16" if self.half else "float32")

    def emit_model(self, graph: Graph, plan: QuantPlan, options: EmitOptions) -> bytes:
        """The file that a runtime opens, of what `emit` gives: the whole model where that is one file."""
        return self.emit(graph, plan, options)[self.model_file]
