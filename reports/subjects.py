"""What the reports on ONNX and TensorRT measure: networks with their images, and commands that give JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
RECOGNISERS = {"prelu-112x96": "mobilefacenet_prelu_112x96.ckpt", "relu6-128": "mobilefacenet_relu6_128.pt"}
EVERY = 17


@dataclass(frozen=True)
class Subject:
    """A network at one input size: its name here, its family, checkpoint, and what further options its export needs."""

    name: str
    model: str
    weights: Path
    images: Path
    options: tuple[str, ...]


def edgeface(*arguments: str, check: bool = True) -> dict[str, Any]:
    """The JSON document of a command; with `check` an error ends the program."""
    print("edgeface", *arguments, file=sys.stderr)
    command = [sys.executable, "-m", "edgeface", "--quiet", *arguments, "--json"]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False)
    if check and ran.returncode not in {0, 1}:
        raise SystemExit(f"failed ({ran.returncode}): {' '.join(command)}")
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def detector(variant: str, size: str, images: Path) -> Subject:
    """RetinaFace at a size such as "480x640"; its images calibrate and judge."""
    height, width = size.split("x")
    weights = SHARED / "weights" / f"retinaface_mnet025_{variant}.pth"
    options = ("--calibration", str(images), "--variant", variant, "--input", size)
    return Subject(f"detector {variant} {width}×{height}", "retinaface_mnet025", weights, images, options)


def recognizers(work: Path, finder_options: tuple[str, ...]) -> Iterator[Subject]:
    """Both public trainings of MobileFaceNet, on images of people who are in no pair.

    Args:
        work: a folder for the images, and for the detector that finds their faces.
        finder_options: of that detector's export to onnx-fp32.
    """
    faces = work / "faces"
    faces.mkdir()
    stored = np.load(SHARED / "lfw" / "extra_250.npz")
    names, offsets, blob = stored["names"], stored["off"], stored["blob"]
    for index in range(0, len(names), EVERY):
        (faces / f"{names[index]}.jpg").write_bytes(blob[offsets[index] : offsets[index + 1]].tobytes())
    finder = work / "finder"
    edgeface("export", *finder_options, "--input", "256x256", "--target", "onnx-fp32", "--out", str(finder))
    options = ("--calibration", str(faces), "--detector", str(finder / "retinaface_mnet025-onnx-fp32"))
    for variant, file in RECOGNISERS.items():
        yield Subject(f"mobilefacenet {variant}", "mobilefacenet", SHARED / "weights" / file, faces, options)


def document(folder: Path, name: str) -> Any:
    """The manifest or certificate of an artifact."""
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
