"""What a worker does with what it is sent: it opens the task once, computes parts, and says what went wrong."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from edgeface.core.prefetch import share_processors
from edgeface.engine.cargo import Cargo
from edgeface.engine.dispatch import Answer
from edgeface.errors import RuntimeFailure


class Serving:
    """A worker's state: the opened task.

    Args:
        cargo: the task with its files, pickled.
    """

    def __init__(self, cargo: bytes) -> None:
        self._cargo = cargo
        self._compute: Callable[[Any], Any] | None = None
        self._files = ExitStack()

    def answer(self, number: int, part: Any) -> bytes:
        """The `Answer` for a part, pickled."""
        try:
            answer = Answer(number, self._opened()(part))
        except Exception as error:  # whatever it is, it is raised where the part was asked for
            answer = Answer(number, error=_portable(error), traceback="".join(traceback.format_exception(error)))
        return pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)

    def end(self) -> None:
        """Remove the task's files, where they were written."""
        self._compute = None
        self._files.close()

    def _opened(self) -> Callable[[Any], Any]:
        if self._compute is None:
            cargo: Cargo = pickle.loads(self._cargo)
            self._compute = self._files.enter_context(cargo.unpacked()).open()
            self._cargo = b""
        return self._compute


def prepare_process() -> None:
    """Make this process one that computes with one thread, beside others that do so too."""
    import cv2

    cv2.setNumThreads(1)
    share_processors(1)


def _portable(error: Exception) -> Exception:
    """The error, or one that says the same if it cannot be pickled and back."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # another library's error may fail at that in any way
        return RuntimeFailure(f"{type(error).__name__} in a worker: {error}")
    return error
