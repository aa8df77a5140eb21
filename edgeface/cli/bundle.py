"""`edgeface bundle`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeface.cli.options import Json
from edgeface.cli.paragraph import paragraph
from edgeface.cli.reporting import print_json

EXAMPLES = (
    "edgeface bundle out/retinaface_mnet025-tflite-int8 --device rk3399",
    "edgeface bundle out/retinaface_mnet025-tflite-int8 out/mobilefacenet-tflite-int8 --out face.tar.gz",
)


def bundle(
    detector: Annotated[Path, typer.Argument(help="A detector's artifact folder, for TFLite or ncnn.")],
    recognizer: Annotated[Path | None, typer.Argument(help="A recognizer's, for the same runtime.")] = None,
    device: Annotated[str, typer.Option(help="The board, e.g. rk3399.")] = "rk3399",
    out: Annotated[Path, typer.Option(help="The archive to write.")] = Path("face.tar.gz"),
    sign: Annotated[Path | None, typer.Option(help="A minisign secret key (edgeface keygen).")] = None,
    licence: Annotated[list[Path] | None, typer.Option(help="A licence of the weights; repeatable.")] = None,
    force: Annotated[bool, typer.Option(help="Replace a bundle of other networks or for another board.")] = False,
    json_output: Json = False,
) -> None:
    """Pack a detector and a recognizer, or a detector alone, for a board, with programs that run and verify them.

    The same artifacts give the same bytes. --sign also writes the archive's signature beside it, OUT.minisig. The board
    needs Python, numpy and the runtime of the artifacts.
    """
    from edgeface.bundle.face_runner.errors import RunnerError
    from edgeface.bundle.pack import Order, pack_bundle, write_bundle
    from edgeface.bundle.runtime_settings import board_lines, settings_of
    from edgeface.core.artifact import sha256_hex
    from edgeface.errors import RuntimeFailure

    try:
        data = pack_bundle(Order(detector, recognizer, device, tuple(licence or ()), sign))
    except RunnerError as error:
        raise RuntimeFailure(error.what, where=error.where, fix=error.fix) from error
    signature = write_bundle(data, out, sign, force=force)
    digest, settings = sha256_hex(data), settings_of(data)
    if json_output:
        beside = None if signature is None else str(signature)
        made = {"bundle": str(out), "bytes": len(data), "sha256": digest, "signed": sign is not None}
        board = {key: settings[key] for key in ("device", "runtime", "predicted")}
        print_json(made | {"signature": beside} | board)
        return
    signed = "not signed" if signature is None else f"signed, with {signature}"
    print(f"{out}  {len(data) / 1e6:.2f} MB, {signed}\nsha256  {digest}\n{_how_to_check(out, sign)}")
    print("\n".join(paragraph(line, "board   ", "        ") for line in board_lines(settings)))


def _how_to_check(out: Path, key: Path | None) -> str:
    """How the receiver checks a bundle: never by a program that comes with it."""
    if key is None:
        return paragraph(
            "whoever receives it can find damage, but not who packed it: --sign KEY (edgeface keygen) changes that"
        )
    public = key.with_suffix(".pub").name
    return (
        f"where it arrives, before it is unpacked: minisign -Vm {out.name} -p {public}\n"
        f"                                      or: edgeface verify {out.name} --key {public}\n"
        f"with {public} from elsewhere: a bundle's own ./verify cannot vouch for it"
    )
