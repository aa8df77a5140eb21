"""The interface of a task: how images become inputs, what outputs decide, and how well two networks agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from edgeface.contracts import BaseContract
from edgeface.core.description import Figure, Table, Tile
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds
from edgeface.graph.types import Array
from edgeface.images.fit import Scale
from edgeface.images.perturb import Perturbation
from edgeface.tasks.drift import Drift

if TYPE_CHECKING:
    from edgeface.tasks.detection.faces import Face

Image: TypeAlias = NDArray[np.uint8]
FindFaces: TypeAlias = "Callable[[Image], Sequence[Face]]"
"""A detector: an image in, faces by falling score out."""


@dataclass(frozen=True)
class View:
    """An image as it is fed to the network: float32 [1,C,H,W]; `scale` in input pixels per pixel of the image.

    `moved_px` is how many input pixels the picture was moved to the right before it was fed; decisions move it back.
    `seen` is the image at the input's size, before normalization, uint8 [h,w,3] in BGR, where the task scales it.
    """

    image: Image
    tensor: NDArray[np.float32]
    scale: Scale
    moved_px: int = 0
    seen: Image | None = None


class Agreement(Protocol):
    """How well two networks agree over any number of images; add two to merge them."""

    def __add__(self, other: Self) -> Self:
        """The agreement over both sets of images."""
        ...

    @classmethod
    def least(cls, parts: Sequence[Self], cases: int) -> Self:
        """The least that is found over all images, from the agreements on some of them.

        Counts are those found so far, since further images only add to them; means are `core.confidence.low_end`.

        Args:
            parts: one for each measured image, in order; at least one.
            cases: decisions of the reference on all images.
        """
        ...

    @property
    def severity(self) -> tuple[float, ...]:
        """A sort key for images: the larger, the more the networks disagree."""
        ...

    @property
    def drift(self) -> float:
        """How far decisions move, at least 0: smooth, where counts of changed decisions are few and noisy."""
        ...

    @property
    def flips(self) -> int | None:
        """How many decisions are others; None where there are only distances."""
        ...

    @property
    def cases(self) -> int:
        """How many decisions of the reference were compared."""
        ...

    @property
    def broken(self) -> bool:
        """Whether most decisions are lost."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the certificate's `decisions`."""
        ...


Noise: TypeAlias = Mapping[str, Any]
"""The reference's agreement with itself on changed images, by the names of `edgeface.images.perturb`."""

Forward: TypeAlias = Callable[[Any, NDArray[np.float32]], Mapping[str, Array]]
"""Runs the network that a contract describes on a tensor float32 [1,C,H,W]: outputs by name."""


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

    drift_is: str
    """What the most telling kind of `drift` measures, in words."""

    noises: tuple[Perturbation, ...]
    """Changes of images whose effect on the reference is shown beside what a build changes."""

    noise: Perturbation
    """The one of them that limits are relative to."""

    judged: tuple[str, ...]
    """The fields of `Thresholds` that its requirements and measurements judge."""

    of_faces: bool
    """Whether its networks are shown one face, which a detector may have to find in an image first."""

    shown_by: str
    """The command that shows an artifact at work on an image: `edgeface NAME IMAGE --artifact …`; empty without one."""

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

    def perturbed(self, view: View, contract: Any, change: Perturbation, number: int) -> View:
        """The view with its image changed as the network sees it, at the input's size.

        Args:
            view: as of `prepare`.
            contract: of this task.
            change: the change.
            number: the image's number, which seeds noise.
        """
        ...

    def decide(self, outputs: Mapping[str, Array], contract: Any, view: View) -> Any:
        """The network's decision about one image, from its outputs by name: faces, or an embedding."""
        ...

    def agree(self, reference: Any, candidate: Any) -> Agreement:
        """How well two networks' decisions about one image agree."""
        ...

    def drift(self, wanted: Mapping[str, Array], got: Mapping[str, Array], contract: Any) -> dict[str, Drift]:
        """How far raw decisions about one image drift, by what they decide; the most telling kind first.

        Args:
            wanted: the reference's outputs by name.
            got: the candidate's.
            contract: of this task.
        """
        ...

    def requirements(self, limits: Thresholds, agreement: Any, noise: Noise | None = None) -> list[Requirement]:
        """The thresholds' requirements on decisions, each with its verdict.

        Args:
            limits: the thresholds.
            agreement: of candidate and reference.
            noise: the reference's own, where the thresholds have a `noise_factor`.
        """
        ...

    def contract_rows(self, contract: Any) -> tuple[tuple[str, str], ...]:
        """The fields that only contracts of this task have, as rows of name and value."""
        ...

    def noise_sentence(self, decisions: Mapping[str, Any], noise: Mapping[str, Mapping[str, Any]]) -> str | None:
        """What a build changes against the reference's own noise, in one sentence; None where nothing can be said.

        Args:
            decisions: a certificate's.
            noise: the same figures of the reference on changed images, by the changes' names.
        """
        ...

    def noise_table(self, decisions: Mapping[str, Any], noise: Mapping[str, Mapping[str, Any]]) -> Table:
        """The same as a table. Arguments as of `noise_sentence`."""
        ...

    def describe(self, decisions: Mapping[str, Any]) -> tuple[Table, ...]:
        """A certificate's `decisions` as tables, for terminal and HTML alike."""
        ...

    def glance(self, decisions: Mapping[str, Any]) -> Tile | None:
        """The most telling figure of a certificate's `decisions`; None where no decisions were judged."""
        ...

    def figures(self, decisions: Mapping[str, Any]) -> tuple[Figure, ...]:
        """The figures of a certificate's `decisions` that a verdict rests on, each with its cases and interval."""
        ...
