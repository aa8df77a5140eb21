"""Images with the error of the worst output."""

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
from edgeface.report.sight import Sight, shrunk
from edgeface.tasks.task import View

SIDE_PX = 144


@dataclass(frozen=True)
class NumberCards:
    """A card for each image."""

    max_images: int = 8

    def sight(self, index: int, shown: View, severity: tuple[float, ...], reference: Any, candidate: Any) -> Sight:  # noqa: ARG002
        """The image."""
        height, width = shown.image.shape[:2]
        return Sight(index, shrunk(shown.image), (height, width), severity)

    def record(self, shown: View, severity: tuple[float, ...], reference: Any, candidate: Any) -> SeenImage:  # noqa: ARG002
        """Its figure."""
        return figure_record(shown.image, severity, severity[0])

    def charts(self, images: Sequence[SeenImage], target: str) -> tuple[Chart, ...]:
        """The figures of all images."""
        return tuple(figure_charts(images, "Errors of the images", "error of the worst output, by its size", target))

    def tables(self, images: Sequence[SeenImage]) -> tuple[Table, ...]:  # noqa: ARG002
        """None."""
        return ()

    def gallery(self, chosen: Sequence[Choice], count: int, target: str) -> Gallery:  # noqa: ARG002
        """A card for each."""
        lead = (
            f"Of {count} images, those whose numbers changed most, and a typical one, each with the error of the worst "
            "output by its size."
        )
        return Gallery(lead, faces=tuple(_card(choice) for choice in chosen))


GALLERY = NumberCards()


def _card(choice: Choice) -> FaceCard:
    sight, title = choice.sight, choice.title
    height, width = sight.image.shape[:2]
    scale = SIDE_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    shown = np.asarray(cv2.resize(sight.image, size, interpolation=cv2.INTER_AREA), np.uint8)
    error = f"{sight.severity[0]:.4f}"
    return FaceCard(Image(title, data_uri(shown), size[0], size[1], f"Image {title}, error {error}"), error, choice.why)
