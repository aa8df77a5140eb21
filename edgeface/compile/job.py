"""One export: source, options and measurements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from edgeface.backends.opened import OpenModel, open_here
from edgeface.backends.target import Target
from edgeface.backends.tensorrt.options import EngineOptions
from edgeface.compile.recipe import Recipe
from edgeface.compile.source import Source
from edgeface.engine.local import HERE
from edgeface.engine.task import Engine
from edgeface.graph.ir import Graph
from edgeface.images.split import Images
from edgeface.inference.detector import Detector
from edgeface.validate.measure import Measure, MeasuringObserver


@dataclass(frozen=True)
class BuildOptions:
    """Options of int8 targets; see `edgeface.compile.request.ExportRequest`."""

    io: str = "float"
    integer_only: bool = False
    statistics: Path | Sequence[Path] | None = None
    save_statistics: Path | None = None
    device: str | None = None
    winograd: bool = False


@dataclass(frozen=True)
class Job:
    """One export: the source, its optimized graph, and options for building and judging.

    `own_biases` says by origin whether each layer was defined with a bias. `detector` finds the faces for a recognizer
    whose images are not aligned faces. `measures` measure every artifact on their own images, `observers` on the
    judge's. `recipe_name` is the shipped recipe's, or its file's. `engines` are the options of TensorRT engines.
    `open_model` opens models to judge them. `engine` looks at the calibration images.
    """

    source: Source
    graph: Graph
    own_biases: Mapping[str, bool]
    recipe: Recipe
    images: Images
    options: BuildOptions
    detector: Detector | None = None
    measures: tuple[Measure, ...] = ()
    observers: tuple[Callable[[], MeasuringObserver], ...] = ()
    recipe_name: str = ""
    engines: EngineOptions = field(default_factory=EngineOptions)
    open_model: OpenModel = open_here
    engine: Engine = HERE

    def for_target(self, target: Target) -> Job:
        """The same, without `integer_only` for a target that always computes some operators in float."""
        if target.integer_only or not self.options.integer_only:
            return self
        return replace(self, options=replace(self.options, integer_only=False))
