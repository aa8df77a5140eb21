"""Service on a Unix socket: one JSON object per line in, one per line out.

A request is {"do": "detect" | "embed" | "compare", "images": [path, …]}; an answer is what `./face` prints, or
{"error": …}. Requests are answered one after the other, because cores are scarce.

For one more release a request may use the old key "pictures"; its answer uses the old keys too.
"""

from __future__ import annotations

import json
import socketserver
from pathlib import Path
from typing import Any

from edgeface.bundle.face_runner.answer import answer
from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.bundle.face_runner.pipeline import FaceRunner
from edgeface.errors import EdgefaceError

MAX_REQUEST_BYTES = 1 << 16
_IDLE_S = 30.0
_PERMISSIONS = 0o660


def serve(runner: FaceRunner, socket: Path) -> None:
    """Answer until the process is stopped.

    Raises:
        RunnerError: the socket cannot be created.
    """
    try:
        if socket.is_socket():  # left over by a run that was killed
            socket.unlink()
        server = FaceServer(str(socket), runner)
    except OSError as error:
        raise RunnerError(f"cannot listen: {error.strerror or error}", str(socket)) from error
    with server:
        socket.chmod(_PERMISSIONS)
        server.serve_forever()


class FaceServer(socketserver.UnixStreamServer):
    """The socket, and the runner that answers on it."""

    def __init__(self, address: str, runner: FaceRunner) -> None:
        self.runner = runner
        super().__init__(address, _Connection)


class _Connection(socketserver.StreamRequestHandler):
    timeout = _IDLE_S  # a silent client must not keep the others waiting

    def handle(self) -> None:
        assert isinstance(self.server, FaceServer)
        try:
            while line := self.rfile.readline(MAX_REQUEST_BYTES + 1):
                self.wfile.write(answer_line(self.server.runner, line))
                if len(line) > MAX_REQUEST_BYTES:
                    return
        except OSError:  # the client disconnected, or was silent for too long
            return


def answer_line(runner: FaceRunner, line: bytes) -> bytes:
    """The answer to one request, whatever it is, as a line."""
    try:
        request = json.loads(line) if len(line) <= MAX_REQUEST_BYTES else None
        if not isinstance(request, dict):
            raise _no_request()
        old = "images" not in request and "pictures" in request
        paths = request.get("pictures" if old else "images")
        if not isinstance(paths, list):
            raise _no_request()
        answered = answer(runner, str(request.get("do")), [Path(str(path)) for path in paths])
        answered = _with_old_keys(answered) if old else answered
    except (EdgefaceError, ValueError, RecursionError) as error:
        answered = {"error": str(error)}
    return json.dumps(answered).encode() + b"\n"


def _no_request() -> RunnerError:
    return RunnerError("not a request", fix='send {"do": "detect", "images": ["a.ppm"]} on one line')


def _with_old_keys(answered: dict[str, Any]) -> dict[str, Any]:
    """An answer with the keys from before "pictures" were called "images"."""
    if "images" not in answered:
        return answered
    return {
        "pictures": [{"picture" if key == "image" else key: each[key] for key in each} for each in answered["images"]]
    }
