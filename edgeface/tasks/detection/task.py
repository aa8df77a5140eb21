"""Face detection as a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from edgeface.contracts import BaseContract, DetectionContract
from edgeface.core.description import Figure, Table, Tile
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.graph.types import Array
from edgeface.images.files import fitted, placed
from edgeface.images.fit import along
from edgeface.images.perturb import JPEG_95, NOISE, SHIFT, Perturbation
from edgeface.tasks.detection.agreement import FaceAgreement
from edgeface.tasks.detection.contract_inference import infer_contract
from edgeface.tasks.detection.describe import face_tables, matched_tile
from edgeface.tasks.detection.detect import detect_faces, moved_right
from edgeface.tasks.detection.drift import candidate_drift
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.figures import face_figures
from edgeface.tasks.detection.match import LISTED_SCORE, match_faces
from edgeface.tasks.detection.own_noise import noise_table, sentence
from edgeface.tasks.detection.requirements import GATE_NOISE, face_requirements
from edgeface.tasks.drift import Drift
from edgeface.tasks.task import FindFaces, Forward, Image, Inference, Noise, View


@dataclass(frozen=True)
class DetectionTask:
    """Image in, faces out; two networks agree where they find the same faces."""

    name: str = "detection"
    contract: type[BaseContract] = DetectionContract
    budgets: tuple[str, ...] = ()
    drift_is: str = "mean score change of undecided candidates"
    noises: tuple[Perturbation, ...] = (NOISE, JPEG_95, SHIFT)
    noise: Perturbation = GATE_NOISE
    judged: tuple[str, ...] = (
        *("matched_percent", "extra_percent", "flips_percent", "lost_percent", "new_percent"),
        *("mean_score_change", "landmark_error_percent", "precision_drop_points"),
    )
    of_faces: bool = False
    shown_by: str = "detect"

    def infer(
        self,
        variants: Mapping[str, DetectionContract],
        forward: Forward,
        images: Sequence[Image],
        declared: Mapping[str, str],
        resizable: bool = True,
    ) -> Inference:
        """The contract under which the faces that the network finds are found again best in changed images."""
        return infer_contract(variants, forward, images, declared, resizable).inference()

    def subject(self, image: Image, contract: DetectionContract, find: FindFaces | None, where: str) -> Image:  # noqa: ARG002
        """The whole image."""
        return image

    def fit(self, image: Image, contract: DetectionContract) -> Image:  # noqa: ARG002
        """The image as it is: a detector takes any image."""
        return image

    def prepare(self, image: Image, contract: DetectionContract) -> View:
        """The image as the contract fits it: at the top left at the largest scale that fits, or stretched."""
        seen, scale = fitted(image, contract.input)
        return View(image, placed(seen, contract.input), scale, seen=seen)

    def perturbed(self, view: View, contract: DetectionContract, change: Perturbation, number: int) -> View:
        """The view with the scaled image changed; the padding stays as it is."""
        seen = fitted(view.image, contract.input)[0] if view.seen is None else view.seen
        tensor = placed(change.apply(seen, number), contract.input)
        return replace(view, tensor=tensor, moved_px=change.moved_px)

    def decide(self, outputs: Mapping[str, Array], contract: DetectionContract, view: View) -> list[Face]:
        """Faces by falling score, down to 0.3, in pixels of the image."""
        size = (view.image.shape[0], view.image.shape[1])
        faces = detect_faces(outputs, contract, view.scale, size, LISTED_SCORE)
        return moved_right(faces, -view.moved_px / along(view.scale)[0]) if view.moved_px else faces

    def agree(self, reference: Sequence[Face], candidate: Sequence[Face]) -> FaceAgreement:
        """The faces that both find, and how far apart they are."""
        return match_faces(reference, candidate)

    def drift(
        self, wanted: Mapping[str, Array], got: Mapping[str, Array], contract: DetectionContract
    ) -> dict[str, Drift]:
        """The changes of candidates' scores, and of faces' landmarks."""
        return candidate_drift(wanted, got, contract)

    def requirements(
        self, limits: Thresholds, agreement: FaceAgreement, noise: Noise | None = None
    ) -> list[Requirement]:
        """Requirements on missed and extra faces, scores and landmarks."""
        return face_requirements(limits, agreement, noise)

    def contract_rows(self, contract: DetectionContract) -> tuple[tuple[str, str], ...]:
        """The minimum score of a face that is shown."""
        return (("score to show a face", f"{contract.score_threshold:g}"),)

    def noise_sentence(self, decisions: Mapping[str, Any], noise: Mapping[str, Mapping[str, Any]]) -> str | None:
        """The mildest change of the images that changes more than the build."""
        return sentence(decisions, noise)

    def noise_table(self, decisions: Mapping[str, Any], noise: Mapping[str, Mapping[str, Any]]) -> Table:
        """Each change of the images, and the build among them."""
        return noise_table(decisions, noise)

    def describe(self, decisions: Mapping[str, Any]) -> tuple[Table, ...]:
        """Faces against the reference, average precision, and the cost of landmark errors, as far as measured."""
        return face_tables(decisions)

    def glance(self, decisions: Mapping[str, Any]) -> Tile | None:
        """The share of the reference's faces that are matched."""
        return matched_tile(decisions)

    def figures(self, decisions: Mapping[str, Any]) -> tuple[Figure, ...]:
        """The figures that a verdict rests on."""
        return face_figures(decisions)


TASK = DetectionTask()
