"""`edgeface recipe`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeface.cli.options import Json, parse_size
from edgeface.cli.reporting import print_json

EXAMPLES = (
    "edgeface recipe retinaface_mnet025 > mine.toml",
    "edgeface recipe mobilefacenet --target onnx-int8",
)
_HEAD = """{name}: how {model} is compiled, and what is required of the result.
SHA-256 of what it says: {sha256}
Change a copy, and pass it with `edgeface export --recipe FILE`. docs/recipes.md explains every key."""


def recipe(
    model: Annotated[
        str | None, typer.Argument(help="A model's name, a recipe (.toml), a model (.onnx), or a checkpoint.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Show the gate of this target alone, with all that applies.")
    ] = None,
    given: Annotated[
        Path | None, typer.Option("--recipe", help="A recipe (.toml) to use instead of the model's own.")
    ] = None,
    contract: Annotated[
        Path | None, typer.Option(help="For an ONNX model: a contract of its input and outputs.")
    ] = None,
    size: Annotated[str | None, typer.Option("--input", help="Input size as HEIGHTxWIDTH, e.g. 480x640.")] = None,
    max_drop: Annotated[
        str | None, typer.Option(help="Your own limits on what may be lost, e.g. matched=0.5%,score=0.005.")
    ] = None,
    integer_only: Annotated[bool, typer.Option(help="With --target: its gate for --integer-only.")] = False,
    json_output: Json = False,
) -> None:
    """Print the recipe that an export of a model takes, with every default and what each key means.

    It goes to stdout as a file that --recipe takes.
    """
    from edgeface.compile.commented_recipe import commented_recipe
    from edgeface.compile.recipe_effective import effective_document, record_of
    from edgeface.compile.request import ExportRequest
    from edgeface.compile.shown_recipe import shown_recipe

    request = ExportRequest(
        model=model or "",
        targets=("tflite-int8" if target is None else target,),
        recipe=given,
        contract=contract,
        input_size=parse_size(size),
        max_drop=max_drop,
        integer_only=integer_only,
    )
    found, name = shown_recipe(request, alone=target is not None)
    record = record_of(found, name)
    if json_output:
        print_json({"model": found.model, **record.model_dump(), "recipe": effective_document(found)})
    else:
        print(commented_recipe(found, _HEAD.format(name=name, model=found.model, sha256=record.sha256)), end="")
