"""Options of engines: GPUs and batches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from edgeface.backends.tensorrt.build import buildable
from edgeface.backends.tensorrt.cuda.driver import look_for_gpus
from edgeface.backends.tensorrt.library import Library, load_library
from edgeface.backends.tensorrt.request import BatchProfile
from edgeface.errors import InputError

MAX_BATCH = 4096
_CAPABILITY = re.compile(r"\d{1,2}\.?\d", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
APART = ("75",)
"""TensorRT-RTX makes several times larger plans for these, so they get a separate file."""
AHEAD = ("80", "86", "89", "120")
"""The default without a GPU."""


@dataclass(frozen=True)
class EngineOptions:
    """Engine options: `compute_capabilities` as digits ("86"), empty for the local GPU or, without one, `AHEAD`.

    `allow_slower` accepts an int8 engine that is slower than the fp16 one on the local GPU.
    """

    compute_capabilities: tuple[str, ...] = ()
    batch: BatchProfile = field(default_factory=BatchProfile)
    allow_slower: bool = False

    def __post_init__(self) -> None:
        """Check the maximum batch: builders accept any number and fail much later."""
        if self.batch.most > MAX_BATCH:
            raise InputError(f"a batch of {self.batch.most} is too large", fix=f"use at most {MAX_BATCH}")

    def check(self, where: str) -> None:
        """Reject what cannot be built here, before calibration.

        Raises:
            InputError: there is no TensorRT, or it cannot build for one of the capabilities.
        """
        library = load_library()
        for group in self.groups(library):
            buildable(library, group, where)

    def words(self) -> Iterator[str]:
        """The options as command-line arguments, without defaults."""
        if self.compute_capabilities:
            yield from ("--compute-capability", ",".join(self.compute_capabilities))
        batch = self.batch
        if (batch.least, batch.best, batch.most) != (1, 1, 1):
            yield from ("--batch", f"{batch.least},{batch.best},{batch.most}")
        if self.allow_slower:
            yield "--allow-slower"

    def groups(self, library: Library) -> tuple[tuple[str, ...], ...]:
        """The capabilities of each engine file; an empty group means the local GPU."""
        wanted = self.compute_capabilities
        if not wanted:
            if look_for_gpus().gpus or not library.ahead_of_time:
                return ((),)
            offered = library.compute_capabilities
            wanted = tuple(digits for digits in AHEAD if digits in offered) or offered
        together = tuple(sorted({digits for digits in wanted if digits not in APART}, key=int))
        apart = tuple((digits,) for digits in APART if digits in wanted)
        return (*apart, *((together,) if together else ()))


def parse_capabilities(text: str | None) -> tuple[str, ...]:
    """The compute capabilities in a text: ("86", "89") for `"8.6,89"`, () for None.

    Raises:
        InputError: an item is not a compute capability.
    """
    if text is None:
        return ()
    items = [item.strip() for item in text.split(",")]
    for item in items:
        if not _CAPABILITY.fullmatch(item):
            raise InputError(
                f"{item!r} is not a compute capability", where="--compute-capability", fix="write them as in 86,89,120"
            )
    return tuple(dict.fromkeys(item.replace(".", "") for item in items))


def parse_batch(text: str) -> BatchProfile:
    """The batch profile in a text: `"1,8,64"` is minimum, optimum and maximum; one number is all three.

    Raises:
        InputError: there are not one or three numbers, or they are not in order.
    """
    items = [item.strip() for item in text.split(",")]
    if len(items) not in {1, 3} or not all(_NUMBER.fullmatch(item) for item in items):
        raise InputError(
            f"{text!r} is not a batch profile", where="--batch", fix="give minimum,optimum,maximum, e.g. 1,8,64"
        )
    numbers = [int(item) for item in items] * (3 if len(items) == 1 else 1)
    return BatchProfile(*numbers)
