"""Face recognition as a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from edgeface.contracts import BaseContract, RecognitionContract
from edgeface.core.description import Figure, Table, Tile
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.errors import ContractError
from edgeface.graph.types import Array
from edgeface.images.perturb import JPEG_95, NOISE, SHIFT, Perturbation
from edgeface.tasks.drift import Drift
from edgeface.tasks.recognition.agreement import EmbeddingAgreement, compare_embeddings
from edgeface.tasks.recognition.describe import cosine_tile, embedding_tables
from edgeface.tasks.recognition.drift import embedding_drift
from edgeface.tasks.recognition.embedding import embedding_of, face_tensor
from edgeface.tasks.recognition.figures import embedding_figures
from edgeface.tasks.recognition.own_noise import noise_table, sentence
from edgeface.tasks.recognition.requirements import GATE_NOISE, embedding_requirements
from edgeface.tasks.recognition.subject import aligned_subject
from edgeface.tasks.task import FindFaces, Forward, Image, Inference, Noise, View


@dataclass(frozen=True)
class RecognitionTask:
    """Aligned face in, embedding out; two networks agree where their embeddings of a face are similar."""

    name: str = "recognition"
    contract: type[BaseContract] = RecognitionContract
    budgets: tuple[str, ...] = ("lfr-light", "efar-compact")
    drift_is: str = "mean of 1 − cosine"
    noises: tuple[Perturbation, ...] = (NOISE, JPEG_95, SHIFT)
    noise: Perturbation = GATE_NOISE
    judged: tuple[str, ...] = (
        "mean_cosine",
        "min_cosine",
        "accuracy_drop_points",
        "tar_drop_points",
    )
    of_faces: bool = True
    shown_by: str = ""

    def infer(
        self,
        variants: Mapping[str, RecognitionContract],
        forward: Forward,  # noqa: ARG002
        images: Sequence[Image],  # noqa: ARG002
        declared: Mapping[str, str],
        resizable: bool = True,  # noqa: ARG002
    ) -> Inference:
        """The declared contract: images without names cannot show a recognizer's color order or normalization.

        Raises:
            ContractError: no variant is declared.
        """
        if "variant" not in declared:
            raise ContractError(
                "a recognizer's contract cannot be inferred from images", fix=f"pass --variant ({', '.join(variants)})"
            )
        contract = variants[declared["variant"]]
        color = declared.get("color", contract.input.color)
        return Inference(contract.with_declared_color("rgb" if color == "rgb" else "bgr"), 0.0, {}, "nothing compared")

    def subject(self, image: Image, contract: RecognitionContract, find: FindFaces | None, where: str) -> Image | None:
        """The image if it is an aligned face of the input's size or of 112×112 pixels, else its main face, aligned."""
        return aligned_subject(image, contract, find, where)

    def fit(self, image: Image, contract: RecognitionContract) -> Image:
        """The image resized to the input's size, whatever its shape."""
        size = (contract.input.width, contract.input.height)
        return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)

    def prepare(self, image: Image, contract: RecognitionContract) -> View:
        """The input tensor of an aligned face, which has the input's size."""
        return View(image, face_tensor(image, contract.input), 1.0)

    def perturbed(self, view: View, contract: RecognitionContract, change: Perturbation, number: int) -> View:
        """The view with the aligned face changed."""
        return replace(view, tensor=face_tensor(change.apply(view.image, number), contract.input))

    def decide(self, outputs: Mapping[str, Array], contract: RecognitionContract, view: View) -> Array:  # noqa: ARG002
        """The network's embedding [1,width]."""
        return embedding_of(outputs, contract)

    def agree(self, reference: Array, candidate: Array) -> EmbeddingAgreement:
        """The cosine of the two embeddings."""
        return compare_embeddings(reference, candidate)

    def drift(
        self, wanted: Mapping[str, Array], got: Mapping[str, Array], contract: RecognitionContract
    ) -> dict[str, Drift]:
        """How far the embeddings are apart."""
        return embedding_drift(wanted, got, contract)

    def requirements(
        self, limits: Thresholds, agreement: EmbeddingAgreement, noise: Noise | None = None
    ) -> list[Requirement]:
        """Requirements on the cosines."""
        return embedding_requirements(limits, agreement, noise)

    def contract_rows(self, contract: RecognitionContract) -> tuple[tuple[str, str], ...]:
        """The embedding's width, and whether it includes the mirror image."""
        return (("embedding", f"{contract.width} numbers{', of face and mirror image' if contract.flip else ''}"),)

    def noise_sentence(self, decisions: Mapping[str, Any], noise: Mapping[str, Mapping[str, Any]]) -> str | None:
        """The mildest change of the images that changes more than the build."""
        return sentence(decisions, noise)

    def noise_table(self, decisions: Mapping[str, Any], noise: Mapping[str, Mapping[str, Any]]) -> Table:
        """Each change of the images, and the build among them."""
        return noise_table(decisions, noise)

    def describe(self, decisions: Mapping[str, Any]) -> tuple[Table, ...]:
        """Cosines to the reference, and verification where pairs were given."""
        return embedding_tables(decisions)

    def glance(self, decisions: Mapping[str, Any]) -> Tile | None:
        """Accuracy on pairs where they were given, else the mean cosine."""
        return cosine_tile(decisions)

    def figures(self, decisions: Mapping[str, Any]) -> tuple[Figure, ...]:
        """The figures that a verdict rests on."""
        return embedding_figures(decisions)


TASK = RecognitionTask()
