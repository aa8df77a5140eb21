"""`edgeface verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeface.cli.options import Json
from edgeface.cli.paragraph import paragraph
from edgeface.cli.reporting import print_json

EXAMPLES = ("edgeface verify face.tar.gz --key face.pub",)


def verify(
    bundle: Annotated[Path, typer.Argument(help="A bundle's archive, or the folder that it was unpacked into.")],
    key: Annotated[Path | None, typer.Option(help="The minisign public key that must have signed it.")] = None,
    golden: Annotated[bool, typer.Option(help="Also run the golden images.")] = True,
    json_output: Json = False,
) -> None:
    """Verify a bundle: every byte, the signature, and its models' results here; exit code 1 if it is refused.

    Nothing is unpacked or written. The models run only after every file has been verified. Get the public key from
    elsewhere than the bundle; the program inside, ./verify, cannot vouch for the bundle that it came with.
    """
    from edgeface.bundle.check import verify_bundle

    report = verify_bundle(bundle, key, golden)
    if json_output:
        print_json({"bundle": str(bundle)} | report.as_dict())
    else:
        print("\n".join(paragraph(line, "", "  ") for line in report.lines()))
    if not report.passed:
        raise typer.Exit(1)
