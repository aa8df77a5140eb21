"""One thread for the linear algebra of numpy: how OpenBLAS and MKL add depends on their number of threads.

Measured: numpy's inverse of a matrix of 145×145 and more has other last bits with two threads than with one
(OpenBLAS 0.3.31), which changed 238 bytes of an int8 model. An environment variable is read when numpy loads, which a
program that imports edgeface may have done long before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy  # noqa: F401  (its library has to be loaded before it is held)
from threadpoolctl import threadpool_info, threadpool_limits

from edgeface.core.shared_hold import Release, SharedHold


def _one_thread() -> Release:
    release: Release = threadpool_limits(limits=1, user_api="blas").restore_original_limits
    return release


_ONE_THREAD = SharedHold(_one_thread)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Linear algebra by one thread inside the block, in the whole process; afterwards by as many as before.

    Blocks may nest, and overlap in several threads: the last one to end gives the threads back.
    """
    with _ONE_THREAD.held():
        yield


def blas_threads() -> tuple[int, ...]:
    """The number of threads of each library for linear algebra that this process has loaded."""
    return tuple(found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas")
