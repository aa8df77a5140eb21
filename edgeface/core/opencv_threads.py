"""One thread for OpenCV, where images are many: its threads wait by spinning, which costs more than they save."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import cv2

from edgeface.core.shared_hold import Release, SharedHold


def _one_thread() -> Release:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    return partial(cv2.setNumThreads, before)


_ONE_THREAD = SharedHold(_one_thread)


@contextmanager
def one_opencv_thread() -> Iterator[None]:
    """OpenCV by one thread inside the block, in the whole process; afterwards by as many as before.

    Blocks may nest, and overlap in several threads: the last one to end gives the threads back.
    """
    with _ONE_THREAD.held():
        yield
