"""The parent's end of a worker process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from functools import cached_property
from types import TracebackType
from typing import Any

from edgeface.errors import RuntimeFailure

_END_S = 5.0


class Worker:
    """A worker process that has one model loaded. Use it as a context manager.

    It loads the model while others start: `notes` waits until it is ready.

    Args:
        label: its name in errors.
        request: what to load, as `edgeface.bench.worker` reads it.

    Attributes:
        memory_bytes: what the process grew by from opening the model to its last run; None if that is unknown.
    """

    def __init__(self, label: str, request: dict[str, Any]) -> None:
        self.label = label
        self._turn = threading.Lock()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "edgeface.bench.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C reaches the parent alone, which then ends its workers
        )
        self._send({"load": request})
        self.memory_bytes: int | None = None

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """The runtime's notes on how it runs the model, once the model is loaded.

        Raises:
            RuntimeFailure: the model cannot be loaded, or the process died.
        """
        return tuple(self._answer().get("notes", ()))

    def run(self, iterations: int, of: str | None = None) -> list[float]:
        """Latencies of a number of runs, in milliseconds; `of` names a peak, where the process has several.

        Threads take turns.

        Raises:
            RuntimeFailure: the model failed, or the process died.
        """
        with self._turn:
            self.notes  # noqa: B018  # the answer to loading comes first
            self._send({"run": iterations} | ({} if of is None else {"of": of}))
            answer = self._answer()
        self.memory_bytes = answer.get("memory_bytes")
        return [float(value) for value in answer["ms"]]

    def finish(self) -> None:
        """Close the process's input, so that it ends by itself."""
        with suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()

    def close(self) -> None:
        """Wait for the process to end."""
        self.finish()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()

    def __enter__(self) -> Worker:
        """The worker itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process, at once if something went wrong."""
        if kind is not None:
            self._process.kill()
        self.close()

    def _send(self, request: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # the empty answer says why
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            raise RuntimeFailure(f"the process that timed it ended with code {code}: {self._tail()}", where=self.label)
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            error = answer["error"]
            raise RuntimeFailure(error["what"], where=error["where"] or self.label, fix=error["fix"])
        return answer

    def _tail(self) -> str:
        self._log.seek(0)
        lines = [line.strip() for line in self._log.read().decode("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1] if lines else "it printed nothing"
