"""Compare an artifact with its fp32 reference again, on photographs of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgeface.artifact import Artifact
from edgeface.drawn import drawn_pictures
from edgeface.images import list_images
from edgeface.parity.compare import Findings, Photograph, compare
from edgeface.parity.gate import Thresholds, judge
from edgeface.parity.kernels import judge_kernels, kernel_facts
from edgeface.parity.reference import reference_network
from edgeface.photographs import read_photographs
from edgeface.progress import note, track
from edgeface.runtimes import open_runner
from edgeface.runtimes.float_io import FloatRunner

DRAWN_PICTURES = 4


@dataclass(frozen=True)
class ParityReport:
    """Findings of one comparison, judged by the thresholds that the artifact was built under."""

    artifact: Path
    reference: str
    findings: Findings

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"artifact": str(self.artifact), "reference": self.reference, **self.findings.as_dict()}


def check_parity(
    artifact: Artifact,
    weights: Path | None = None,
    reference: Path | None = None,
    images: Path | None = None,
    threads: int = 1,
) -> ParityReport:
    """Run artifact and reference on photographs, and judge as the export did.

    Args:
        artifact: what is compared.
        weights: its checkpoint; or
        reference: an fp32 artifact of the same checkpoint.
        images: folder of photographs; drawn pictures otherwise, which compare tensors only.
        threads: threads of the artifact's runtime.
    """
    network, name = reference_network(artifact, weights, reference)
    runner = FloatRunner(open_runner(artifact, threads), artifact.manifest.layout)
    limits = Thresholds.model_validate(artifact.certificate().get("thresholds", {}))
    if images is not None:
        files = list_images(images)
        _warn_of_calibration(artifact, [file.name for file in files])
        pictures: Iterable[Photograph] = read_photographs(files, "comparing")
    else:
        note("no photographs given: tensors are compared on drawn pictures, decisions are not")
        pictures = track(drawn_pictures(DRAWN_PICTURES), "comparing")
    findings = compare(network, runner.run, artifact.contract, pictures, images is not None)
    demands = judge(limits, findings.tensors, findings.faces)
    demands += judge_kernels(limits, kernel_facts(artifact.model_path))
    return ParityReport(artifact.folder, name, replace(findings, demands=demands))


def _warn_of_calibration(artifact: Artifact, names: list[str]) -> None:
    calibrated = set(artifact.manifest.sources.get("calibration", {}).get("files", ()))
    shared = calibrated.intersection(names)
    if shared:
        note(f"warning: {len(shared)} of {len(names)} photographs have the names of ones that calibrated it")
