"""`edgeface demo`: the complete workflow, on sample models and sample images."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeface.cli.export_text import artifact_document, format_artifacts
from edgeface.cli.face_options import describe_threshold
from edgeface.cli.findings import format_findings
from edgeface.cli.help_text import command_lines
from edgeface.cli.identified import format_named, identification_document
from edgeface.cli.options import Json
from edgeface.cli.paragraph import paragraph
from edgeface.cli.program import activation, program_name, program_words
from edgeface.cli.reporting import print_json

if TYPE_CHECKING:
    from edgeface.demo import Demonstration


EXAMPLES = (
    "edgeface demo",
    "edgeface demo --out demo",
)


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

    judged = [
        format_findings(item.certificate(), task_of(item.contract), f"{item.manifest.name}: ")
        for item in shown.artifacts
    ]
    return "\n\n".join(
        (
            *judged,
            format_artifacts(shown.artifacts),
            f"faces in {shown.image}, found and named by both artifacts:\n{format_named(shown.named)}\n"
            + paragraph(f"threshold: {describe_threshold(shown.threshold.cosine, shown.threshold.source)}"),
            paragraph(
                "What this shows: both int8 models decide as their float32 originals do, and work together. Both "
                "photographs are also in the gallery, so the names are not evidence of accuracy."
            ),
            f"image:  {shown.drawn}\nreport: {shown.report}",
            "\n".join(shown_commands(shown)),
        )
    )


def shown_commands(shown: Demonstration) -> Iterator[str]:
    """Commands to go on with, as the user's shell takes them in this folder, and how to shorten them."""
    detector, recognizer = (str(item.folder) for item in shown.artifacts)
    image, models = str(shown.image), ("--detector", detector, "--recognizer", recognizer)
    yield "Go on with any of these, as they stand:"
    for words in (
        ("identify", image, "--gallery", str(shown.people), *models, "--out", "named.jpg"),
        ("detect", image, "--artifact", detector, "--out", "faces.jpg"),
        ("check", detector, "--budget", "lfr-light"),
        ("bench", detector, recognizer),
    ):
        yield from command_lines(shlex.join([*program_words(), *words]))
    name = program_name()
    yield "Your own checkpoint, with a folder of photographs like those of the device:"
    yield from command_lines(f"{name} export YOUR.pth --target tflite-int8 --calibration PHOTOS --out mine")
    activate = activation()
    if activate is not None:
        yield f"`{activate}` makes {name} just edgeface."
