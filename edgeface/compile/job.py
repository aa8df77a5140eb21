"""One export: what is built, from what, how, and what is measured of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edgeface.backends.tensorrt.options import EngineOptions
from edgeface.compile.recipe import Recipe
from edgeface.compile.source import Source
from edgeface.graph.ir import Graph
from edgeface.images.split import Images
from edgeface.inference.detector import Detector
from edgeface.validate.measure import Measure, MeasuringObserver


@dataclass(frozen=True)
class BuildOptions:
    """How int8 targets are built; see `edgeface.compile.request.ExportRequest`."""

    io: str = "float"
    integer_only: bool = False
    statistics: Path | None = None
    save_statistics: Path | None = None


@dataclass(frozen=True)
class Job:
    """One export: the source, its optimized graph, and how it is to be built and judged.

    `own_biases` tells by origin whether each layer was defined with a bias. `detector` finds the faces that a
    recognizer is shown, where its images are no aligned faces. `measures` are made of every artifact on images of
    their own, `observers` beside the judge. `engines` says for which GPUs TensorRT's are built.
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
    engines: EngineOptions = field(default_factory=EngineOptions)
