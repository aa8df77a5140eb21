"""`edgeface parity`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeface.cli.options import Json
from edgeface.cli.reporting import print_json


def parity(
    artifact: Annotated[Path, typer.Argument(help="The folder that an export wrote.")],
    weights: Annotated[Path | None, typer.Option(help="The checkpoint that it was exported from.")] = None,
    images: Annotated[Path | None, typer.Option(help="A folder of photographs to compare on.")] = None,
    json_output: Json = False,
) -> None:
    """Compare an artifact with the original model.

    It is compared on tensors and on decisions; exit code 1 if it differs too much.
    """
    from edgeface.artifact import Artifact
    from edgeface.parity.check import check_artifact, format_findings

    findings = check_artifact(Artifact.open(artifact), weights=weights, images=images)
    if json_output:
        print_json(findings.as_dict())
    else:
        print(format_findings(findings))
    if not findings.passed:
        raise typer.Exit(1)
