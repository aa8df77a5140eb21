"""`edgeface analyze`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeface.cli.options import DEFAULT_MODEL, Json, parse_size, refuse_given
from edgeface.cli.paragraph import judged, paragraph
from edgeface.cli.reporting import print_json
from edgeface.cli.table import format_described

if TYPE_CHECKING:
    from edgeface.analysis.result import Analysis
    from edgeface.contracts import Contract
    from edgeface.core.description import Table
    from edgeface.validate.compare import Watch

EXAMPLES = (
    "edgeface analyze out/retinaface_mnet025-tflite-int8 --images photos",
    "edgeface analyze my.onnx --contract contract.toml --images photos --out analysis.html",
)

LISTED = 10
"""So many rows of a table are printed; the page and the JSON have all."""


def analyze(
    subject: Annotated[
        str, typer.Argument(help="An artifact's folder; or a model's name, a recipe (.toml), or a model (.onnx).")
    ] = DEFAULT_MODEL,
    target: Annotated[
        str | None, typer.Option(help="For a model: the integer target to build; tflite-int8 by default.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="The checkpoint; an artifact's own, or a model's.")] = None,
    reference: Annotated[
        Path | None, typer.Option(help="For an artifact, instead of weights: an onnx-fp32 artifact of the same.")
    ] = None,
    contract: Annotated[Path | None, typer.Option(help="For an ONNX model: its contract.")] = None,
    variant: Annotated[str | None, typer.Option(help="For a model: the checkpoint's variant.")] = None,
    color: Annotated[str | None, typer.Option(help="For a model: the channel order it expects, bgr or rgb.")] = None,
    size: Annotated[str | None, typer.Option("--input", help="For a model: its input size as HEIGHTxWIDTH.")] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of weights, a random network with this seed.")] = None,
    integer_only: Annotated[
        bool, typer.Option(help="For a model: compute in int8 all that has integer kernels.")
    ] = False,
    calibration: Annotated[Path | None, typer.Option(help="A folder of images to calibrate with.")] = None,
    images: Annotated[Path | None, typer.Option(help="A folder of other images to analyze on.")] = None,
    detector: Annotated[Path | None, typer.Option(help="For recognizers: an artifact that finds their faces.")] = None,
    device: Annotated[
        str | None, typer.Option(help="Whose table of prices predicts times: rk3399, here, …; all by default.")
    ] = None,
    images_count: Annotated[
        int | None,
        typer.Option(help="How many images to analyze on, at most 200; by default 16, fewer for a large one."),
    ] = None,
    photos: Annotated[bool, typer.Option(help="Show the worst images on the page.")] = True,
    out: Annotated[Path | None, typer.Option(help="The page to write, e.g. analysis.html.")] = None,
    json_output: Json = False,
) -> None:
    """Find out what an int8 model loses, where, and what would help.

    It is judged without a gate. Every layer is measured alone and in the runtime, every part in float with its gain
    and its price, every correction left out, every range against these images; a detector takes about a minute.
    """
    from edgeface.analysis.analyze import analyze as take_apart
    from edgeface.analysis.request import AnalyzeRequest
    from edgeface.report.analysis_page import analysis_page
    from edgeface.report.watch import Watcher
    from edgeface.report.write_page import check_page_path, write_page

    request = AnalyzeRequest(
        subject=subject,
        target=target or "tflite-int8",
        weights=weights,
        reference=reference,
        contract=contract,
        variant=variant,
        color=color,
        input_size=parse_size(size),
        seed=seed,
        integer_only=integer_only,
        calibration=calibration,
        images=images,
        detector=detector,
        device=device,
        count=images_count,
    )
    if request.artifact is not None:
        refuse_given({"--target": target, "--integer-only": integer_only}, "is for models: an artifact has its own")
    if out is None:
        refuse_given({"--no-photos": not photos}, "leaves images out of a page", "pass --out PAGE.html too")
    else:
        check_page_path(out)
    watchers: list[Watcher] = []

    def watching(contract: Contract) -> Watch:
        watchers.append(Watcher(contract, photos and out is not None))
        return watchers[-1].see

    analysis = take_apart(request, watching)
    if out is not None:
        write_page(out, analysis_page(analysis, watchers[0]))
    if json_output:
        print_json({**analysis.as_dict(), "page": None if out is None else str(out)})
    else:
        print(_text(analysis))
        print(f"\npage: {out}" if out is not None else "\n--out PAGE.html writes all of it as a page, with the images")


def _text(analysis: Analysis) -> str:
    from edgeface.analysis import describe, describe_losses

    told = analysis.headline
    steps = [f"{number}. {step}" for number, step in enumerate(told.steps, start=1)]
    tables = [
        *((describe_losses.noise_table(analysis),) if analysis.judged.noise else ()),
        describe.suggestions_table(analysis),
        describe.groups_table(analysis),
        describe.corrections_table(analysis),
        describe_losses.ranges_table(analysis),
        *((describe_losses.wrong_inputs_table(analysis),) if analysis.wrong_inputs else ()),
    ]
    lines = describe.recipe_lines(analysis)
    parts = [judged("", told.verdict.headline, told.verdict.state, told.verdict.meaning)]
    parts += ["\n".join(paragraph(step, "", "   ") for step in steps)] if steps else []
    parts += [paragraph(f"note: {note}") for note in describe.notes(analysis)]
    return "\n\n".join([*parts, *([lines] if lines else []), *(_short(table) for table in tables if table.rows)])


def _short(table: Table) -> str:
    """A table's first rows."""
    left = len(table.rows) - LISTED
    text = format_described(replace(table, rows=table.rows[:LISTED]))
    return text if left <= 0 else f"{text}\n… and {left} more"
