"""A log that collects TensorRT's messages instead of printing them."""

from __future__ import annotations

import functools
from typing import Any


@functools.cache
def build_log_class(module: Any) -> type:
    """A logger class for a TensorRT module; its base class exists only once the module is loaded."""

    class BuildLog(module.ILogger):  # type: ignore[misc]
        """Collects all messages with their severities."""

        def __init__(self) -> None:
            module.ILogger.__init__(self)
            self.records: list[tuple[Any, str]] = []

        def log(self, severity: Any, message: str) -> None:
            """Called by the library from any thread; an exception here would end the process."""
            self.records.append((severity, message))

        def messages(self) -> list[str]:
            """All messages, in order."""
            return [message for _, message in self.records]

        def errors(self) -> tuple[str, ...]:
            """The errors, each once, without those that only report a missing CUDA driver."""
            wanted = (module.ILogger.Severity.ERROR, module.ILogger.Severity.INTERNAL_ERROR)
            return self._said(wanted)

        def warnings(self) -> tuple[str, ...]:
            """The warnings, each once."""
            return self._said((module.ILogger.Severity.WARNING,))

        def _said(self, severities: tuple[Any, ...]) -> tuple[str, ...]:
            said = (without_driver_noise(text) for severity, text in self.records if severity in severities)
            return tuple(dict.fromkeys(text for text in said if text))

    return BuildLog


def without_driver_noise(text: str) -> str:
    """A message without the note about a missing CUDA driver that TensorRT-RTX adds to every error there."""
    return " ".join(text.partition("[checkMacros")[0].split())
