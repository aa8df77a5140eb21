"""One thread for OpenCV, where images are many: its threads wait by spinning, which costs more than they save."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2


class _Held:
    lock = threading.Lock()
    users = 0
    before = 0


@contextmanager
def one_opencv_thread() -> Iterator[None]:
    """OpenCV by one thread inside the block, in the whole process; afterwards by as many as before.

    Blocks may nest, and overlap in several threads: the last one to end gives the threads back.
    """
    with _Held.lock:
        if _Held.users == 0:
            _Held.before = cv2.getNumThreads()
            cv2.setNumThreads(1)
        _Held.users += 1
    try:
        yield
    finally:
        with _Held.lock:
            _Held.users -= 1
            if _Held.users == 0:
                cv2.setNumThreads(_Held.before)
