"""What a model file does not declare of itself: contracts that its outputs allow, and what images say about each field.

Each task folder whose module `undeclared` defines UNDECLARED can read such files; others need a contract file.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, Protocol

import edgeface.tasks as folder
from edgeface.tasks.task import FindFaces, Forward, Image

How = Literal["declared", "inferred", "indifferent", "refused"]


@dataclass(frozen=True)
class NetworkFile:
    """A model file as it is run: one image input float32 [1,channels,height,width], outputs of static shapes.

    Attributes:
        name: of the file, without its suffix.
        input: the input's name.
        height: of the input, in pixels.
        width: of the input, in pixels.
        channels: of the input.
        outputs: the shape of each output by name.
        takes: "pixels" where the graph normalizes values of 0 to 255 itself, "unit" values of 0 to 1, else "open".
        reversed_channels: the graph turns the channels round.
        said: what the graph does to its input, in words.
        stored: further keys of [input] that describe the file, as its layout.
    """

    name: str
    input: str
    height: int
    width: int
    channels: int
    outputs: Mapping[str, tuple[int, ...]]
    takes: str = "open"
    reversed_channels: bool = False
    said: str = ""
    stored: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What is known about one field of a contract.

    Attributes:
        field: e.g. "input.color".
        value: as the contract has it, in words.
        how: "declared" by the user; "inferred" from shapes or images; "indifferent" where other values do as well
            here, and the documented one is taken; "refused" where nothing tells.
        evidence: why, in words with figures.
    """

    field: str
    value: str
    how: How
    evidence: str

    def as_dict(self) -> dict[str, str]:
        """For JSON and the manifest."""
        return {"value": self.value, "how": self.how, "evidence": self.evidence}


@dataclass(frozen=True)
class Settled:
    """A contract with a verdict on each of its fields that a file does not declare.

    `checked` is whether images were compared, and showed what it takes.
    """

    contract: Any
    verdicts: tuple[Verdict, ...]
    checked: bool = True

    @property
    def refused(self) -> tuple[Verdict, ...]:
        """The fields that nothing tells."""
        return tuple(each for each in self.verdicts if each.how == "refused")


@dataclass(frozen=True)
class Evidence:
    """What contracts are settled on.

    Attributes:
        forward: runs the network on a tensor float32 [1,C,H,W].
        images: uint8 [H,W,3] in BGR; may be empty.
        find: finds the faces in them, for networks whose input is a face; None where the images are aligned faces.
        declared: fields that the user declares, e.g. {"color": "rgb"}.
    """

    forward: Forward
    images: Sequence[Image]
    find: FindFaces | None = None
    declared: Mapping[str, str] = field(default_factory=dict)


class Undeclared(Protocol):
    """How a task reads a file that declares nothing."""

    def readings(self, file: NetworkFile) -> Sequence[Any]:
        """The contracts that the outputs' shapes allow, with documented preprocessing; empty if none fits."""
        ...

    def settle(self, file: NetworkFile, readings: Sequence[Any], evidence: Evidence) -> Settled:
        """The reading that the images bear out, with a verdict on each field."""
        ...

    def check(self, file: NetworkFile, contract: Any, evidence: Evidence) -> Settled:
        """A declared contract with what the images say about each field.

        Raises:
            ContractError: the images contradict it.
        """
        ...


@cache
def undeclared() -> dict[str, Undeclared]:
    """The tasks that can read such files, by name."""
    found: dict[str, Undeclared] = {}
    for each in pkgutil.iter_modules(folder.__path__):
        name = f"{folder.__name__}.{each.name}.undeclared"
        if each.ispkg and importlib.util.find_spec(name) is not None:
            found[each.name] = importlib.import_module(name).UNDECLARED
    return dict(sorted(found.items()))
