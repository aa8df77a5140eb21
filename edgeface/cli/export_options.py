"""Options of `edgeface export`, in the groups in which its help shows them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer


def _of(panel: str) -> Callable[..., Any]:
    """What makes options of one group."""

    def option(text: str, metavar: str | None = None, name: str | None = None) -> Any:
        names = () if name is None else (name,)
        return typer.Option(*names, help=text, metavar=metavar, rich_help_panel=panel)

    return option


Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="MODEL...",
        help="A checkpoint (.pth, .safetensors), a model (.onnx), a model's name, or a recipe (.toml). A name or "
        "recipe may stand beside a checkpoint, and targets beside any.",
    ),
]

_of_model = _of("Model")
ContractFile = Annotated[
    Path | None, _of_model("For an ONNX model: a contract of its input and outputs.", metavar="FILE.toml")
]
Weights = Annotated[Path | None, _of_model("The checkpoint, beside a model's name or a recipe.", metavar="FILE")]
Variant = Annotated[str | None, _of_model("The checkpoint's variant; see `edgeface models`.", metavar="NAME")]
Color = Annotated[str | None, _of_model("Channel order that the checkpoint expects: bgr or rgb.", metavar="bgr|rgb")]
Size = Annotated[str | None, _of_model("Input size as HEIGHTxWIDTH, e.g. 480x640.", metavar="HxW", name="--input")]
Seed = Annotated[int | None, _of_model("Instead of weights, a random network with this seed.", metavar="N")]
RecipeFile = Annotated[
    Path | None, _of_model("A recipe (.toml) to use instead of the model's own.", metavar="FILE.toml")
]
KeepDecode = Annotated[bool, _of_model("For an ONNX model: keep a decode that is inside its graph, also for int8.")]

_of_images = _of("Images")
Calibration = Annotated[
    Path | None, _of_images("Images to calibrate with, like those that the device will see.", metavar="FOLDER")
]
Judge = Annotated[
    Path | None, _of_images("Other images to judge with; by default some of --calibration.", metavar="FOLDER")
]
Statistics = Annotated[
    list[Path] | None,
    _of_images("Calibration statistics to use, of the same network; repeat it for parts.", metavar="FILE"),
]
SaveStatistics = Annotated[Path | None, _of_images("A file to save calibration statistics to.", metavar="FILE")]
DetectorOfImages = Annotated[
    Path | None, _of_images("For recognizers: an artifact that finds their faces.", metavar="ARTIFACT")
]

_of_target = _of("Target")
Targets = Annotated[
    list[str] | None,
    _of_target(
        "Targets, e.g. tflite-int8,onnx-fp32; repeatable. With --device the quickest if left out.", metavar="NAME,..."
    ),
]
Interface = Annotated[str, _of_target("The model's inputs and outputs: float, int8 or uint8.", metavar="TYPE")]
IntegerOnly = Annotated[bool, _of_target("Compute in int8 all that has integer kernels; wholly so with --io int8.")]
DeviceName = Annotated[
    str | None,
    _of_target("What it is for: here, measured; avx2, vnni or a board (rk3399, …), predicted.", metavar="NAME"),
]
Winograd = Annotated[
    bool, _of_target("With --device: 3×3 convolutions in Winograd's form where that is quicker; larger files.")
]

_of_verdict = _of("Verdict")
Labels = Annotated[Path | None, _of_verdict("For detectors: labels to evaluate its precision with.", metavar="PATH")]
LabelImages = Annotated[Path | None, _of_verdict("The labeled images, if not next to the labels.", metavar="FOLDER")]
Pairs = Annotated[Path | None, _of_verdict("For recognizers: pairs of images to evaluate it with.", metavar="FILE")]
PairImages = Annotated[Path | None, _of_verdict("The folder that the pairs' paths start from.", metavar="FOLDER")]
RecognizerOfFaces = Annotated[
    Path | None, _of_verdict("For detectors: measures the effect of landmark errors.", metavar="ARTIFACT")
]
MaxDrop = Annotated[
    str | None, _of_verdict("Your own limits on what may be lost, e.g. matched=0.5%,score=0.005.", metavar="LIMITS")
]
Effort = Annotated[
    str, _of_verdict("How much is tried: fast only judges, default repairs what is refused, or max.", metavar="HOW")
]
MaxSlowdown = Annotated[
    str | None, _of_verdict("What a repair may cost in predicted time at most, e.g. 10%.", metavar="%")
]
Latency = Annotated[bool, _of_verdict("Measure the time of one inference here, against fp32.")]

_of_engines = _of("TensorRT")
ComputeCapability = Annotated[
    str | None, _of_engines("For TensorRT: GPUs to build for, e.g. 86,89; by default this machine's.", metavar="N,...")
]
Batch = Annotated[str, _of_engines("For TensorRT: minimum, optimal and maximum batch, e.g. 1,8,64.", metavar="N,...")]
AllowSlower = Annotated[bool, _of_engines("Accept int8 engines that are slower than fp16 here.")]

_of_output = _of("Output")
Out = Annotated[Path, _of_output("The folder for the artifacts.", metavar="FOLDER")]
ReportImages = Annotated[bool, _of_output("Show images that judged the result in the report.")]
RefusedReport = Annotated[Path | None, _of_output("A file for the report of a refused result.", metavar="FILE")]
SaveRecipe = Annotated[Path | None, _of_output("A file to save the recipe of the result to.", metavar="FILE")]
DryRun = Annotated[bool, _of_output("Only say what each target makes of the network; needs no images and no contract.")]
Force = Annotated[bool, _of_output("Replace an artifact of this name that is of another network.")]
