"""What an engine computes: a task, and the fixed parts of its work."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol, TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")
Part_contra = TypeVar("Part_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)
Item = TypeVar("Item")


class Task(Protocol[Part_contra, Result_co]):
    """A computation on parts, as a frozen value that can be pickled: it may be opened in another process."""

    def open(self) -> Callable[[Part_contra], Result_co]:
        """The computation, with what it needs loaded; opened once in a process, for all the parts that it gets there.

        Raises:
            EdgefaceError: something that it needs cannot be used.
        """


class Engine(Protocol):
    """Where parts are computed."""

    @property
    def workers(self) -> int:
        """Processes that compute at the same time."""

    def run(self, task: Task[Part, Result], parts: Iterable[Part]) -> Generator[tuple[int, Result], None, None]:
        """The results of the parts, each with the part's number from 0 on, as they are completed.

        Few parts are in work at a time, and `parts` is read no further. A part whose worker is lost is computed again
        by another. Close the generator to end all work.

        Args:
            task: the computation.
            parts: values that can be pickled. Neither they nor their number may depend on the engine.

        Raises:
            EdgefaceError: that of a part, or of opening the task.
            RuntimeFailure: the workers that computed a part were lost time and again.
        """


def parts_of(items: Iterable[Item], size: int) -> Iterator[Sequence[Item]]:
    """Items in fixed parts of `size`, the last one perhaps shorter; read one part at a time."""
    source = iter(items)
    while part := tuple(islice(source, size)):
        yield part
