"""Concurrent runs of any number of candidates on the same images, with the reference run once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

from edgeface.core.prefetch import prefetch
from edgeface.graph.types import Array
from edgeface.tasks.task import View
from edgeface.validate.reference import Network

Outputs: TypeAlias = Mapping[str, Array]


@dataclass(frozen=True)
class SideBySide:
    """A view with the outputs of the reference and of every candidate, in the candidates' order."""

    view: View
    wanted: Outputs
    got: tuple[Outputs, ...]


def referenced(reference: Network, name: str, views: Iterable[View]) -> Iterator[tuple[View, Outputs]]:
    """Each view with the reference's outputs; `name` is the name of the network's input."""
    for view in views:
        yield view, reference({name: view.tensor})


def side_by_side(
    shown: Iterable[tuple[View, Outputs]], candidates: Sequence[Network], name: str, workers: int | None = None
) -> Iterator[SideBySide]:
    """Every image in order, with the outputs of all networks.

    While the caller handles an image, the candidates already run on the next one, and `shown` is read one further
    ahead: at most three images are in memory. A candidate never runs twice at the same time.

    Args:
        shown: views and the reference's outputs, as of `referenced`.
        candidates: float32 NCHW images in, named outputs out.
        name: of the networks' input.
        workers: candidates that run at the same time; by default as many as there are cores.
    """
    count = min(len(candidates), workers or len(os.sched_getaffinity(0)))
    with ThreadPoolExecutor(max(1, count)) as pool:
        last: tuple[View, Outputs, list[Future[Outputs]]] | None = None
        for view, wanted in prefetch(shown):
            got = () if last is None else tuple(run.result() for run in last[2])
            running = [pool.submit(candidate, {name: view.tensor}) for candidate in candidates]
            if last is not None:
                yield SideBySide(last[0], last[1], got)
            last = (view, wanted, running)
        if last is not None:
            yield SideBySide(last[0], last[1], tuple(run.result() for run in last[2]))
