"""What reports/throughput.py measures, each in a process of its own."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

FACES = 30
"""Faces that the stand-in for a detector finds in each image."""


@dataclass(frozen=True)
class Bare:
    """CPU milliseconds of the runs that an image costs: one of the detector, and the recognizer's."""

    image_ms: float


def unique_images(pairs: Path) -> int:
    """How many images LFW's list of pairs names."""
    found = set()
    for line in pairs.read_text().splitlines()[1:]:
        words = line.split()
        first, second = (words[:2], words[2:]) if len(words) == 4 else (words[:2], [words[0], words[2]])
        found |= {tuple(first), tuple(second)}
    return len(found)


def bare(detector: Path, recognizer: Path, images: Path, count: int) -> dict[str, float]:
    """Ready tensors through both models' runtimes by one thread, with nothing between: as `edgeface eval` runs them."""
    from edgeface.core.artifact import Artifact
    from edgeface.inference.detector import Detector
    from edgeface.inference.recognizer import Recognizer

    find, embed = Detector(Artifact.open(detector)), Recognizer(Artifact.open(recognizer))
    runners = find._runner.runner, embed._runner.runner
    feeds = _ready(find, embed, sorted(images.rglob("*.jpg"))[:: 1 + 10_000 // count // 10][:16])
    faces = 2 if embed.contract.flip else 1
    for round_ in range(2):  # the first warms up
        start = time.process_time()
        for place in range(count if round_ else 16):
            runners[0].run(feeds[0][place % len(feeds[0])])
            for _ in range(faces):
                runners[1].run(feeds[1][place % len(feeds[1])])
    return {"image_ms": 1000 * (time.process_time() - start) / count}


def _ready(find: Any, embed: Any, files: list[Path]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The models' own inputs for some images, and for faces in them."""
    from edgeface.images.files import letterbox, read_image
    from edgeface.tasks.recognition.align import align_face
    from edgeface.tasks.recognition.embedding import face_tensor

    given: tuple[list[dict[str, Any]], list[dict[str, Any]]] = [], []
    for image in map(read_image, files):
        tensors = [letterbox(image, find.contract.input)[0]]
        faces = find.detect(image)
        if faces:
            tensors.append(face_tensor(align_face(image, faces[0].landmarks, embed.contract), embed.contract.input))
        for model, tensor, kept in zip((find, embed), tensors, given, strict=False):
            name = model.contract.input.name
            kept.append({name: model._runner._stored(name, tensor)})
    return given


def calibration_files(photos: Path, count: int, side: int, folder: Path) -> None:
    """So many photographs, each another crop, with their longer side scaled to `side` pixels where that is not 0."""
    from edgeface.images.folder import list_images

    files = list_images(photos)
    for index in range(count):
        image = cv2.imread(str(files[index % len(files)]))
        off = index // len(files)
        image = image[off : image.shape[0] - off, 2 * off :]
        if side:
            scale = min(side / image.shape[1], side * 0.75 / image.shape[0])
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / f"{index:05}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 92])


def calibrate(which: str, weights: Path, folder: Path, count: int) -> dict[str, float]:
    """A part of the calibration of a detector, or the same runs of the same sessions on ready tensors.

    The part is as many of `count` images as the folder holds, which stand for the others too.
    """
    from edgeface.backends.onnx.runner import OrtRunner
    from edgeface.compile.calibrate import calibrate as observe
    from edgeface.compile.part import Part
    from edgeface.core.prefetch import map_ahead
    from edgeface.images.folder import list_images
    from edgeface.quantize.bounds import Bounds
    from edgeface.quantize.observe import observed_onnx
    from edgeface.quantize.sampling import Sampling
    from edgeface.tasks import task_of

    found = list_images(folder)
    part = Part(1, count // len(found))
    job = _job((found * part.count)[:count], weights=weights, variant="official")
    if which != "ready":
        return _measured(lambda: observe(job, part))
    contract = job.source.contract
    tensors = [_prepared(task_of(contract), contract, file) for file in found[:16]]
    values, bounds = OrtRunner(observed_onnx(job.graph)), OrtRunner(Bounds(job.graph).model.onnx, in_order=True)
    sampling = Sampling(count)

    def one(index: int) -> None:
        (values if sampling.takes(index) else bounds).run({contract.input.name: tensors[index % len(tensors)]})

    return _measured(lambda: list(map_ahead(one, part.of(job.images.calibrate))))


def gather(folder: Path, count: int) -> dict[str, float]:
    """Calibration of a small detector on tiny images."""
    from edgeface.compile.calibrate import calibrate as observe
    from edgeface.images.folder import list_images

    job = _job(list_images(folder)[:count], seed=1, input_size=(64, 96))
    return _measured(lambda: observe(job))


def _job(files: list[Path], **given: Any) -> Any:
    from edgeface.compile.open_job import open_job
    from edgeface.compile.request import ExportRequest
    from edgeface.compile.requested import requested_recipe
    from edgeface.images.split import Images

    request = ExportRequest(model="retinaface_mnet025", **given)
    return open_job(request, requested_recipe(request), Images(tuple(files), composed=frozenset({"calibration"})))


def _prepared(task: Any, contract: Any, file: Path) -> Any:
    from edgeface.images.files import read_image

    return task.prepare(read_image(file), contract).tensor


def tiny_images(count: int, folder: Path) -> None:
    """So many different images of 8×8 pixels, a thousand in a folder."""
    for index in range(count):
        file = folder / f"{index // 1000:03}" / f"{index:06}.ppm"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"P6\n8 8\n255\n" + index.to_bytes(3, "little") * 64)


@dataclass(frozen=True)
class StandIn:
    """Work as a detector's that finds so many faces in each image, and takes no time."""

    parts: tuple[str, ...] = ("faces",)

    def open(self) -> Callable[..., dict[int, Any]]:
        """The computation."""
        faces = np.random.default_rng(0).uniform(0, 1, (FACES, 15)).astype(np.float32)

        def find(image: Any) -> dict[int, Any]:
            rows = faces.copy()
            rows[:, 4] = (rows[:, 4] + image[0, 0, 0] / 256) % 1
            return {0: rows}

        return lambda images, _: list(map(find, images))


def evaluate(folder: Path, count: int) -> dict[str, float]:
    """All of a detector's evaluation but its network: read, compute, keep, rank, resample."""
    from edgeface.core.blas_threads import one_blas_thread
    from edgeface.evaluation.cache import Cache
    from edgeface.evaluation.compute import compute
    from edgeface.evaluation.labeled_images import Boxes, BoxImages
    from edgeface.evaluation.precision import precision
    from edgeface.evaluation.work import FoundFaces
    from edgeface.images.folder import list_images

    def run() -> None:
        files = list_images(folder)[:count]
        table = compute(StandIn(), files, Cache(folder.parent / f"{folder.name}-{count}.rows"))[0]
        labels = BoxImages("", files, [Boxes.of([[1, 1, 5, 5]])] * count)
        with one_blas_thread():
            precision(labels.curves(FoundFaces(table)))

    return _measured(run)


def _measured(run: Callable[[], object]) -> dict[str, float]:
    start = time.process_time()
    run()
    found = {"cpu": time.process_time() - start}
    return {**found, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


LANES: dict[str, Callable[..., dict[str, float]]] = {
    "bare": lambda detector, recognizer, images, count: bare(
        Path(detector), Path(recognizer), Path(images), int(count)
    ),
    "calibrate": lambda which, weights, folder, count: calibrate(which, Path(weights), Path(folder), int(count)),
    "gather": lambda folder, count: gather(Path(folder), int(count)),
    "evaluate": lambda folder, count: evaluate(Path(folder), int(count)),
}

if __name__ == "__main__":
    cv2.setNumThreads(1)
    print(json.dumps(LANES[sys.argv[1]](*sys.argv[2:])))
