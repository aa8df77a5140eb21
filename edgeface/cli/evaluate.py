"""`edgeface eval`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeface.cli.options import EngineName, Json
from edgeface.cli.reporting import print_json

EXAMPLES = (
    "edgeface eval --images lfw --pairs pairs.txt "
    "--recognizer out/mobilefacenet-tflite-int8 --detector out/retinaface_mnet025-tflite-int8",
    "edgeface eval --images photos --labels labels.txt --detector out/retinaface_mnet025-tflite-int8",
)


def evaluate(
    images: Annotated[Path, typer.Option(help="The folder of images, or its URL; LFW's has one folder per person.")],
    recognizer: Annotated[Path | None, typer.Option(help="A recognizer's artifact, to evaluate on --pairs.")] = None,
    detector: Annotated[
        Path | None, typer.Option(help="A detector's artifact: evaluated if alone, else it finds faces to embed.")
    ] = None,
    pairs: Annotated[Path | None, typer.Option(help="LFW's pairs, or a table of two paths and 1 or 0.")] = None,
    labels: Annotated[Path | None, typer.Option(help="Labels: WIDER FACE, COCO, VOC or YOLO; folder or file.")] = None,
    reference: Annotated[Path | None, typer.Option(help="An artifact of the same task to compare with.")] = None,
    gallery: Annotated[
        Path | None, typer.Option("--gallery-artifact", help="Embeds the first image of each pair.")
    ] = None,
    probe: Annotated[
        Path | None, typer.Option("--probe-artifact", help="Embeds the second image of each pair.")
    ] = None,
    far: Annotated[float | None, typer.Option(help="False accept rate of the TAR; 0.001 by default.")] = None,
    aligned: Annotated[bool, typer.Option("--aligned", help="The images are already aligned faces.")] = False,
    cache: Annotated[
        Path | None, typer.Option(help="File that caches results, so that an interrupted run resumes.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Processes; one per core by default.")] = None,
    engine: EngineName = "local",
    json_output: Json = False,
) -> None:
    """Measure accuracy on labeled images: pairs of faces, or boxes.

    With --reference, also the changes from it, and the threshold to use.
    """
    from edgeface.cli.evaluation_text import detection_text, recognition_text
    from edgeface.engine.choose import choose_engine
    from edgeface.evaluation.detection import DetectionRequest, evaluate_detection
    from edgeface.evaluation.recognition import RecognitionRequest, evaluate_recognition
    from edgeface.reading.existing import refuse_missing
    from edgeface.reading.url_path import place_of

    images = place_of(images)
    given = {"--images": images, "--recognizer": recognizer, "--detector": detector, "--pairs": pairs}
    given |= {"--labels": labels, "--reference": reference}
    refuse_missing({**given, "--gallery-artifact": gallery, "--probe-artifact": probe})
    by = choose_engine(engine, jobs)
    first = _first_recognizer(recognizer, gallery, probe)
    if first is None:
        _check_for_detection(detector, {"--pairs": pairs, "--aligned": aligned or None, "--far": far})
        assert detector is not None
        found = evaluate_detection(DetectionRequest(detector, images, labels, reference, cache, by))
        print_json(found.as_dict()) if json_output else print(detection_text(found))
        return
    _check_for_recognition(pairs, labels, detector, aligned)
    assert pairs is not None
    rate = RecognitionRequest.far if far is None else far
    request = RecognitionRequest(pairs, images, first, detector, reference, probe, rate, cache, by)
    result = evaluate_recognition(request)
    print_json(result.as_dict()) if json_output else print(recognition_text(result))


def _first_recognizer(recognizer: Path | None, gallery: Path | None, probe: Path | None) -> Path | None:
    from edgeface.errors import InputError

    if (gallery is None) != (probe is None):
        raise InputError("--gallery-artifact and --probe-artifact need each other", fix="pass both or none")
    if recognizer is not None and gallery is not None:
        raise InputError("--recognizer and --gallery-artifact exclude each other", fix="leave one of them out")
    return gallery if recognizer is None else recognizer


def _check_for_recognition(pairs: Path | None, labels: Path | None, detector: Path | None, aligned: bool) -> None:
    from edgeface.errors import InputError

    if pairs is None:
        raise InputError("a recognizer is evaluated on pairs", where="--pairs", fix="pass LFW's pairsDevTest.txt, say")
    if labels is not None:
        raise InputError("boxes cannot evaluate a recognizer", where="--labels", fix="leave out --labels")
    if (detector is None) != aligned:
        raise InputError(
            "faces must be found by a detector or already be aligned",
            where="--detector, --aligned",
            fix="pass --detector ARTIFACT, or --aligned for images that are aligned faces; not both",
        )


def _check_for_detection(detector: Path | None, of_recognition: dict[str, object]) -> None:
    from edgeface.errors import InputError

    if detector is None:
        raise InputError("there is nothing to evaluate", fix="pass --recognizer ARTIFACT or --detector ARTIFACT")
    given = [name for name, value in of_recognition.items() if value is not None]
    if given:
        raise InputError(f"{' and '.join(given)} are for recognizers", fix="pass --recognizer ARTIFACT too")
