"""Export requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgeface.backends.tensorrt.options import EngineOptions
from edgeface.compile.repair.options import RepairOptions
from edgeface.compile.report_options import ReportOptions
from edgeface.core.deprecated import renamed_keywords
from edgeface.engine.local import HERE
from edgeface.engine.task import Engine
from edgeface.models.onnx_file import is_onnx_file

DEFAULT_MODEL = "retinaface_mnet025"
"""The model of a request that names neither a model nor weights: the sample detector."""

READ_PATHS = (
    *("contract", "weights", "calibration", "judge", "statistics", "detector", "recognizer"),
    *("labels", "label_images", "pairs", "pair_images", "recipe"),
)
"""The fields that are paths of what an export reads."""


@renamed_keywords(colour="color", recogniser="recognizer")
@dataclass(frozen=True)
class ExportRequest:
    """A request for an export; None uses the recipe's value, or one inferred from the checkpoint.

    Attributes:
        model: a family's name, the path of a recipe (.toml), of an ONNX model (.onnx) or of a checkpoint; empty: the
            family that the weights' tensors tell, or `DEFAULT_MODEL` without weights.
        targets: names of targets.
        weights: a checkpoint; without one and without a seed, the sample weights of the package.
        variant, color: known fields of the checkpoint's contract; checked on the images.
        calibration: folder of images to calibrate with; optional for sample weights.
        judge: folder of other images to judge with; by default the images that do not calibrate.
        input_size: height and width in pixels.
        io: "float", "int8" or "uint8" inputs and outputs.
        out: folder for the artifacts.
        seed: export a network with seeded random weights instead of a checkpoint.
        integer_only: compute everything in int8 that has integer kernels, even what the recipe keeps in float. With
            `io` "float" the inputs, and the outputs behind the last weights, stay in float.
        statistics: calibration statistics to use instead of calibrating, of the same network; of several files the sum.
        save_statistics: file for the statistics that calibration gathers.
        device: whose table of prices decides which nodes are quicker in float: a board, a table, or "here"; by default
            all shipped tables together.
        winograd: compute 3×3 convolutions in Winograd's form, in float, where the device's table says that it is
            quicker with one thread; the file grows.
        detector: an artifact that finds the faces in a recognizer's images.
        recognizer: an artifact; measures the effect of a detector's landmark errors on its embeddings.
        labels: labels of faces in a format of `evaluation.label_formats`, to evaluate a detector's precision on.
        label_images: the folder of the labeled images; by default that of the labels.
        pairs: a list of pairs of images, LFW's or a table, to evaluate a recognizer's decisions on.
        pair_images: the folder that the pairs' paths start from.
        engines: GPUs and batch sizes of TensorRT engines.
        report: options of the report next to each artifact.
        contract: for an ONNX model: a TOML file that describes how images become its input and what its outputs mean.
        recipe: a recipe to use instead of the model's own, e.g. one that a repair wrote; for ONNX models too.
        repair: how much is tried so that artifacts are good enough.
        max_drop: a user's own limits, e.g. "matched=0.5%,identity=0.001"; see `edgeface.core.max_drop`.
        keep_decode: for an ONNX model: keep what its graph computes of the network's raw outputs, in float32, even if a
            target computes in integers and the contract's decoder could do it.
        engine: looks at the calibration images: this process, several, or a cluster; see `edgeface.engine`.
        force: replace artifacts of the same name that were made from other weights or by another contract.

    Example:
        >>> request = edgeface.ExportRequest("my.pth", ("tflite-int8",), calibration=Path("photos"))
        >>> (artifact,) = edgeface.export(request)
    """

    model: str = ""
    targets: tuple[str, ...] = ("tflite-int8",)
    weights: Path | None = None
    variant: str | None = None
    color: str | None = None
    calibration: Path | None = None
    judge: Path | None = None
    input_size: tuple[int, int] | None = None
    io: str = "float"
    out: Path = Path("out")
    seed: int | None = None
    integer_only: bool = False
    statistics: Path | Sequence[Path] | None = None
    save_statistics: Path | None = None
    device: str | None = None
    winograd: bool = False
    detector: Path | None = None
    recognizer: Path | None = None
    labels: Path | None = None
    label_images: Path | None = None
    pairs: Path | None = None
    pair_images: Path | None = None
    engines: EngineOptions = field(default_factory=EngineOptions)
    report: ReportOptions = field(default_factory=ReportOptions)
    contract: Path | None = None
    force: bool = False
    recipe: Path | None = None
    repair: RepairOptions = field(default_factory=RepairOptions)
    max_drop: str | None = None
    keep_decode: bool = False
    engine: Engine = HERE

    def __post_init__(self) -> None:
        """Without weights, an empty model is the default one."""
        if not self.model and self.weights is None:
            object.__setattr__(self, "model", DEFAULT_MODEL)

    @property
    def onnx_file(self) -> Path | None:
        """The user's model file, if `model` is one."""
        path = Path(self.model)
        return path if is_onnx_file(path) else None
