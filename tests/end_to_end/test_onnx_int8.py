"""onnx-int8 on real weights: all of it in integers, and decisions as good as TFLite's from the same statistics."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.onnx.kernels import OrtKernels, ort_kernels
from edgeface.backends.open import open_runner
from edgeface.compile.build import Built as Model
from edgeface.compile.build import build
from edgeface.compile.calibrate import calibrate
from edgeface.compile.job import BuildOptions, Job
from edgeface.compile.judge_built import open_judge
from edgeface.compile.open_source import open_source
from edgeface.compile.recipe import recipe_for
from edgeface.compile.source import Declared
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.ops.conv import Conv
from edgeface.images.folder import list_images
from edgeface.images.split import choose_images, spread
from edgeface.passes import run_passes
from edgeface.tasks.task import Agreement
from edgeface.validate.judge import Candidate

pytestmark = pytest.mark.real_data

POINTS = 0.005


@dataclass(frozen=True)
class Built:
    """Kernels of onnx-int8, convolutions that its plan keeps in float, and how both models agree with the network."""

    kernels: OrtKernels
    kept_float: int
    onnx: Agreement
    tflite: Agreement


def built(declared: Declared, images: Path, calibrate_with: int, folder: Path) -> Built:
    source = open_source(declared, [])
    graph = run_passes(read_onnx(source.onnx, declared.model))
    split = choose_images(images, None, calibrate_with)
    job = Job(source, graph, {}, recipe_for(declared.model), split, BuildOptions())
    stats = calibrate(job)
    candidates, kept = [], 0
    for name in ("onnx-int8", "tflite-int8"):
        made = build(job, target(name), stats)
        if name == "onnx-int8":
            kept = _kept_convolutions(made)
        path = made.write(folder)
        runner = FloatRunner(open_runner(path), made.target.layout)
        candidates.append(Candidate(runner.run))
    with open_judge(job, "judging") as judge:
        agreed = [found.decisions for found in judge.score(candidates)]
    return Built(ort_kernels(folder / "model.onnx"), kept, *agreed)


def _kept_convolutions(made: Model) -> int:
    names = {name for found in made.quantization["kept_float"].values() for name in found}
    return sum(isinstance(node.op, Conv) and node.output in names for node in made.exact.nodes)


@pytest.fixture(scope="module")
def detector(shared_data, tmp_path_factory):
    """The 1mb detector at 320×320, calibrated on 16 scenes and judged on 32."""
    folder, scenes = tmp_path_factory.mktemp("detector"), tmp_path_factory.mktemp("scenes")
    for path in spread(list_images(shared_data / "scenes"), 48):
        (scenes / path.name).symlink_to(path)
    weights = shared_data / "weights" / "retinaface_mnet025_1mb.pth"
    declared = Declared("retinaface_mnet025", weights, variant="1mb", input_size=(320, 320))
    return built(declared, scenes, 16, folder)


@pytest.fixture(scope="module")
def recognizer(shared_data, tmp_path_factory):
    """The recognizer with PReLU, calibrated on 12 faces and judged on 12, cut from the middle of images."""
    folder, faces = tmp_path_factory.mktemp("recognizer"), tmp_path_factory.mktemp("faces")
    for path in spread(sorted((shared_data / "lfw" / "images").rglob("*.jpg")), 24):
        middle = cv2.imread(str(path))[62:188, 71:179]
        cv2.imwrite(str(faces / f"{path.stem}.png"), cv2.resize(middle, (96, 112), interpolation=cv2.INTER_AREA))
    weights = shared_data / "weights" / "mobilefacenet_prelu_112x96.ckpt"
    return built(Declared("mobilefacenet", weights, variant="prelu-112x96"), faces, 12, folder)


def test_every_planned_convolution_of_the_detector_is_computed_in_integers(detector):
    assert detector.kernels.planned > 30
    assert (detector.kernels.left_in_float, detector.kernels.unplanned) == ((), 0)
    assert detector.kernels.in_float == detector.kept_float > 0


def test_every_convolution_of_the_recognizer_is_computed_in_integers(recognizer):
    assert recognizer.kernels.planned > 40
    assert (recognizer.kernels.left_in_float, recognizer.kernels.unplanned) == ((), 0)
    assert recognizer.kernels.in_float == recognizer.kept_float == 0


def test_the_detector_decides_as_well_as_in_tflite(detector):
    onnx, tflite = detector.onnx, detector.tflite
    assert onnx.matched + onnx.missed == tflite.matched + tflite.missed > 40
    assert onnx.missed <= tflite.missed + 1  # of few faces one is more than half a point
    assert onnx.extra <= tflite.extra + 1
    scores = [sum(map(abs, found.score_changes)) / len(found.score_changes) for found in (onnx, tflite)]
    assert scores[0] <= scores[1] + POINTS


def test_the_recognizer_embeds_as_well_as_in_tflite(recognizer):
    assert len(recognizer.onnx.cosines) == 12
    assert recognizer.onnx.mean_cosine.value >= recognizer.tflite.mean_cosine.value - POINTS
    assert recognizer.onnx.mean_cosine.low > 0.98
