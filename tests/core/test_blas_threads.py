from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from edgeface.core.blas_threads import blas_threads, one_blas_thread

INVERSE = """
import hashlib
import numpy as np
from edgeface.core.blas_threads import blas_threads, one_blas_thread

def digest():
    p = np.random.default_rng(0).normal(size=(600, 700))
    return hashlib.sha256(np.linalg.inv(p @ p.T).tobytes()).hexdigest()

free, (count,) = digest(), blas_threads()
with one_blas_thread():
    print(count, blas_threads(), free, digest())
assert blas_threads() == (count,)
"""


def inverse(threads):
    environment = {**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
    command = [sys.executable, "-c", INVERSE]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    count, inside, free, held = said.split()
    assert inside == "(1,)"
    return int(count), free, held


def test_an_inverse_has_the_same_bits_for_any_number_of_threads():
    (one, free, held), (several, other, other_held) = inverse("1"), inverse("2")
    assert one == 1
    assert free == held == other_held
    if several > 1:
        assert other != held, "two threads add as one does here: the block is not needed"


def test_blocks_nest_and_overlap():
    before = blas_threads()
    inside, leave = threading.Event(), threading.Event()

    def other():
        with one_blas_thread():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with one_blas_thread(), one_blas_thread():
        thread.start()
        inside.wait(10)
    assert set(blas_threads()) == {1}, "the other thread's block is still open"
    leave.set()
    thread.join()
    assert blas_threads() == before


def test_threads_come_back_after_an_error():
    before = blas_threads()
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        raise ZeroDivisionError
    assert blas_threads() == before
