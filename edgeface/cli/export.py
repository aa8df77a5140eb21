"""`edgeface export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from edgeface.cli.export_inputs import named_inputs
from edgeface.cli.export_options import (
    AllowSlower,
    Batch,
    Calibration,
    Color,
    ComputeCapability,
    ContractFile,
    DetectorOfImages,
    DeviceName,
    DryRun,
    Effort,
    Force,
    IntegerOnly,
    Interface,
    Judge,
    KeepDecode,
    LabelImages,
    Labels,
    Latency,
    MaxDrop,
    MaxSlowdown,
    Out,
    PairImages,
    Pairs,
    RecipeFile,
    RecognizerOfFaces,
    RefusedReport,
    ReportImages,
    SaveRecipe,
    SaveStatistics,
    Seed,
    Size,
    Statistics,
    Targets,
    Variant,
    Weights,
    Winograd,
    Words,
)
from edgeface.cli.export_text import artifact_document, format_export
from edgeface.cli.options import EngineName, Json, parse_size
from edgeface.cli.reporting import BAD_INPUT, print_json
from edgeface.compile.report_options import ReportOptions

if TYPE_CHECKING:
    from edgeface.compile.request import ExportRequest


EXAMPLES = (
    "edgeface export my.pth --target tflite-int8 --calibration photos",
    "edgeface export my.onnx --target tflite-int8,onnx-fp32 --calibration photos",
    "edgeface export my.pth --target tflite-int8 --dry-run",
)


def export(
    model: Words = None,
    contract: ContractFile = None,
    weights: Weights = None,
    variant: Variant = None,
    color: Color = None,
    size: Size = None,
    seed: Seed = None,
    recipe: RecipeFile = None,
    keep_decode: KeepDecode = False,
    calibration: Calibration = None,
    judge: Judge = None,
    statistics: Statistics = None,
    save_statistics: SaveStatistics = None,
    engine: EngineName = "local",
    detector: DetectorOfImages = None,
    target: Targets = None,
    io: Interface = "float",
    integer_only: IntegerOnly = False,
    device: DeviceName = None,
    winograd: Winograd = False,
    labels: Labels = None,
    label_images: LabelImages = None,
    pairs: Pairs = None,
    pair_images: PairImages = None,
    recognizer: RecognizerOfFaces = None,
    max_drop: MaxDrop = None,
    effort: Effort = "default",
    max_slowdown: MaxSlowdown = None,
    latency: Latency = True,
    compute_capability: ComputeCapability = None,
    batch: Batch = "1",
    allow_slower: AllowSlower = False,
    out: Out = Path("out"),
    images: ReportImages = True,
    refused_report: RefusedReport = None,
    save_recipe: SaveRecipe = None,
    dry_run: DryRun = False,
    force: Force = False,
    json_output: Json = False,
) -> None:
    """Compile a model, and write it if it is good enough.

    The result is opened in its real runtime and validated against the original, on tensors and on decisions. A
    report.html next to it shows the measurements.
    """
    from edgeface.backends.tensorrt.options import EngineOptions, parse_batch, parse_capabilities
    from edgeface.compile.repair.options import RepairOptions, parse_slowdown
    from edgeface.compile.request import ExportRequest
    from edgeface.engine.choose import choose_engine
    from edgeface.exporting.export import export as compile_model
    from edgeface.reading.url_path import place_of

    named = named_inputs(model or (), target or (), weights)
    request = ExportRequest(
        model=named.model,
        targets=named.targets,
        contract=contract,
        weights=named.weights,
        variant=variant,
        color=color,
        calibration=None if calibration is None else place_of(calibration),
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
        engine=choose_engine(engine, default=1),
    )
    if dry_run:
        _foresee(request, json_output)
        return
    artifacts = compile_model(request)
    if json_output:
        print_json({"artifacts": [artifact_document(artifact) for artifact in artifacts]})
    else:
        print(format_export(artifacts, calibration or judge))


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
