"""Train the sample models: `python recipes/samples/train.py detector|recognizer --data DIR --out DIR`.

It goes on from the checkpoint in OUT where there is one. Nothing that is trained on is written beside the weights.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from images import Images
from lesson import Lesson
from training import Course, Training

DETECTOR_WEIGHTS = "weights/retinaface_mnet025_official.pth"
RECOGNISER_WEIGHTS = "weights/mobilefacenet_relu6_128.pt"
COURSES = {"detector": Course(steps=7000, batch=24, rate=3e-3), "recognizer": Course(steps=2600, batch=48, rate=3e-3)}


def main() -> None:
    """Train one student."""
    options = _options()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    usual = COURSES[options.student]
    course = Course(
        steps=options.steps or usual.steps,
        batch=options.batch or usual.batch,
        rate=options.rate or usual.rate,
        seed=options.seed,
        workers=options.workers,
        keep_every_s=options.keep_every_s,
    )
    training = Training(_lesson(options, device), course, options.out)
    print(f"{options.student}: on {device} with {options.threads} threads, from step {training.step}", flush=True)
    training.run()


def _lesson(options: argparse.Namespace, device: torch.device) -> Lesson:
    images = Images(options.data)
    detector = options.data / DETECTOR_WEIGHTS
    if options.student == "detector":
        from detector import DetectorLesson, second_course

        begin = options.begin
        second = second_course(images, detector, begin, options.shift, options.out) if begin else None
        return DetectorLesson(images, detector, device, options.compile, second)
    from faces import find_faces
    from recognizer import RecognizerLesson

    faces = find_faces(images, detector, options.out / "faces.npz")
    return RecognizerLesson(images, faces, options.data / RECOGNISER_WEIGHTS, device, options.compile)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train a sample model from scratch, by distillation.")
    parser.add_argument("student", choices=sorted(COURSES))
    parser.add_argument("--data", type=Path, required=True, help="folder with scenes/, lfw/extra_250.npz, weights/")
    parser.add_argument("--out", type=Path, required=True, help="folder for the checkpoint and the weights")
    parser.add_argument(
        "--begin", type=Path, help="the detector's weights after an earlier course and shift_scores.py: a second course"
    )
    parser.add_argument("--shift", type=float, default=0.0, help="by how much the scores of those were shifted")
    parser.add_argument("--steps", type=int, help="steps of the whole course")
    parser.add_argument("--batch", type=int, help="images a step")
    parser.add_argument("--rate", type=float, help="the highest learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    parser.add_argument("--workers", type=int, default=1, help="threads that prepare images")
    parser.add_argument(
        "--compile",
        action="store_true",
        help="compile the steps: a third faster on a CPU after some minutes, needs a C++ compiler",
    )
    parser.add_argument("--keep-every-s", type=float, default=120.0, help="seconds between checkpoints")
    return parser.parse_args()


if __name__ == "__main__":
    main()
