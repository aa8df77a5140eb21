"""Comparison of an existing artifact with its fp32 reference, on any images."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeface.backends import runtime_named, target
from edgeface.backends.device import HERE, Device
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.open import open_runner
from edgeface.backends.opened import Opened, OpenModel, open_here
from edgeface.core.artifact import Artifact
from edgeface.core.blas_threads import one_blas_thread
from edgeface.core.certificate import Certificate, Evidence
from edgeface.core.progress import note
from edgeface.core.versions import versions
from edgeface.images.folder import image_name
from edgeface.images.split import distinct_images
from edgeface.inference.detector import Detector
from edgeface.reading.existing import refuse_missing
from edgeface.tasks import task_of
from edgeface.tasks.task import Image
from edgeface.validate.inputs import synthetic_for, task_images
from edgeface.validate.judge import Candidate, Judge
from edgeface.validate.judge_model import judge_model
from edgeface.validate.noise import Noises
from edgeface.validate.reference import reference_of, weights_of

SYNTHETIC_IMAGES = 4


@dataclass(frozen=True)
class ParityReport:
    """One comparison, judged by the thresholds that the artifact was built with; `on` is the device it ran on."""

    artifact: Path
    on: str
    certificate: Certificate

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"artifact": str(self.artifact), "on": self.on, **self.certificate.as_dict()}


@dataclass(frozen=True)
class ParityRequest:
    """What is compared, on which images and device.

    Attributes:
        weights: the artifact's checkpoint, which may be omitted if it is sample weights of the package; or
        reference: an fp32 artifact of the same checkpoint.
        images: folder of images; synthetic images otherwise, which compare tensors only.
        detector: an artifact that finds the faces in a recognizer's images.
        threads: threads of the artifact's runtime.
        on: the device that runs the artifact; the reference runs on this machine's processor.
        open_model: opens the artifact where it is judged, unless another device is named.
    """

    weights: Path | None = None
    reference: Path | None = None
    images: Path | None = None
    detector: Path | None = None
    threads: int = 1
    on: Device = HERE
    open_model: OpenModel = open_here

    def paths(self) -> dict[str, Path | None]:
        """What is read, by the options' names."""
        return {
            "--weights": self.weights,
            "--reference": self.reference,
            "--images": self.images,
            "--detector": self.detector,
        }


@one_blas_thread()
def check_parity(artifact: Artifact, request: ParityRequest) -> ParityReport:
    """The comparison of artifact and reference on images, judged as in the export.

    Raises:
        InputError: something given cannot be used, or the artifact does not run on the device.
        RuntimeFailure: a runtime fails.
    """
    refuse_missing(request.paths())
    judging = runtime_named(target(artifact.manifest.target).runtime)
    if request.on == HERE:
        opened = request.open_model(target(artifact.manifest.target), artifact.model_path, request.threads)
    else:
        opened = Opened(open_runner(artifact, request.threads, request.on))
    runner = FloatRunner(opened.runner, artifact.manifest.layout)
    reference = reference_of(artifact, weights_of(artifact, request.weights, request.reference), request.reference)
    limits = artifact.certificate().thresholds
    kind: Evidence = "synthetic" if request.images is None else "images"
    noises = Noises(() if limits.noise_factor is None else (task_of(artifact.contract).noise,))
    with Judge(reference, artifact.contract, lambda: _images(artifact, request), kind, noises=noises) as judge:
        (findings,) = judge.score([Candidate(runner.run)])
    task = task_of(artifact.contract)
    judged, kernels = judge_model(findings, limits, artifact.model_path, task, judging, reference.probabilities)
    certificate = Certificate(
        **judged.comparison().model_dump(),
        format=4,
        target=artifact.manifest.target,
        reference=reference.name,
        thresholds=limits,
        kernels={**kernels, **opened.facts},
        versions=versions(*judging.distributions),
    )
    return ParityReport(artifact.folder, opened.place or str(request.on), certificate)


def _images(artifact: Artifact, request: ParityRequest) -> Iterable[Image]:
    if request.images is None:
        note("no images given: tensors are compared on synthetic images, decisions are not")
        return synthetic_for(artifact.contract, SYNTHETIC_IMAGES, "comparing")
    files = distinct_images(request.images)
    _warn_of_calibration(artifact, [image_name(file, request.images) for file in files])
    finder = None if request.detector is None else Detector(Artifact.open(request.detector))
    return task_images(files, "comparing", artifact.contract, finder)


def _warn_of_calibration(artifact: Artifact, names: list[str]) -> None:
    calibrated = set(artifact.manifest.sources.get("calibration", {}).get("files", ()))
    shared = len(calibrated_among(names, calibrated))
    if shared:
        note(f"warning: {shared} of {len(names)} images have the names of its calibration images")


def calibrated_among(names: Sequence[str], calibrated: Collection[str]) -> list[str]:
    """The names of images that are names of calibration images too.

    Both are paths below the folder that was named, which may have been one above or below the other: a name is another
    one's if it is equal to it, or to its last parts.
    """
    ends = {end for name in calibrated for end in _ends(name)}
    known = set(calibrated)
    return [name for name in names if name in ends or not known.isdisjoint(_ends(name))]


def _ends(name: str) -> list[str]:
    """A path and its last parts: the folder that was named may be one above or below another time."""
    parts = name.split("/")
    return ["/".join(parts[index:]) for index in range(len(parts))]
