"""Image galleries of reports by task: the file with the task's name defines GALLERY."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from edgeface.core.description import Table
from edgeface.report.chart import Chart
from edgeface.report.page import Gallery
from edgeface.report.seen import SeenImage
from edgeface.report.sight import Sight
from edgeface.tasks.task import Task, View


@dataclass(frozen=True)
class Choice:
    """A chosen image, with its title and the reason."""

    sight: Sight
    title: str
    why: str


class TaskGallery(Protocol):
    """The gallery of a task's images."""

    max_images: int
    """Maximum number of worst images that are kept."""

    def sight(self, index: int, shown: View, severity: tuple[float, ...], reference: Any, candidate: Any) -> Sight:
        """The kept data of an image and of both networks' decisions."""
        ...

    def record(self, shown: View, severity: tuple[float, ...], reference: Any, candidate: Any) -> SeenImage:
        """What is kept of every image, in numbers."""
        ...

    def charts(self, images: Sequence[SeenImage], target: str) -> tuple[Chart, ...]:
        """Distributions over all images, of fp32 and of a target's artifact."""
        ...

    def tables(self, images: Sequence[SeenImage]) -> tuple[Table, ...]:
        """Tables over all images."""
        ...

    def gallery(self, chosen: Sequence[Choice], count: int, target: str) -> Gallery:
        """The gallery of the chosen images, out of `count` images that judged a target's artifact."""
        ...


def gallery_of(task: Task) -> TaskGallery:
    """The gallery of a task's images."""
    found: TaskGallery = importlib.import_module(f"{__name__}.{task.name}").GALLERY
    return found
