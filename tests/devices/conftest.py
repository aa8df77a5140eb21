"""Seeded artifacts that devices run, and a board behind a real sshd on this machine."""

from __future__ import annotations

import getpass
import os
import shlex
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from edgeface.devices.connect import SSH_CONFIG
from edgeface.devices.runner import Loading, open_here


@pytest.fixture(scope="session")
def built(seeded_artifact):
    """Artifacts of the seeded network at 64×96 by kind: "integer" (int8 in and out), "mixed" and "float"."""
    return {
        "integer": seeded_artifact("tflite-int8", io="int8", integer_only=True),
        "mixed": seeded_artifact("tflite-int8"),
        "float": seeded_artifact("tflite-fp32"),
    }


@pytest.fixture(scope="session")
def integer_model(built) -> Path:
    """A .tflite file that computes in integers alone."""
    return built["integer"].model_path


@pytest.fixture(scope="session")
def int8_feeds(integer_model):
    """Seeded noise for it."""
    (spec,) = open_here(integer_model, Loading()).inputs
    return {spec.name: np.random.default_rng(0).integers(-128, 128, spec.shape, np.int8)}


@dataclass(frozen=True)
class Board:
    """A machine behind sshd whose `python3` is the program in `python`, which a test may replace."""

    python: Path

    def answers_with(self, script: str) -> None:
        """Make the board run a shell script in place of Python."""
        self.python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        self.python.chmod(0o755)


@pytest.fixture(scope="module")
def sshd(tmp_path_factory, emulator):
    """An sshd of this user's on a free port of the loopback interface, where PATH begins with a folder of ours."""
    server = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if server is None or shutil.which("ssh") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs openssh-server and openssh-client")
        pytest.skip("there is no sshd")
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    shutil.copy(folder / "user.pub", folder / "authorized")
    (folder / "bin").mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _write_configurations(folder, port)
    if os.geteuid() == 0:  # an sshd that root starts wants its empty folder
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([server, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=log)
        try:
            _wait_for(port, process)
            yield folder
        finally:
            process.terminate()
            process.wait()


@pytest.fixture
def board(sshd, emulator, monkeypatch) -> Board:
    """`ssh:board` is an emulated RK3399."""
    launch = emulator.launch("rk3399", emulator.python("rk3399"))
    variables = [f"{name}={value}" for name, value in launch.environment.items()]
    found = Board(sshd / "bin" / "python3")
    found.answers_with(f'exec env {shlex.join([*variables, *launch.command])} "$@"')
    monkeypatch.setenv(SSH_CONFIG, str(sshd / "ssh_config"))
    return found


def _write_configurations(folder: Path, port: int) -> None:
    lines = [f"Port {port}", "ListenAddress 127.0.0.1", f"HostKey {folder}/host", f"PidFile {folder}/pid"]
    lines += [f"AuthorizedKeysFile {folder}/authorized", "StrictModes no", "UsePAM no", "PasswordAuthentication no"]
    lines += ["PermitRootLogin yes", f"ForceCommand {folder}/enter"]
    (folder / "sshd_config").write_text("\n".join(lines) + "\n", encoding="utf-8")
    enter = folder / "enter"  # after the login shell's own scripts, which may set another PATH
    enter.write_text(
        f'#!/bin/sh\nPATH={folder}/bin:/usr/bin:/bin exec sh -c "$SSH_ORIGINAL_COMMAND"\n', encoding="utf-8"
    )
    enter.chmod(0o755)
    lines = ["Host board", "HostName 127.0.0.1", f"Port {port}", f"User {getpass.getuser()}"]
    lines += [f"IdentityFile {folder}/user", "IdentitiesOnly yes", "StrictHostKeyChecking accept-new"]
    lines += [f"UserKnownHostsFile {folder}/known"]
    (folder / "ssh_config").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if process.poll() is None and probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("sshd does not listen")
