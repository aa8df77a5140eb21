"""`edgeface calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeface.cli.options import EngineName, Json, parse_size
from edgeface.cli.reporting import print_json

EXAMPLES = ("edgeface calibrate my.pth --calibration photos --out statistics.npz",)


def calibrate(
    model: Annotated[
        str | None, typer.Argument(help="A model's name, a recipe (.toml), a model (.onnx), or a checkpoint.")
    ] = None,
    calibration: Annotated[Path | None, typer.Option(help="A folder of images to calibrate with, or its URL.")] = None,
    images: Annotated[
        int | None, typer.Option(help="Use at most so many, evenly spread; by default all of them.", min=1)
    ] = None,
    part: Annotated[str, typer.Option(help="The part of the images for this machine, e.g. 2/4.")] = "1/1",
    contract: Annotated[
        Path | None, typer.Option(help="For an ONNX model: a contract of its input and outputs.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="A checkpoint: .pth or .safetensors.")] = None,
    variant: Annotated[str | None, typer.Option(help="The checkpoint's variant; see `edgeface models`.")] = None,
    color: Annotated[str | None, typer.Option(help="Channel order that the checkpoint expects: bgr or rgb.")] = None,
    size: Annotated[str | None, typer.Option("--input", help="Input size as HEIGHTxWIDTH, e.g. 480x640.")] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of weights, a random network with this seed.")] = None,
    detector: Annotated[Path | None, typer.Option(help="For recognizers: an artifact that finds their faces.")] = None,
    engine: EngineName = "local",
    out: Annotated[Path, typer.Option(help="The file for the statistics.")] = Path("statistics.npz"),
    json_output: Json = False,
) -> None:
    """Gather a model's calibration statistics, or those of a part of the images.

    `edgeface export --statistics FILE` quantizes with them. Named once for each part, they add up to what all images
    give on one machine, bit by bit. Images that calibrate must not judge: pass export's --judge a folder of others.
    """
    from edgeface.compile.part import Part
    from edgeface.compile.request import ExportRequest
    from edgeface.engine.choose import choose_engine
    from edgeface.exporting.gather import gather
    from edgeface.reading.url_path import place_of

    request = ExportRequest(
        model=model or "",
        contract=contract,
        weights=weights,
        variant=variant,
        color=color,
        calibration=None if calibration is None else place_of(calibration),
        input_size=parse_size(size),
        seed=seed,
        detector=detector,
        save_statistics=out,
        engine=choose_engine(engine, default=1),
    )
    stats = gather(request, images, Part.parse(part))
    if json_output:
        print_json({"statistics": str(out), "images": stats.images, "sampled": stats.sampled, "part": part})
    else:
        print(f"{out}: {stats.images} images, {stats.sampled} of them sampled")
