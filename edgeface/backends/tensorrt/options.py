"""For which GPUs and batches engines are built."""

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
"""TensorRT-RTX makes plans several times as large for these: they get a file of their own."""
AHEAD = ("80", "86", "89", "120")
"""What is built for where there is no GPU and nothing is asked for."""


@dataclass(frozen=True)
class EngineOptions:
    """`compute_capabilities` as digits ("86"), empty for the GPU that is here, or else `AHEAD`.

    `allow_slower` lets an int8 engine pass that is slower than the fp16 one on the GPU that is here.
    """

    compute_capabilities: tuple[str, ...] = ()
    batch: BatchProfile = field(default_factory=BatchProfile)
    allow_slower: bool = False

    def __post_init__(self) -> None:
        """Check the largest batch: builders take any number and fail much later."""
        if self.batch.most > MAX_BATCH:
            raise InputError(f"a batch of {self.batch.most} is too large", fix=f"use at most {MAX_BATCH}")

    def check(self, where: str) -> None:
        """Refuse what cannot be built here, before anything is calibrated.

        Raises:
            InputError: there is no TensorRT, or it does not build for one of the capabilities.
        """
        library = load_library()
        for group in self.groups(library):
            buildable(library, group, where)

    def words(self) -> Iterator[str]:
        """The options as the command line spells them, but for those that have their defaults."""
        if self.compute_capabilities:
            yield from ("--compute-capability", ",".join(self.compute_capabilities))
        batch = self.batch
        if (batch.least, batch.best, batch.most) != (1, 1, 1):
            yield from ("--batch", f"{batch.least},{batch.best},{batch.most}")
        if self.allow_slower:
            yield "--allow-slower"

    def groups(self, library: Library) -> tuple[tuple[str, ...], ...]:
        """The capabilities of each engine file; an empty group is the GPU that is here."""
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
    """`"8.6,89"` as ("86", "89"); nothing asked for is ().

    Raises:
        InputError: an item is no compute capability.
    """
    if text is None:
        return ()
    items = [item.strip() for item in text.split(",")]
    for item in items:
        if not _CAPABILITY.fullmatch(item):
            raise InputError(
                f"{item!r} is no compute capability", where="--compute-capability", fix="name them as in 86,89,120"
            )
    return tuple(dict.fromkeys(item.replace(".", "") for item in items))


def parse_batch(text: str) -> BatchProfile:
    """`"1,8,64"` as the least, the best and the most batch; one number is all three.

    Raises:
        InputError: not one or three numbers, or not in order.
    """
    items = [item.strip() for item in text.split(",")]
    if len(items) not in {1, 3} or not all(_NUMBER.fullmatch(item) for item in items):
        raise InputError(f"{text!r} is no batch profile", where="--batch", fix="give least,best,most, e.g. 1,8,64")
    numbers = [int(item) for item in items] * (3 if len(items) == 1 else 1)
    return BatchProfile(*numbers)
