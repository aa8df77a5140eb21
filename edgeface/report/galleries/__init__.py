"""How images are shown in a report, by task: the file of the task's name, which has GALLERY."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from edgeface.report.page import Gallery
from edgeface.report.sight import Sight
from edgeface.tasks.task import Task, View


@dataclass(frozen=True)
class Choice:
    """A sight that is shown, as what, and why."""

    sight: Sight
    title: str
    why: str


class TaskGallery(Protocol):
    """How the images of a task are shown."""

    most: int
    """How many of the worst images are kept."""

    def sight(self, index: int, shown: View, severity: tuple[float, ...], reference: Any, candidate: Any) -> Sight:
        """What is kept of an image, and of what both networks decide on it."""
        ...

    def gallery(self, chosen: Sequence[Choice], count: int, target: str) -> Gallery:
        """The chosen ones, of `count` images that judged the artifact of a target."""
        ...


def gallery_of(task: Task) -> TaskGallery:
    """How the images of a task are shown."""
    found: TaskGallery = importlib.import_module(f"{__name__}.{task.name}").GALLERY
    return found
