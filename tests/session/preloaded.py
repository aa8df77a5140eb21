"""edgeface as a command whose imports are done: one process has made them, and forks for each call.

A call is told by its client, a program called `edgeface` that starts in some milliseconds: its arguments, folder,
variables and open files go through a socket, and its exit code comes back.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IMPORTS = ("onnxruntime", "ai_edge_litert.interpreter", "cv2", "edgeface.cli.app", "edgeface.exporting.export")
CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as place:
    place.connect({place!r})
    told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(place, [len(told).to_bytes(8, "big")], [0, 1, 2])
    place.sendall(told)
    code = place.recv(1)
sys.exit(code[0] if code else 139)  # as a shell says that it crashed
"""


@contextmanager
def preloaded(folder: Path) -> Iterator[Path]:
    """Serve calls while the context lasts.

    Args:
        folder: an empty one, with a short path.

    Yields:
        The folder that holds the program `edgeface`.
    """
    place = str(folder / "s")
    client = folder / "edgeface"
    client.write_text(CLIENT.format(python=sys.executable, place=place), encoding="utf-8")
    client.chmod(0o755)
    server = subprocess.Popen([sys.executable, __file__, place], stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        yield folder
    finally:
        server.terminate()
        server.communicate()


def _serve(place: str) -> None:
    from edgeface.cli import _THREADS

    for name in _THREADS:
        os.environ.setdefault(name, "1")
    for name in IMPORTS:
        importlib.import_module(name)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(place)
        listening.listen()
        os.write(1, b"ready\n")
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            call, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                code = _answer(call)
                call.sendall(bytes([code]))
                os._exit(0)
            call.close()


def _answer(call: socket.socket) -> int:
    """Be the command that a client tells; return its exit code."""
    length, files, _, _ = socket.recv_fds(call, 8, 3)
    told = b""
    while len(told) < int.from_bytes(length, "big"):
        told += call.recv(1 << 20)
    arguments, folder, variables = json.loads(told)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv[1:] = arguments
    from edgeface.cli import main

    try:
        main(arguments)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # the process ends as it would by itself
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code & 255


if __name__ == "__main__":
    _serve(sys.argv[1])
