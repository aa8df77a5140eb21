"""`edgeface contract`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from edgeface.cli.options import Json, parse_size
from edgeface.cli.reporting import BAD_INPUT, print_json

EXAMPLES = ("edgeface contract my.onnx --images photos > contract.toml",)


def contract(
    model: Annotated[Path, typer.Argument(help="An ONNX model (.onnx).")],
    images: Annotated[Path | None, typer.Option(help="A folder of photographs, or of aligned faces.")] = None,
    size: Annotated[str | None, typer.Option("--input", help="Input size as HEIGHTxWIDTH, e.g. 480x640.")] = None,
    color: Annotated[str | None, typer.Option(help="Channel order, if it is known: bgr or rgb.")] = None,
    detector: Annotated[Path | None, typer.Option(help="For recognizers: an artifact that finds their faces.")] = None,
    json_output: Json = False,
) -> None:
    """Write the contract of an ONNX model, as far as its outputs and images tell it.

    It goes to stdout as the TOML file that export's --contract takes, with a remark behind each line on how its value
    is known. Exit code 2: a field is refused, because nothing tells it; it holds the usual value, to be decided.
    """
    from edgeface.compile.contract_text import contract_text
    from edgeface.compile.write_contract import written_contract
    from edgeface.errors import UnsettledError

    try:
        settled = written_contract(model, images, parse_size(size), color, detector)
    except UnsettledError as error:
        if not json_output:
            print(error.filled, end="")
        raise
    if json_output:
        print_json(_document(settled))
    else:
        print(contract_text(settled), end="")
    if settled.refused:
        raise typer.Exit(BAD_INPUT)


def _document(settled: Any) -> dict[str, Any]:
    """The contract and its verdicts for JSON."""
    return {
        "contract": settled.contract.model_dump(mode="json"),
        "fields": {each.field: each.as_dict() for each in settled.verdicts},
        "refused": [each.field for each in settled.refused],
    }
