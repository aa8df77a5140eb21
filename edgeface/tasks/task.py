"""What a task is: how images are shown to a network, what its outputs decide, and how well two networks agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from edgeface.contracts import BaseContract
from edgeface.core.description import Table, Tile
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.graph.types import Array

if TYPE_CHECKING:
    from edgeface.tasks.detection.faces import Face

Image: TypeAlias = NDArray[np.uint8]
FindFaces: TypeAlias = "Callable[[Image], Sequence[Face]]"
"""A detector: an image in, faces by falling score out."""


@dataclass(frozen=True)
class View:
    """An image as the network is shown it: float32 [1,3,H,W]; `scale` in input pixels per pixel of the image."""

    image: Image
    tensor: NDArray[np.float32]
    scale: float


class Agreement(Protocol):
    """How well two networks agree over any number of images; add two to merge them."""

    def __add__(self, other: Self) -> Self:
        """The agreement over both sets of images."""
        ...

    @property
    def severity(self) -> tuple[float, ...]:
        """What orders images by how much the networks disagree on them: the greater, the worse."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the certificate's `decisions`."""
        ...


Forward: TypeAlias = Callable[[Any, NDArray[np.float32]], Mapping[str, Array]]
"""Runs the network that a contract describes on a tensor float32 [1,3,H,W]: outputs by name."""


@dataclass(frozen=True)
class Inference:
    """A contract as images infer or confirm it.

    Attributes:
        contract: what the images speak for, or what was declared where they cannot tell.
        confidence: 0 to 1, of the least sure of the choices; 0 where nothing could be confirmed.
        margins: by how many standard errors each choice was made, by its name; what had no alternative is not there.
        said: which candidates were compared and which one was found, in words.
    """

    contract: Any
    confidence: float
    margins: Mapping[str, float]
    said: str


class Task(Protocol):
    """One task, found by the folder that its `task.py` stands in."""

    name: str
    """The contract's `task`."""

    contract: type[BaseContract]
    """The type of its contracts."""

    budgets: tuple[str, ...]
    """Budgets that its networks are held against in reports."""

    def infer(
        self,
        variants: Mapping[str, Any],
        forward: Forward,
        images: Sequence[Image],
        declared: Mapping[str, str],
        resizable: bool = True,
    ) -> Inference:
        """The contract under which a network works best on images, or a declared one held against them.

        Args:
            variants: known contracts by name.
            forward: the network.
            images: uint8 [H,W,3] in BGR, as the device will see them.
            declared: what is known: "variant", "color" or other fields of the contract, by name.
            resizable: whether the network takes other input sizes than its contract's.

        Raises:
            ContractError: the images cannot tell, or contradict what is declared.
        """
        ...

    def subject(self, image: Image, contract: Any, find: FindFaces | None, where: str) -> Image | None:
        """What of an image the network is shown; None where there is no such thing in it.

        Args:
            image: uint8 [H,W,3] in BGR.
            contract: of this task.
            find: finds the faces of an image, where the network is shown a face.
            where: what errors call the image, e.g. its path.

        Raises:
            InputError: a face has to be found, and there is no `find`.
        """
        ...

    def fit(self, image: Image, contract: Any) -> Image:
        """Any image, made one that `prepare` takes: for synthetic images, which hold nothing to look for."""
        ...

    def prepare(self, image: Image, contract: Any) -> View:
        """Show an image as the contract says.

        Args:
            image: uint8 [H,W,3] in BGR: any image for a detector, an aligned face for a recognizer.
            contract: of this task.

        Raises:
            InputError: the image is not usable.
        """
        ...

    def decide(self, outputs: Mapping[str, Array], contract: Any, view: View) -> Any:
        """What a network decides about one image, from its outputs by name: faces, or an embedding."""
        ...

    def agree(self, reference: Any, candidate: Any) -> Agreement:
        """How well two networks' decisions about one image agree."""
        ...

    def requirements(self, limits: Thresholds, agreement: Any) -> list[Requirement]:
        """What the thresholds require of decisions, each with its verdict."""
        ...

    def contract_rows(self, contract: Any) -> tuple[tuple[str, str], ...]:
        """What a contract of this task says beyond every contract, as rows of name and value."""
        ...

    def describe(self, decisions: Mapping[str, Any]) -> tuple[Table, ...]:
        """A certificate's `decisions` as tables, for terminal and HTML alike."""
        ...

    def glance(self, decisions: Mapping[str, Any]) -> Tile | None:
        """The one figure that says most about a certificate's `decisions`; None where it has judged none."""
        ...
