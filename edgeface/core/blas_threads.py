"""One thread for the linear algebra of numpy: how OpenBLAS and MKL add depends on their number of threads.

Measured: numpy's inverse of a matrix of 145×145 and more has other last bits with two threads than with one
(OpenBLAS 0.3.31), which changed 238 bytes of an int8 model. An environment variable is read when numpy loads, which a
program that imports edgeface may have done long before.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

Calls: TypeAlias = tuple[Callable[[], int], Callable[[int], object]]

_MAPS = Path("/proc/self/maps")
_NAMES = ("openblas", "mkl_rt", "blis")
_FUNCTIONS = (
    *(
        (f"{prefix}openblas_get_num_threads{suffix}", f"{prefix}openblas_set_num_threads{suffix}")
        for prefix in ("scipy_", "")
        for suffix in ("64_", "")
    ),
    ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads"),
    ("bli_thread_get_num_threads", "bli_thread_set_num_threads"),
)


class _Held:
    lock = threading.Lock()
    users = 0
    before: tuple[tuple[Callable[[int], object], int], ...] = ()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Linear algebra by one thread inside the block, in the whole process; afterwards by as many as before.

    Blocks may nest, and overlap in several threads. A library of another name keeps its threads.
    """
    with _Held.lock:
        if _Held.users == 0:
            _Held.before = tuple((change, read()) for read, change in _loaded())
            for change, _ in _Held.before:
                change(1)
        _Held.users += 1
    try:
        yield
    finally:
        with _Held.lock:
            _Held.users -= 1
            if _Held.users == 0:
                for change, count in _Held.before:
                    change(count)


def blas_threads() -> tuple[int, ...]:
    """The number of threads of each library for linear algebra that this process has loaded."""
    return tuple(read() for read, _ in _loaded())


def _loaded() -> list[Calls]:
    """Reads and sets the number of threads of each library that is loaded."""
    import numpy as np  # its library is loaded before it is looked for

    assert np is not None
    found = []
    for path in _libraries():
        with suppress(OSError):  # not there under this name any more
            library = ctypes.CDLL(path)
            names = next((pair for pair in _FUNCTIONS if all(hasattr(library, name) for name in pair)), None)
            if names is not None:
                found.append((getattr(library, names[0]), getattr(library, names[1])))
    return found


def _libraries() -> list[str]:
    """Files of libraries for linear algebra in this process's memory, in the order of their paths."""
    try:
        lines = _MAPS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:  # not Linux
        return []
    paths = {line.split(maxsplit=5)[5] for line in lines if ".so" in line and line.count(" ") > 4}
    return sorted(path for path in paths if any(name in path.rsplit("/", 1)[-1] for name in _NAMES))
