"""What a worker does with what it is sent: it opens the task once, computes parts, and says what went wrong."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable
from typing import Any

from edgeface.engine.dispatch import Answer
from edgeface.errors import RuntimeFailure


class Serving:
    """A worker's state: the opened task.

    Args:
        task: the task, pickled.
    """

    def __init__(self, task: bytes) -> None:
        self._task = task
        self._compute: Callable[[Any], Any] | None = None

    def answer(self, number: int, part: Any) -> bytes:
        """The `Answer` for a part, pickled."""
        try:
            if self._compute is None:
                self._compute = pickle.loads(self._task).open()
            answer = Answer(number, self._compute(part))
        except Exception as error:  # whatever it is, it is raised where the part was asked for
            answer = Answer(number, error=_portable(error), traceback="".join(traceback.format_exception(error)))
        return pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)


def _portable(error: Exception) -> Exception:
    """The error, or one that says the same if it cannot be pickled and back."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # another library's error may fail at that in any way
        return RuntimeFailure(f"{type(error).__name__} in a worker: {error}")
    return error
