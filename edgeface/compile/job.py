"""One export: what is built, from what, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edgeface.backends.tensorrt.options import EngineOptions
from edgeface.compile.recipe import Recipe
from edgeface.compile.source import Source
from edgeface.evaluation.certificate import LabelledFaces
from edgeface.evaluation.labels import LabelledImages
from edgeface.graph.ir import Graph
from edgeface.images.split import Images
from edgeface.inference.detector import Detector
from edgeface.inference.recognizer import Recognizer


@dataclass(frozen=True)
class BuildOptions:
    """How int8 targets are built; see `edgeface.export.ExportRequest`."""

    io: str = "float"
    integer_only: bool = False
    statistics: Path | None = None
    save_statistics: Path | None = None


@dataclass(frozen=True)
class Job:
    """One export: the source, its optimized graph, and how it is to be built.

    `own_biases` tells by origin whether each layer was defined with a bias. `detector` finds the
    faces that a recognizer is shown, where its images are no aligned faces; on the pairs of `labelled` its
    decisions are judged. With `recognizer` a detector's landmark errors are judged by what they cost in identity, and
    on the labelled `scenes` its average precision is. `engines` says for which GPUs TensorRT's are built.
    """

    source: Source
    graph: Graph
    own_biases: Mapping[str, bool]
    recipe: Recipe
    images: Images
    options: BuildOptions
    detector: Detector | None = None
    labelled: LabelledFaces | None = None
    recognizer: Recognizer | None = None
    scenes: LabelledImages | None = None
    engines: EngineOptions = field(default_factory=EngineOptions)
