from __future__ import annotations

import threading

import cv2
import pytest

from edgeface.core.opencv_threads import one_opencv_thread


@pytest.fixture(autouse=True)
def some_threads():
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    yield
    cv2.setNumThreads(before)


def test_opencv_has_one_thread_inside_and_its_own_number_afterwards():
    with one_opencv_thread():
        assert cv2.getNumThreads() == 1
        with one_opencv_thread():
            assert cv2.getNumThreads() == 1
        assert cv2.getNumThreads() == 1
    assert cv2.getNumThreads() == 3


def test_the_last_of_overlapping_blocks_gives_the_threads_back():
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with one_opencv_thread():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with one_opencv_thread():
        thread.start()
        assert entered.wait(10)
    assert cv2.getNumThreads() == 1
    leave.set()
    thread.join()
    assert cv2.getNumThreads() == 3
