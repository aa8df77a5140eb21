"""`edgeface parity`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeface.cli.options import Json, On, refuse_given
from edgeface.cli.reporting import print_json

if TYPE_CHECKING:
    from edgeface.backends.device import Device
    from edgeface.core.artifact import Artifact


EXAMPLES = (
    "edgeface parity out/retinaface_mnet025-tflite-int8 --images photos",
    "edgeface parity out/retinaface_mnet025-tflite-int8 --on a72",
)


def parity(
    artifact: Annotated[Path, typer.Argument(help="An artifact folder.")],
    weights: Annotated[Path | None, typer.Option(help="The checkpoint that it was exported from.")] = None,
    reference: Annotated[
        Path | None, typer.Option(help="Instead of weights, an fp32 artifact of the same checkpoint.")
    ] = None,
    images: Annotated[Path | None, typer.Option(help="A folder of images to compare on.")] = None,
    detector: Annotated[Path | None, typer.Option(help="For recognizers: an artifact that finds their faces.")] = None,
    threads: Annotated[
        int | None, typer.Option(help="Threads of the artifact's runtime on this processor; 1 by default.", min=1)
    ] = None,
    on: On = "x86",
    json_output: Json = False,
) -> None:
    """Compare an artifact with the original model, on your images.

    It is judged on tensors and decisions as in the export; exit code 1 if it is not good enough. With --on, the
    artifact is compared here and on the device, integers bit by bit, and timed on a real device.
    """
    from edgeface.backends.device import HERE
    from edgeface.core.artifact import Artifact
    from edgeface.devices.parse import parse_device
    from edgeface.reading.existing import refuse_missing
    from edgeface.reading.regular_file import is_there
    from edgeface.tasks import task_of
    from edgeface.validate.check_parity import ParityRequest, check_parity

    request = ParityRequest(weights, reference, images, detector, threads or 1)
    paths = {"ARTIFACT": artifact, **request.paths()}
    if not is_there(artifact):
        refuse_missing(paths)
    opened, device = Artifact.open(artifact), parse_device(on)
    if images is None:
        refuse_given({"--detector": detector}, "finds faces in images, and there are none", "pass --images DIR too")
    if not task_of(opened.contract).of_faces:
        refuse_given({"--detector": detector}, "is for recognizers")
    if device != HERE:
        refuse_given({"--threads": threads}, f"is for this processor, not for {on}")
    if device.has_agent:
        refuse_given({"--weights": weights, "--reference": reference}, f"would not be used: {on} is compared with here")
    refuse_missing(paths)
    if device.has_agent:
        _on_device(opened, device, images, detector, json_output)
        return
    from edgeface.cli.findings import format_findings
    from edgeface.devices.judging import open_judged

    report = check_parity(opened, replace(request, on=device, open_model=open_judged))
    if json_output:
        print_json(report.as_dict())
    else:
        print(format_findings(report.certificate, task_of(opened.contract)))
    if not report.certificate.passed:
        raise typer.Exit(1)


def _on_device(
    artifact: Artifact, device: Device, images: Path | None, detector: Path | None, json_output: bool
) -> None:
    from edgeface.cli.device_text import format_device
    from edgeface.devices.check import check_device
    from edgeface.report.boards import keep_measured

    report = check_device(artifact, device, images, detector)
    kept = keep_measured(artifact, report, datetime.now(timezone.utc).date())
    if json_output:
        print_json(report.as_dict() | {"record": None if kept is None else str(kept)})
    else:
        print(format_device(report))
        if kept is not None:
            print(f"\nkept: {kept}")
    if not report.parity.passed:
        raise typer.Exit(1)
