"""The interface of a task: how images become inputs, what outputs decide, and how well two networks agree."""

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
    """An image as it is fed to the network: float32 [1,3,H,W]; `scale` in input pixels per pixel of the image."""

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
        """A sort key for images: the larger, the more the networks disagree."""
        ...

    @property
    def drift(self) -> float:
        """How far the decisions moved, in one number: 0 where none did; NaN where there was nothing to decide."""
        ...

    @property
    def flips(self) -> int | None:
        """How many decisions are others; None where there are only distances."""
        ...

    @property
    def cases(self) -> int:
        """How many decisions of the reference were compared."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the certificate's `decisions`."""
        ...


Forward: TypeAlias = Callable[[Any, NDArray[np.float32]], Mapping[str, Array]]
"""Runs the network that a contract describes on a tensor float32 [1,3,H,W]: outputs by name."""


@dataclass(frozen=True)
class Inference:
    """A contract that images inferred or confirmed.

    Attributes:
        contract: the one that fits the images best, or the declared one where images cannot decide.
        confidence: 0 to 1, of the least certain choice; 0 where nothing could be confirmed.
        margins: how many standard errors decided each choice, by its name; what had no alternative is not there.
        summary: which candidates were compared and which one was found, in words.
    """

    contract: Any
    confidence: float
    margins: Mapping[str, float]
    summary: str


class Task(Protocol):
    """One task, found by the folder that holds its `task.py`."""

    name: str
    """The contract's `task`."""

    contract: type[BaseContract]
    """The type of its contracts."""

    budgets: tuple[str, ...]
    """Budgets that reports compare its networks with."""

    drift: str
    """What an agreement's `drift` measures, in words."""

    of_faces: bool
    """Whether its networks are shown one face, which a detector may have to find in an image first."""

    def infer(
        self,
        variants: Mapping[str, Any],
        forward: Forward,
        images: Sequence[Image],
        declared: Mapping[str, str],
        resizable: bool = True,
    ) -> Inference:
        """The contract under which a network works best on images, or the declared one once images confirm it.

        Args:
            variants: known contracts by name.
            forward: the network.
            images: uint8 [H,W,3] in BGR, as the device will see them.
            declared: known fields of the contract, by name: "variant", "color" or others.
            resizable: whether the network takes other input sizes than its contract's.

        Raises:
            ContractError: the images cannot decide, or contradict what is declared.
        """
        ...

    def subject(self, image: Image, contract: Any, find: FindFaces | None, where: str) -> Image | None:
        """The part of an image that is fed to the network; None where the image has none, e.g. no face.

        Args:
            image: uint8 [H,W,3] in BGR.
            contract: of this task.
            find: finds the faces of an image, for networks whose input is a face.
            where: the image's name in errors, e.g. its path.

        Raises:
            InputError: a face has to be found and `find` is None.
        """
        ...

    def fit(self, image: Image, contract: Any) -> Image:
        """Any image converted to one that `prepare` takes; for synthetic images, which show no face."""
        ...

    def prepare(self, image: Image, contract: Any) -> View:
        """The network's input for an image, as the contract says.

        Args:
            image: uint8 [H,W,3] in BGR: any image for a detector, an aligned face for a recognizer.
            contract: of this task.

        Raises:
            InputError: the image is not usable.
        """
        ...

    def decide(self, outputs: Mapping[str, Array], contract: Any, view: View) -> Any:
        """The network's decision about one image, from its outputs by name: faces, or an embedding."""
        ...

    def agree(self, reference: Any, candidate: Any) -> Agreement:
        """How well two networks' decisions about one image agree."""
        ...

    def requirements(self, limits: Thresholds, agreement: Any) -> list[Requirement]:
        """The thresholds' requirements on decisions, each with its verdict."""
        ...

    def contract_rows(self, contract: Any) -> tuple[tuple[str, str], ...]:
        """The fields that only contracts of this task have, as rows of name and value."""
        ...

    def describe(self, decisions: Mapping[str, Any]) -> tuple[Table, ...]:
        """A certificate's `decisions` as tables, for terminal and HTML alike."""
        ...

    def glance(self, decisions: Mapping[str, Any]) -> Tile | None:
        """The most telling figure of a certificate's `decisions`; None where no decisions were judged."""
        ...
