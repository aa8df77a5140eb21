"""Shift a sample detector's scores until it finds what its teacher finds.

`python recipes/samples/shift_scores.py --data DIR --weights IN --out FILE`

A student is less sure than its teacher of faces that are hard to see, so at one threshold it finds fewer. One constant
for all anchors, added to the difference of the two logits, mends that: it moves faces over the threshold and leaves
their order, and so average precision, as it is. It is chosen on the portraits that are held out of training.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from detector import FAMILY, VARIANT, shift_scores
from distort import Image
from images import Images
from numpy.typing import NDArray
from train import DETECTOR_WEIGHTS
from training import save_weights
from views import HELD_OUT_EVERY

from edgeface.contracts import DetectionContract, detection
from edgeface.images.files import letterbox
from edgeface.models import family
from edgeface.tasks.detection.agreement import FaceAgreement
from edgeface.tasks.detection.detect import detect_faces
from edgeface.tasks.detection.match import match_faces

SHIFTS = tuple(np.arange(0, 2.01, 0.125).tolist())
"""Candidates, in logits."""

INPUT = (480, 640)
MIN_RECALL = 0.98


@dataclass(frozen=True)
class Pair:
    """What both networks make of an image."""

    shape: tuple[int, int]
    scale: float
    teacher: dict[str, NDArray[np.float32]]
    student: dict[str, NDArray[np.float32]]


def main() -> None:
    """Choose a shift, and write the weights with it."""
    parser = argparse.ArgumentParser(description="Shift a sample detector's scores.")
    parser.add_argument("--data", type=Path, required=True, help="as of train.py")
    parser.add_argument("--weights", type=Path, required=True, help="the student's weights")
    parser.add_argument("--out", type=Path, required=True, help="file for the shifted weights")
    options = parser.parse_args()
    known = family(FAMILY)
    contract = detection(known.variants()[VARIANT]).with_input_size(*INPUT)
    teacher, student = (known.load(file, contract) for file in (options.data / DETECTOR_WEIGHTS, options.weights))
    pairs = list(_pairs(_held_out(Images(options.data)), contract, teacher, student))
    enough = []
    for shift in SHIFTS:
        found = sum((_agreement(pair, contract, shift) for pair in pairs), FaceAgreement())
        print(f"shift {shift:.3f}: {found.matched_share:.2%} of {found.reference_faces} found, {found.extra} extra")
        if found.matched_share >= MIN_RECALL:
            enough.append(shift)
    if not enough:
        raise SystemExit(f"no shift finds {MIN_RECALL:.0%} of the teacher's faces: nothing is written; train longer")
    shift_scores(student, enough[0])
    save_weights(student, options.out)
    print(f"written with a shift of {enough[0]:.3f}: {options.out}")


def _held_out(images: Images) -> Iterator[Image]:
    for index in range(0, len(images.portraits), HELD_OUT_EVERY):
        yield images.portraits[index]


def _pairs(
    images: Iterator[Image], contract: DetectionContract, teacher: torch.nn.Module, student: torch.nn.Module
) -> Iterator[Pair]:
    for image in images:
        tensor, scale = letterbox(image, contract.input)
        with torch.inference_mode():
            made = [network(torch.from_numpy(tensor)) for network in (teacher, student)]
        named = [
            {name: part.numpy() for name, part in zip(contract.output_names, parts, strict=True)} for parts in made
        ]
        yield Pair((image.shape[0], image.shape[1]), scale, *named)


def _agreement(pair: Pair, contract: DetectionContract, shift: float) -> FaceAgreement:
    face = pair.student["scores"][..., 1]
    logits = np.log(np.maximum(face, 1e-9)) - np.log(np.maximum(1 - face, 1e-9)) + shift
    moved = 1 / (1 + np.exp(-logits))
    student = {**pair.student, "scores": np.stack([1 - moved, moved], axis=-1).astype(np.float32)}
    lists = [
        detect_faces(outputs, contract, pair.scale, pair.shape, contract.score_threshold)
        for outputs in (pair.teacher, student)
    ]
    return match_faces(*lists)


if __name__ == "__main__":
    main()
