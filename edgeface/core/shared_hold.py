"""A setting of the whole process that is held while any block needs it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Release = Callable[[], None]


class SharedHold:
    """Holds a setting from the first block that begins to the last that ends; blocks may nest, and overlap in threads.

    Args:
        hold: makes the setting, and returns what undoes it.
    """

    def __init__(self, hold: Callable[[], Release]) -> None:
        self._hold = hold
        self._lock = threading.Lock()
        self._users = 0
        self._release: Release | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it inside the block."""
        with self._lock:
            if self._release is None:
                self._release = self._hold()
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0 and self._release is not None:
                    self._release()
                    self._release = None
