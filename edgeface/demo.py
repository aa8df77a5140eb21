"""Demonstration with the sample models and photographs: two exports, then faces found and named in an image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edgeface.compile.request import ExportRequest
from edgeface.core.artifact import Artifact
from edgeface.core.writing import make_folders, write_file
from edgeface.exporting.export import export
from edgeface.images.files import read_image
from edgeface.inference.gallery import Identification, name_faces, read_gallery
from edgeface.inference.pipeline import FacePipeline
from edgeface.report.collect import collect
from edgeface.report.matrix import render_matrix
from edgeface.report.write_page import write_page
from edgeface.samples import IMAGES
from edgeface.samples.compose import Image, hang, pixels, place_face, relight
from edgeface.tasks.detection.draw import draw_faces
from edgeface.tasks.recognition.comparison import Threshold, match_threshold

MODELS = ("retinaface_mnet025", "mobilefacenet")
TARGET = "tflite-int8"
_HEIGHT, _WIDTH = 720, 1080

_WALL = (
    # image, distance of the eyes in pixels (negative: mirrored), nose x and y, rotation in radians
    (0, 92.0, (300.0, 300.0), -0.06),
    (1, -84.0, (800.0, 330.0), 0.10),
    (0, -30.0, (560.0, 500.0), 0.14),
    (1, 26.0, (990.0, 600.0), -0.12),
    (0, 19.0, (90.0, 560.0), 0.05),
)


@dataclass(frozen=True)
class Demonstration:
    """Results of a demonstration.

    Attributes:
        artifacts: the detector's and the recognizer's.
        image: the file in which faces were searched.
        drawn: the same image with boxes and names.
        people: the folder of the gallery.
        named: every face that was found.
        threshold: minimum cosine for the same person.
        report: a page that links to both artifacts' reports.
    """

    artifacts: tuple[Artifact, Artifact]
    image: Path
    drawn: Path
    people: Path
    named: list[Identification]
    threshold: Threshold
    report: Path


def demonstrate(out: Path) -> Demonstration:
    """The results of exporting both sample models to int8 and naming the faces of an image with them.

    Args:
        out: the folder that everything is written to.

    Raises:
        EdgefaceError: as `export` does.
    """
    detector, recognizer = (export(ExportRequest(model=model, targets=(TARGET,), out=out))[0] for model in MODELS)
    folder = out / "demo"
    people = folder / "people"
    make_folders(people)
    for shown in IMAGES:
        write_file(people / f"{shown.person}.jpg", shown.path.read_bytes(), "the image")
    image = folder / "image.jpg"
    _write(image, compose_wall())
    pipeline = FacePipeline.open(detector.folder, recognizer.folder)
    threshold = match_threshold(recognizer, None)
    wall = read_image(image)
    named = name_faces(pipeline.faces(wall), read_gallery(people, pipeline), threshold.cosine)
    drawn = out / "demo.jpg"
    _write(drawn, draw_faces(wall, [each.found.face for each in named], [each.label for each in named]))
    report = out / "index.html"
    write_page(report, render_matrix(collect(out), report))
    return Demonstration((detector, recognizer), image, drawn, people, named, threshold, report)


def compose_wall() -> Image:
    """Both photographs at several sizes, mirrored, rotated and lit differently: uint8 [720,1080,3] in BGR."""
    random = np.random.default_rng(11)
    shades = np.array([[[150, 160, 165], [190, 195, 198]], [[90, 98, 104], [140, 150, 155]]], np.uint8)
    wall = np.asarray(cv2.resize(shades, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_LINEAR), np.uint8)
    for index, eyes_px, nose, turn in _WALL:
        shown = IMAGES[index]
        wall = hang(wall, relight(pixels(shown), random), place_face(shown, eyes_px, nose, turn))
    return wall


def _write(path: Path, image: Image) -> None:
    write_file(path, cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes(), "the image")
