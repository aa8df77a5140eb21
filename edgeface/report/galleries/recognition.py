"""Aligned faces, each with the cosine of the artifact's embedding and the reference's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from edgeface.core.description import Table
from edgeface.report.chart import Chart
from edgeface.report.embed_image import data_uri
from edgeface.report.figure_charts import figure_charts
from edgeface.report.galleries import Choice
from edgeface.report.page import FaceCard, Gallery, Image
from edgeface.report.seen import SeenImage, figure_record
from edgeface.report.sight import Sight
from edgeface.tasks.task import View

FACE_PX = 112


@dataclass(frozen=True)
class FaceCards:
    """A card for each aligned face."""

    max_images: int = 8

    def sight(self, index: int, shown: View, severity: tuple[float, ...], reference: Any, candidate: Any) -> Sight:  # noqa: ARG002
        """The aligned face."""
        height, width = shown.image.shape[:2]
        return Sight(index, shown.image, (height, width), severity)

    def record(self, shown: View, severity: tuple[float, ...], reference: Any, candidate: Any) -> SeenImage:  # noqa: ARG002
        """Its figure."""
        return figure_record(shown.image, severity, -severity[0])

    def charts(self, images: Sequence[SeenImage], target: str) -> tuple[Chart, ...]:
        """The figures of all images."""
        return tuple(figure_charts(images, "Cosines between fp32 and the artifact", "cosine to fp32", target))

    def tables(self, images: Sequence[SeenImage]) -> tuple[Table, ...]:  # noqa: ARG002
        """None."""
        return ()

    def gallery(self, chosen: Sequence[Choice], count: int, target: str) -> Gallery:  # noqa: ARG002
        """A card for each."""
        lead = (
            f"Of {count} aligned faces, those whose embeddings changed most, and a typical one. A cosine of 1 "
            "means that artifact and fp32 compute the same embedding."
        )
        return Gallery(lead, faces=tuple(_card(choice) for choice in chosen))


GALLERY = FaceCards()


def _card(choice: Choice) -> FaceCard:
    sight, title = choice.sight, choice.title
    height, width = sight.image.shape[:2]
    size = (max(1, round(width * FACE_PX / height)), FACE_PX)
    shown = np.asarray(cv2.resize(sight.image, size, interpolation=cv2.INTER_AREA), np.uint8)
    cosine = f"{-sight.severity[0]:.4f}"
    image = Image(title, data_uri(shown), size[0], size[1], f"Aligned face {title}, cosine {cosine}")
    return FaceCard(image, cosine, choice.why)
