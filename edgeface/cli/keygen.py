"""`edgeface keygen`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeface.cli.options import Json
from edgeface.cli.reporting import print_json

EXAMPLES = ("edgeface keygen --out face.key",)


def keygen(
    out: Annotated[Path, typer.Option(help="The secret key's file; the public key is written next to it.")] = Path(
        "face.key"
    ),
    json_output: Json = False,
) -> None:
    """Create a key pair that signs bundles, in minisign's format and without a password.

    The secret key's file is readable by its owner only; keep it off the boards. No file is overwritten.
    """
    from edgeface.bundle.keys import write_key_pair

    public = write_key_pair(out)
    if json_output:
        print_json({"secret_key": str(out), "public_key": str(public)})
    else:
        print(f"secret key  {out}\npublic key  {public}")
