"""A session with an agent on a device, over the standard input and output of one process: QEMU, ssh or adb.

The device is not trusted: output before the agent's greeting is skipped up to a limit, every answer must contain this
session's nonce and number, arrays are limited to the requested size, every wait has a timeout, and text is shown
without control characters. No name or path sent by the device is ever used here.
"""

from __future__ import annotations

import json
import os
import secrets
import select
import subprocess
import threading
import time
from collections.abc import Mapping
from importlib import resources
from types import TracebackType
from typing import Any

from edgeface.devices.agent.wire import WireError, pack, read_frame
from edgeface.devices.emulator import Launch
from edgeface.errors import RuntimeFailure
from edgeface.graph.types import Array

MAX_BANNER_BYTES = 64 << 10
MAX_STDERR_BYTES = 16 << 10
START_TIMEOUT_S = 120.0
_CHUNK = 1 << 16
_PACKAGE = "edgeface.devices.agent"
_MODULES = ("wire", "machine", "models", "ncnn_model", "serve")

BOOTSTRAP = (
    "import sys,json,types\n"
    "given=json.loads(sys.stdin.buffer.readline())\n"
    "for name,source in given['modules']:\n"
    " made=sys.modules[name]=types.ModuleType(name)\n"
    " exec(compile(source,name,'exec'),made.__dict__)\n"
    "made.main(given['nonce'])\n"
)
"""The device's Python runs this with `-c`: it reads the agent's modules as source from its input."""


class Link:
    """An open session with an agent. Threads may share it: requests take turns.

    Args:
        launch: starts the device's Python with `-c BOOTSTRAP`.
        name: the device's name in errors.
        nonce: what marks answers, where a random one must not move the program's memory.

    Raises:
        RuntimeFailure: the process cannot be started, or no agent answers.
    """

    def __init__(self, launch: Launch, name: str, nonce: str | None = None) -> None:
        self.name = name
        self._turn = threading.RLock()
        self._nonce = nonce or secrets.token_hex(16)
        self._number = 0
        self._buffer = b""
        self._end = 0.0
        self._stderr = b""
        try:
            self._process = subprocess.Popen(
                launch.command,
                env=launch.environment,
                cwd=launch.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
            )
        except OSError as error:
            raise RuntimeFailure(f"cannot start {launch.command[0]}: {error.strerror}", where=name) from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        self._drain = threading.Thread(target=self._keep_stderr, daemon=True)
        self._drain.start()
        try:
            self._greet()
        except BaseException:
            self._process.kill()
            self.close()
            raise

    def ask(
        self,
        request: Mapping[str, Any],
        arrays: Mapping[str, Array] | None = None,
        max_bytes: int = 0,
        timeout_s: float = 600,
    ) -> tuple[dict[str, Any], dict[str, Array]]:
        """The answer to a request.

        Args:
            request: see `agent.serve`.
            arrays: sent with it.
            max_bytes: limit on all arrays of the answer together.
            timeout_s: limit for request and answer.

        Raises:
            RuntimeFailure: the agent refuses, has ended or is too slow, or the data is not an answer.
        """
        with self._turn:
            return self._ask(request, arrays, max_bytes, timeout_s)

    def _ask(
        self, request: Mapping[str, Any], arrays: Mapping[str, Array] | None, max_bytes: int, timeout_s: float
    ) -> tuple[dict[str, Any], dict[str, Array]]:
        self._end = time.monotonic() + timeout_s
        try:
            self._send(pack(request, arrays or {}))
            head, found = read_frame(self._read, max_bytes)
            if head.pop("nonce", None) != self._nonce or head.pop("number", None) != self._number:
                raise WireError("an answer to another request")
        except WireError as error:
            self._process.kill()
            self.close()
            raise RuntimeFailure(f"the device sent {error}", where=self.name, fix=_FIX_NOISE) from error
        except RuntimeFailure:
            self._process.kill()
            self.close()
            raise
        self._number += 1
        if "error" in head:
            raise RuntimeFailure(f"the device says: {printable(head['error'])}", where=self.name)
        return head, found

    def close(self) -> None:
        """End the session and the process, which frees its memory on the device."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._drain.join(timeout=5)
        if self._process.stderr is not None and not self._drain.is_alive():
            self._process.stderr.close()

    def __enter__(self) -> Link:
        """The session itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the session."""
        self.close()

    def _greet(self) -> None:
        """Send the agent, and skip the device's output before the agent's greeting."""
        self._end = time.monotonic() + START_TIMEOUT_S
        folder = resources.files(_PACKAGE)
        modules = [(f"{_PACKAGE}.{name}", (folder / f"{name}.py").read_text(encoding="utf-8")) for name in _MODULES]
        self._send(json.dumps({"nonce": self._nonce, "modules": modules}).encode() + b"\n")
        greeting = f"\n{self._nonce}\n".encode()
        while (at := self._buffer.find(greeting)) < 0:
            if len(self._buffer) > MAX_BANNER_BYTES:
                raise RuntimeFailure(
                    f"over {MAX_BANNER_BYTES >> 10} KiB came before the agent's greeting",
                    where=self.name,
                    fix=_FIX_NOISE,
                )
            self._buffer += self._receive()
        self._buffer = self._buffer[at + len(greeting) :]

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            _, ready, _ = select.select([], [self._in], [], self._left())
            if not ready:
                raise self._failure("it does not read its input")
            try:
                view = view[os.write(self._in, view[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._failure("it closed its input") from error

    def _read(self, size: int) -> bytes:
        if size <= len(self._buffer):
            data, self._buffer = self._buffer[:size], self._buffer[size:]
            return data
        parts, missing = [self._buffer], size - len(self._buffer)
        while missing > 0:
            parts.append(self._receive())
            missing -= len(parts[-1])
        whole = b"".join(parts)
        self._buffer = whole[size:]
        return whole[:size]

    def _receive(self) -> bytes:
        ready, _, _ = select.select([self._out], [], [], self._left())
        if not ready:
            raise self._failure("no answer in time")
        data = os.read(self._out, _CHUNK)
        if not data:
            raise self._failure("it ended")
        return data

    def _left(self) -> float:
        return max(self._end - time.monotonic(), 0.0)

    def _failure(self, what: str) -> RuntimeFailure:
        """The error for a failure, with the last line of the process's stderr."""
        if what != "no answer in time":
            self._drain.join(timeout=1)
        lines = [line for line in self._stderr.decode(errors="replace").splitlines() if line.strip()]
        words = f": {printable(lines[-1])}" if lines else ""
        return RuntimeFailure(f"the session with the device failed, {what}{words}", where=self.name)

    def _keep_stderr(self) -> None:
        """Read all of stderr, so that the process never blocks; keep the end of it."""
        assert self._process.stderr is not None
        file = self._process.stderr.fileno()
        while data := os.read(file, _CHUNK):
            self._stderr = (self._stderr + data)[-MAX_STDERR_BYTES:]


def printable(text: object, limit: int = 300) -> str:
    """A device's text without control characters, truncated."""
    kept = "".join(sign if sign.isprintable() else " " for sign in str(text)[: limit * 2])
    return " ".join(kept.split())[:limit]


_FIX_NOISE = "the device's login scripts or its shell must not print while the session runs"
