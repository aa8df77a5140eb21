"""`edgeface predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeface.cli.options import Json
from edgeface.cli.reporting import print_json

EXAMPLES = ("edgeface predict out/retinaface_mnet025-tflite-int8 --device rk3399",)


def predict(
    models: Annotated[list[Path], typer.Argument(help="Artifact folders, .tflite, .onnx or .param files.")],
    device: Annotated[str, typer.Option(help="The board, e.g. rk3399.")] = "rk3399",
    runtime: Annotated[
        str | None, typer.Option(help="litert, tflite-runtime, ort or ncnn; by default each that reads the file.")
    ] = None,
    core: Annotated[
        str | None, typer.Option(help="Kind of core, e.g. a72 or a53, or all; by default the fastest.")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Cores of that kind that run; by default each number.")] = None,
    layers: Annotated[bool, typer.Option("--layers", help="By operator too, each counted alone.")] = False,
    json_output: Json = False,
) -> None:
    """Predict the milliseconds of a model on a board that is not here, by runtime.

    The model is run once on the board's emulated cores, which takes seconds, and its instructions and cache misses are
    counted; the second time they are remembered. The network alone: no image preparation, no decode.
    """
    from edgeface.cli.prediction_text import format_answer
    from edgeface.prediction.answer import Question, answer

    found = answer(Question(tuple(models), device, runtime, core, threads, layers))
    if json_output:
        print_json(found.as_dict())
    else:
        print(format_answer(found))
