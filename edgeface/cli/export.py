"""`edgeface export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeface.cli.findings import format_findings
from edgeface.cli.options import Json, parse_list, parse_size
from edgeface.cli.reporting import BAD_INPUT, print_json
from edgeface.cli.table import format_described, format_table
from edgeface.compile.report_options import REPORT, ReportOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeface.compile.request import ExportRequest
    from edgeface.core.artifact import Artifact


EXAMPLES = (
    "edgeface export my.pth --target tflite-int8 --calibration photos",
    "edgeface export my.onnx --target tflite-int8,onnx-fp32 --calibration photos",
    "edgeface export my.pth --target tflite-int8 --dry-run",
)


def export(
    model: Annotated[
        str | None, typer.Argument(help="A model's name, a recipe (.toml), a model (.onnx), or a checkpoint.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="Targets to export to, e.g. tflite-int8,onnx-fp32; with --device BOARD chosen if left out."),
    ] = None,
    contract: Annotated[
        Path | None, typer.Option(help="For an ONNX model: a contract of its input and outputs.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="A checkpoint: .pth or .safetensors.")] = None,
    variant: Annotated[str | None, typer.Option(help="The checkpoint's variant; see `edgeface models`.")] = None,
    color: Annotated[str | None, typer.Option(help="Channel order that the checkpoint expects: bgr or rgb.")] = None,
    calibration: Annotated[Path | None, typer.Option(help="A folder of images to calibrate with.")] = None,
    judge: Annotated[Path | None, typer.Option(help="A folder of other images to judge the result with.")] = None,
    size: Annotated[str | None, typer.Option("--input", help="Input size as HEIGHTxWIDTH, e.g. 480x640.")] = None,
    io: Annotated[str, typer.Option(help="The model's inputs and outputs: float, int8 or uint8.")] = "float",
    out: Annotated[Path, typer.Option(help="The folder for the artifacts.")] = Path("out"),
    seed: Annotated[int | None, typer.Option(help="Instead of weights, a random network with this seed.")] = None,
    integer_only: Annotated[
        bool,
        typer.Option(help="Compute in int8 all that has integer kernels; wholly so with --io int8."),
    ] = False,
    statistics: Annotated[
        list[Path] | None, typer.Option(help="Calibration statistics to use, of the same network; repeat it for parts.")
    ] = None,
    save_statistics: Annotated[Path | None, typer.Option(help="A file to save calibration statistics to.")] = None,
    device: Annotated[
        str | None,
        typer.Option(help="A board (rk3399, …), for predictions; or whose table of prices decides: x86-avx2, here, …"),
    ] = None,
    winograd: Annotated[
        bool,
        typer.Option(help="With --device: 3×3 convolutions in Winograd's form where that is quicker; larger files."),
    ] = False,
    detector: Annotated[Path | None, typer.Option(help="For recognizers: an artifact that finds their faces.")] = None,
    recognizer: Annotated[
        Path | None, typer.Option(help="For detectors: measures the effect of landmark errors.")
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="For detectors: labels to evaluate its precision with.")] = None,
    label_images: Annotated[Path | None, typer.Option(help="The labeled images, if not next to the labels.")] = None,
    pairs: Annotated[Path | None, typer.Option(help="For recognizers: pairs of images to evaluate it with.")] = None,
    pair_images: Annotated[Path | None, typer.Option(help="The folder that the pairs' paths start from.")] = None,
    compute_capability: Annotated[
        str | None, typer.Option(help="For TensorRT: GPUs to build for, e.g. 86,89; by default this machine's.")
    ] = None,
    batch: Annotated[str, typer.Option(help="For TensorRT: minimum, optimal and maximum batch, e.g. 1,8,64.")] = "1",
    allow_slower: Annotated[bool, typer.Option(help="Accept int8 engines that are slower than fp16 here.")] = False,
    latency: Annotated[bool, typer.Option(help="Measure the latency against fp32, for the report.")] = True,
    images: Annotated[bool, typer.Option(help="Show images that judged the result in the report.")] = True,
    refused_report: Annotated[Path | None, typer.Option(help="A file for the report of a refused result.")] = None,
    effort: Annotated[
        str, typer.Option(help="How much is tried: fast only judges, default repairs what is refused, or max.")
    ] = "default",
    max_slowdown: Annotated[
        str | None, typer.Option(help="What a repair may cost in predicted time at most, e.g. 10%.")
    ] = None,
    recipe: Annotated[Path | None, typer.Option(help="A recipe (.toml) to use instead of the model's own.")] = None,
    save_recipe: Annotated[Path | None, typer.Option(help="A file to save the recipe of the result to.")] = None,
    max_drop: Annotated[
        str | None, typer.Option(help="Your own limits on what may be lost, e.g. matched=0.5%,score=0.005.")
    ] = None,
    keep_decode: Annotated[
        bool, typer.Option(help="For an ONNX model: keep a decode that is inside its graph, also for int8.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option(help="Only say what each target makes of the network; needs no images and no contract.")
    ] = False,
    force: Annotated[bool, typer.Option(help="Replace an artifact of this name that is of another network.")] = False,
    json_output: Json = False,
) -> None:
    """Compile a model, and write it if it is good enough.

    The result is opened in its real runtime and validated against the original, on tensors and on decisions. A
    report.html next to it shows the measurements.
    """
    from edgeface.backends.tensorrt.options import EngineOptions, parse_batch, parse_capabilities
    from edgeface.compile.repair.options import RepairOptions, parse_slowdown
    from edgeface.compile.request import ExportRequest
    from edgeface.cost.prices.advice import every_advice
    from edgeface.cost.prices.processor import table_here
    from edgeface.exporting.export import export as compile_model
    from edgeface.tasks import task_of

    request = ExportRequest(
        model=model or "",
        targets=() if target is None else parse_list(target, "--target"),
        contract=contract,
        weights=weights,
        variant=variant,
        color=color,
        calibration=calibration,
        judge=judge,
        input_size=parse_size(size),
        io=io,
        out=out,
        seed=seed,
        integer_only=integer_only,
        statistics=tuple(statistics) if statistics else None,
        save_statistics=save_statistics,
        device=device,
        winograd=winograd,
        detector=detector,
        recognizer=recognizer,
        labels=labels,
        label_images=label_images,
        pairs=pairs,
        pair_images=pair_images,
        engines=EngineOptions(parse_capabilities(compute_capability), parse_batch(batch), allow_slower),
        report=ReportOptions(latency, images, refused_report),
        force=force,
        recipe=recipe,
        repair=RepairOptions(effort, parse_slowdown(max_slowdown), save_recipe),
        max_drop=max_drop,
        keep_decode=keep_decode,
    )
    if dry_run:
        _foresee(request, json_output)
        return
    artifacts = compile_model(request)
    if json_output:
        print_json({"artifacts": [artifact_document(artifact) for artifact in artifacts]})
    else:
        print(format_artifacts(artifacts))
        for artifact in artifacts:
            print(
                f"\n{artifact.manifest.target}: {format_findings(artifact.certificate(), task_of(artifact.contract))}"
            )
            for said in every_advice(artifact.manifest.quantization, table_here()):
                print(f"\n{said}")
            _print_prediction(artifact)
            print(f"\nreport: {artifact.folder / REPORT}")


def _print_prediction(artifact: Artifact) -> None:
    """Print what was predicted for the export's board, if it is for one."""
    from edgeface.core.prediction_record import read_prediction
    from edgeface.report.prediction import prediction

    found = prediction(read_prediction(artifact))
    if found is not None:
        parts = (found.lead, *map(format_described, found.tables), "\n".join(found.evidence))
        print("".join(f"\n{part}\n" for part in parts if part), end="")


def _foresee(request: ExportRequest, json_output: bool) -> None:
    """Print a dry run; exit 2 if a target cannot express the network."""
    from edgeface.cli.dry_run import format_dry_run
    from edgeface.compile.dry_run import dry_run
    from edgeface.exporting.trials import with_candidates

    found = dry_run(request if request.targets else with_candidates(request))
    if json_output:
        print_json(found.as_dict())
    else:
        print(format_dry_run(found))
    if not found.possible:
        raise typer.Exit(BAD_INPUT)


def artifact_document(artifact: Artifact) -> dict[str, Any]:
    """An artifact for JSON: its folder, report, manifest, certificate, and sentences on which target is quicker."""
    from edgeface.core.prediction_record import read_prediction
    from edgeface.cost.prices.advice import every_advice
    from edgeface.cost.prices.processor import table_here

    predicted = read_prediction(artifact)
    return {
        "folder": str(artifact.folder),
        "report": str(artifact.folder / REPORT),
        "manifest": artifact.manifest.model_dump(mode="json"),
        "certificate": artifact.certificate().as_dict(),
        "advice": list(every_advice(artifact.manifest.quantization, table_here())),
        "prediction": None if predicted is None else predicted.as_dict(),
    }


def format_artifacts(artifacts: Sequence[Artifact]) -> str:
    """A table with a row for each artifact: its target, size and folder."""
    rows = [(item.manifest.target, f"{item.manifest.model_bytes / 1e3:.1f}", str(item.folder)) for item in artifacts]
    return format_table(("target", "kB", "folder"), rows)
