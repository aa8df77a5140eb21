"""`edgeface demo`: the complete workflow, on sample models and sample images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeface.cli.export import artifact_document, format_artifacts
from edgeface.cli.face_options import describe_threshold
from edgeface.cli.findings import format_findings
from edgeface.cli.identify import format_named, identification_document
from edgeface.cli.options import Json
from edgeface.cli.reporting import print_json

if TYPE_CHECKING:
    from edgeface.demo import Demonstration


def demo(
    out: Annotated[Path, typer.Option(help="The folder for all output.")] = Path("out"),
    json_output: Json = False,
) -> None:
    """Run the complete workflow once, with models and photographs that come with edgeface.

    Exports a detector and a recognizer to tflite-int8, finds the faces of an image with them and names them.
    """
    from edgeface.demo import demonstrate

    shown = demonstrate(out)
    print_json(_document(shown)) if json_output else print(_text(shown))


def _document(shown: Demonstration) -> dict[str, object]:
    return {
        "artifacts": [artifact_document(artifact) for artifact in shown.artifacts],
        "image": str(shown.image),
        "faces": [identification_document(each) for each in shown.named],
        "threshold": shown.threshold.cosine,
        "threshold_source": shown.threshold.source,
        "drawn": str(shown.drawn),
        "report": str(shown.report),
    }


def _text(shown: Demonstration) -> str:
    from edgeface.tasks import task_of

    detector, recognizer = shown.artifacts
    verdicts = [
        f"{item.manifest.name}: {format_findings(item.certificate(), task_of(item.contract))}"
        for item in shown.artifacts
    ]
    return "\n\n".join(
        (
            format_artifacts(shown.artifacts),
            *verdicts,
            f"faces in {shown.image}, found and named by both artifacts:\n{format_named(shown.named)}\n"
            f"threshold: {describe_threshold(shown.threshold.cosine, shown.threshold.source)}",
            "What this shows: both int8 models decide as their float32 originals do, and work together. Both\n"
            "photographs are also in the gallery, so the names are not evidence of accuracy.",
            f"image:  {shown.drawn}\nreport: {shown.report}",
            f"again:  edgeface identify {shown.image} --gallery {shown.people} \\\n"
            f"            --detector {detector.folder} --recognizer {recognizer.folder} --out named.jpg\n"
            "next:   edgeface export --weights YOUR.pth --calibration PHOTOS --target tflite-int8 --out mine",
        )
    )
