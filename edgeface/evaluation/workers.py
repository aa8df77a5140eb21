"""Parallel work on images in worker processes, each decoding ahead of its inference."""

from __future__ import annotations

import math
import os
import signal
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from pathlib import Path

from edgeface.core.prefetch import prefetch
from edgeface.errors import EdgefaceError, RuntimeFailure
from edgeface.evaluation.work import Compute, Rows, Work
from edgeface.images.files import read_image

CHUNK = 16
"""Images that a process takes at a time: few, so that little is lost if the run is interrupted."""

Item = tuple[Path, tuple[int, ...]]
"""An image, and the parts of the work to compute for it."""

Done = tuple[Item, dict[int, Rows]]


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def work_on(work: Work, items: Sequence[Item], jobs: int = 1) -> Generator[Done, None, None]:
    """The computed parts of each image, in any order; close the generator to end its processes.

    Args:
        work: the computation.
        items: the images.
        jobs: processes; with 1 all is done in this one. Each computes with one thread.

    Raises:
        EdgefaceError: an image or an artifact cannot be used.
        RuntimeFailure: a process died.
    """
    if jobs == 1 or len(items) < 2:
        yield from _each(work.open(), items)
        return
    size = min(CHUNK, math.ceil(len(items) / jobs))
    chunks = [items[start : start + size] for start in range(0, len(items), size)]
    # Spawned rather than forked: runtimes' threads do not survive a fork.
    pool = ProcessPoolExecutor(min(jobs, len(chunks)), get_context("spawn"), _prepare)
    try:
        with _interrupts_ignored():  # the workers inherit it: Ctrl-C reaches only this process, which then ends them
            futures = [pool.submit(_work_on_chunk, work, chunk) for chunk in chunks]
        for future in as_completed(futures):
            yield from future.result()
    except BrokenProcessPool as error:
        raise RuntimeFailure(
            "a process that evaluates ended unexpectedly",
            where=f"{jobs} processes",
            fix="if memory ran out use fewer with --jobs; --jobs 1 shows other causes",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _work_on_chunk(work: Work, items: Sequence[Item]) -> list[Done]:
    return list(_each(_opened(work), items))


class _Process:
    """State of a worker process: it gets one chunk after the other, always of the same work."""

    work: Work | None = None
    compute: Compute


def _opened(work: Work) -> Compute:
    if _Process.work != work:
        _Process.work, _Process.compute = work, work.open()
    return _Process.compute


def _each(compute: Compute, items: Sequence[Item]) -> Iterator[Done]:
    images = prefetch(read_image(path) for path, _ in items)
    for item, image in zip(items, images, strict=True):
        try:
            yield item, compute(image, item[1])
        except EdgefaceError as error:
            error.where = f"{item[0]}, {error.where}" if error.where else str(item[0])
            raise


def _prepare() -> None:
    import cv2

    cv2.setNumThreads(1)  # processes share the cores already
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process if the parent was killed, rather than wait for work forever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # only the main thread may handle signals
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
