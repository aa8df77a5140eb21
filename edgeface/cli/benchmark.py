"""`edgeface benchmark`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeface.cli.options import EngineName, Json, parse_list, parse_size
from edgeface.cli.reporting import print_json
from edgeface.cli.table import format_described

if TYPE_CHECKING:
    from edgeface.benchmark.record import BenchmarkRecord

EXAMPLES = (
    "edgeface benchmark my.pth --calibration photos --device rk3399",
    "edgeface benchmark mobilefacenet --target onnx-fp32,tflite-int8",
)
_INPUTS, _RESULT, _EVALUATION = "The network and its images", "The result", "Labeled data"


def benchmark(
    model: Annotated[
        str | None, typer.Argument(help="A model's name, a recipe (.toml), a model (.onnx), or a checkpoint.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Targets, e.g. onnx-fp32,tflite-int8; by default every one that runs here.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="A checkpoint: .pth or .safetensors.", rich_help_panel=_INPUTS)
    ] = None,
    contract: Annotated[
        Path | None, typer.Option(help="For an ONNX model: a contract of it.", rich_help_panel=_INPUTS)
    ] = None,
    variant: Annotated[str | None, typer.Option(help="The checkpoint's variant.", rich_help_panel=_INPUTS)] = None,
    color: Annotated[str | None, typer.Option(help="Channel order: bgr or rgb.", rich_help_panel=_INPUTS)] = None,
    calibration: Annotated[
        Path | None, typer.Option(help="A folder of images to calibrate with.", rich_help_panel=_INPUTS)
    ] = None,
    judge: Annotated[
        Path | None, typer.Option(help="A folder of other images to judge with.", rich_help_panel=_INPUTS)
    ] = None,
    size: Annotated[
        str | None, typer.Option("--input", help="Input size, HEIGHTxWIDTH.", rich_help_panel=_INPUTS)
    ] = None,
    detector: Annotated[
        Path | None, typer.Option(help="For recognizers: finds their faces.", rich_help_panel=_INPUTS)
    ] = None,
    recipe: Annotated[Path | None, typer.Option(help="A recipe (.toml) to use.", rich_help_panel=_INPUTS)] = None,
    io: Annotated[
        str, typer.Option(help="Inputs and outputs: float, int8 or uint8.", rich_help_panel=_RESULT)
    ] = "float",
    out: Annotated[
        Path, typer.Option(help="The folder for artifacts, table and page.", rich_help_panel=_RESULT)
    ] = Path("benchmark"),
    device: Annotated[
        str | None, typer.Option(help="A board, for predictions: rk3399, rpi4, …", rich_help_panel=_RESULT)
    ] = None,
    again: Annotated[
        bool, typer.Option(help="Make everything again, also what --out already has.", rich_help_panel=_RESULT)
    ] = False,
    labels: Annotated[
        Path | None, typer.Option(help="For detectors: labels, for precision.", rich_help_panel=_EVALUATION)
    ] = None,
    label_images: Annotated[
        Path | None, typer.Option(help="The labeled images' folder.", rich_help_panel=_EVALUATION)
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="For recognizers: pairs of images.", rich_help_panel=_EVALUATION)
    ] = None,
    pair_images: Annotated[
        Path | None, typer.Option(help="The folder of the pairs' images.", rich_help_panel=_EVALUATION)
    ] = None,
    engine: EngineName = "local",
    json_output: Json = False,
) -> None:
    """Build a model for every target, judge all on the same images, time them side by side.

    Gives one table and one page: accuracy with intervals, size, latency here, predicted latency on a board, memory. A
    run that was stopped goes on where it was. The engine calibrates, builds and judges; times are measured here at the
    end, when nothing else of the benchmark runs.
    """
    from edgeface.benchmark.page import write_benchmark_page
    from edgeface.benchmark.run import REFUSED, run_benchmark
    from edgeface.compile.request import ExportRequest
    from edgeface.engine.choose import choose_engine

    request = ExportRequest(
        model=model or "",
        targets=() if target is None else parse_list(target, "--target"),
        weights=weights,
        contract=contract,
        variant=variant,
        color=color,
        calibration=calibration,
        judge=judge,
        input_size=parse_size(size),
        detector=detector,
        recipe=recipe,
        io=io,
        out=out,
        device=device,
        labels=labels,
        label_images=label_images,
        pairs=pairs,
        pair_images=pair_images,
        engine=choose_engine(engine, default=1),
    )
    found = run_benchmark(request, again=again)
    page = write_benchmark_page(out, found, REFUSED)
    if json_output:
        print_json(found.as_dict() | {"page": str(page)})
    else:
        print(format_benchmark(found, page))


def format_benchmark(found: BenchmarkRecord, page: Path) -> str:
    """The table, what is missing and why, what is quickest, and where the page is."""
    from edgeface.benchmark.tables import best, reasons, summary_table

    verdict = best(found)
    parts = [format_described(summary_table(found)), *reasons(found), f"{verdict.headline}. {verdict.meaning}"]
    return "\n\n".join([*parts, f"page: {page}"])
