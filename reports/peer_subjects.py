"""What reports/peers.py compares: four networks as edgeface exports them, their images and their references."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from subjects import RECOGNISERS, SHARED, Subject, detector, edgeface, recognizers

from edgeface.contracts import RecognitionContract, recognition
from edgeface.core.artifact import Artifact
from edgeface.evaluation.identity_change import IdentityMeasure, LabeledFaces
from edgeface.graph.types import Array
from edgeface.inference.detector import Detector
from edgeface.tasks import task_of
from edgeface.tasks.recognition.pairs import find_images, read_pairs
from edgeface.tasks.task import Image
from edgeface.validate.inputs import subjects, task_images
from edgeface.validate.judge import Candidate, Judge
from edgeface.validate.reference import Network, Reference, reference_of

SIZE = "480x640"
DETECTORS = {f"detector {variant} 640×480": variant for variant in ("1mb", "official")}
NAMES = (*DETECTORS, *(f"mobilefacenet {variant}" for variant in RECOGNISERS))
TARGETS = ("onnx-fp32", "tflite-fp32", "tflite-int8", "onnx-int8")


@dataclass
class Remembered:
    """A network that computes each input once."""

    network: Network
    known: dict[bytes, Mapping[str, Array]] = field(default_factory=dict)

    def __call__(self, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        """The outputs of the network."""
        key = hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in feeds.values())).digest()
        if key not in self.known:
            self.known[key] = self.network(feeds)
        return self.known[key]


@dataclass(frozen=True, eq=False)
class Case:
    """A network that was exported: its artifacts by target, and what judges all that is made of it."""

    subject: Subject
    artifacts: dict[str, Artifact]
    reference: Reference
    judge: Path
    finder: Detector | None
    labeled: LabeledFaces | None

    @property
    def recognizer(self) -> bool:
        """Whether it is one."""
        return isinstance(self.artifacts["onnx-fp32"].contract, RecognitionContract)

    def images(self, kind: str) -> Iterator[Image]:
        """The images of "calibration" or "judged_on", as the manifest lists them."""
        artifact = self.artifacts["tflite-int8"]
        folder = self.subject.images if kind == "calibration" else self.judge
        files = [folder / name for name in artifact.manifest.sources[kind]["files"]]
        return task_images(files, kind, artifact.contract, self.finder)

    def judged(self, network: Network) -> dict[str, Any]:
        """Decisions against the reference on images that calibration did not see; with accuracy on pairs."""
        contract = self.artifacts["onnx-fp32"].contract
        with Judge(self.reference, contract, lambda: self.images("judged_on"), "images") as judge:
            (found,) = judge.score([Candidate(network)])
        assert found.decisions is not None
        decisions = found.decisions.as_dict()
        if self.labeled is not None:
            (change,) = IdentityMeasure(self.labeled, recognition(contract)).of(self.reference, [network])
            decisions["verification"] = change.as_dict()
        return decisions


def cases(work: Path, wanted: Collection[str]) -> Iterator[Case]:
    """Those of `NAMES` that are wanted, exported into `work` one after the other, unless they stand there."""
    judge = work / "judge"
    judge.mkdir(parents=True, exist_ok=True)
    for file in [*sorted((SHARED / "scenes").iterdir()), *sorted((SHARED / "labelled").glob("*.jpg"))]:
        (judge / file.name).unlink(missing_ok=True)
        (judge / file.name).symlink_to(file)
    for name in (name for name in DETECTORS if name in wanted):
        found = detector(DETECTORS[name], SIZE, SHARED / "scenes")
        yield _exported(replace(found, options=(*found.options, "--judge", str(judge))), work, judge)
    if DETECTORS.keys() >= set(wanted):
        return
    shutil.rmtree(work / "faces", ignore_errors=True)
    finder = ("--weights", str(SHARED / "weights" / "retinaface_mnet025_official.pth"))
    for found in recognizers(work, (*finder, "--judge", str(SHARED / "scenes"))):
        if found.name in wanted:
            yield _exported(found, work, found.images)


def _exported(subject: Subject, work: Path, judge: Path) -> Case:
    out = work / subject.name.replace(" ", "_")
    given = [subject.model, "--weights", str(subject.weights), *subject.options, "--target", ",".join(TARGETS)]
    folders = {target: out / f"{subject.model}-{target}" for target in TARGETS}
    if not all(folder.is_dir() for folder in folders.values()):
        edgeface("export", *given, "--out", str(out))
    artifacts = {target: Artifact.open(folder) for target, folder in folders.items()}
    found = reference_of(artifacts["onnx-fp32"], subject.weights, None)
    reference = Reference(found.name, Remembered(found.run))
    contract = artifacts["onnx-fp32"].contract
    if not isinstance(contract, RecognitionContract):
        return Case(subject, artifacts, reference, judge, None, None)
    finder = Detector(Artifact.open(Path(subject.options[subject.options.index("--detector") + 1])))
    return Case(subject, artifacts, reference, judge, finder, _labeled(contract, finder))


def _labeled(contract: RecognitionContract, finder: Detector) -> LabeledFaces:
    pairs = read_pairs(SHARED / "lfw" / "pairs_dev.txt")
    files = find_images(pairs, SHARED / "lfw" / "images")
    faces = subjects(list(files.values()), "finding faces", contract, finder)
    return LabeledFaces(pairs, dict(zip(files, faces, strict=True)))


def calibration_request(case: Case, folder: Path) -> dict[str, Any]:
    """What a peer's quantizer is given: the models in float, and the calibration images as they enter them.

    MNN reads images and normalizes them itself: it gets those that give the very same values.

    Raises:
        ValueError: there are no such images.
    """
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    contract = case.artifacts["onnx-fp32"].contract
    shown = contract.input
    tensors = [task_of(contract).prepare(image, contract).tensor for image in case.images("calibration")]
    mean, scale = (np.array(values, np.float32)[:, None, None] for values in (shown.mean, shown.scale))
    for number, tensor in enumerate(tensors):
        pixels = np.rint(tensor[0] / scale + mean)
        if np.abs((pixels - mean) * scale - tensor[0]).max() > 1e-4:
            raise ValueError(f"calibration image {number} of {case.subject.name} is not one of 8 bits")
        stored = pixels.astype(np.uint8).transpose(1, 2, 0)
        cv2.imwrite(str(images / f"{number:03d}.png"), stored if shown.color == "bgr" else stored[:, :, ::-1])
    np.save(folder / "calibration.npy", np.concatenate(tensors))
    return {
        "onnx": str(case.artifacts["onnx-fp32"].model_path),
        "tflite": str(case.artifacts["tflite-fp32"].model_path),
        "calibration": str(folder / "calibration.npy"),
        "images": str(images),
        "input": shown.name,
        "colour": shown.color,
        "mean": shown.mean,
        "scale": shown.scale,
        "width": shown.width,
        "height": shown.height,
    }
