"""A forged bundle says of itself that it is verified; what checks it from outside does not."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from edgeface.bundle.archive import open_archive, write_archive
from edgeface.bundle.check import verify_bundle
from edgeface.bundle.face_runner.integrity import SIGNATURE, SUMS, sums_of
from edgeface.bundle.keys import read_secret_key, sign, write_key_pair
from edgeface.bundle.pack import write_bundle

FORGED = b"#!/bin/sh\necho verified\n"
CHECK = "systemd/face-check"
USED = ("cat", "cut", "dirname", "find", "head", "sha256sum", "sh", "sort")
"""The system's programs that the check runs, besides those that check signatures."""


@pytest.fixture
def minisign():
    found = shutil.which("minisign")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs minisign")
        pytest.skip("there is no minisign: apt-get install minisign")
    return found


@pytest.fixture
def board(tmp_path, unpacked, minisign):
    """Run the check as it is installed on a board: (key, *programs that check signatures) → completed."""
    installed = Board(tmp_path / "board", unpacked)
    installed.offer("minisign", minisign)
    return installed


class Board:
    """A board with an unpacked bundle, the check outside it, and only the programs that are offered."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder
        self.programs = root / "bin"
        self.script = root / "sbin" / "face-check"
        for made in (self.programs, self.script.parent):
            made.mkdir(parents=True)
        for name in USED:
            self.offer(name, shutil.which(name))
        text = (folder / CHECK).read_text()
        found = "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin\n"
        assert found in text
        self.script.write_text(text.replace(found, f"PATH={self.programs}\n"))

    def offer(self, name: str, program: str) -> None:
        (self.programs / name).symlink_to(program)

    def withdraw(self, name: str) -> None:
        (self.programs / name).unlink()

    def check(self, key: Path) -> subprocess.CompletedProcess[str]:
        command = ["/bin/sh", str(self.script), str(self.folder), str(key)]
        return subprocess.run(command, capture_output=True, text=True, check=False, env={})


def forge(folder):
    """Another `./verify`, and all hashes made right again, as whoever can write to the folder may do."""
    (folder / "verify").write_bytes(FORGED)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (folder / SUMS).write_bytes(sums_of(files))


def test_a_forged_runner_says_verified_and_the_check_from_outside_refuses_it(board, unpacked, key_pair, minisign):
    assert board.check(key_pair[1]).returncode == 0
    forge(unpacked)
    inside = subprocess.run([unpacked / "verify", "--key", key_pair[1]], capture_output=True, text=True, check=False)
    assert (inside.returncode, inside.stdout) == (0, "verified\n")
    outside = board.check(key_pair[1])
    assert outside.returncode == 1
    assert "the signature" in outside.stderr
    assert not verify_bundle(unpacked, key_pair[1], golden=False).passed
    command = [minisign, "-Vm", SUMS, "-p", key_pair[1]]
    assert subprocess.run(command, cwd=unpacked, capture_output=True, check=False).returncode != 0


def remove_the_signature(folder, tmp_path):
    forge(folder)
    (folder / SIGNATURE).unlink()


def sign_it_by_another_key(folder, tmp_path):
    write_key_pair(tmp_path / "other.key")
    forge(folder)
    (folder / SIGNATURE).write_bytes(sign((folder / SUMS).read_bytes(), read_secret_key(tmp_path / "other.key"), "x"))


def change_a_file(folder, tmp_path):
    path = folder / "models" / "detector.tflite"
    path.write_bytes(path.read_bytes() + b"\0")


def add_a_module(folder, tmp_path):
    (folder / "numpy.py").write_bytes(b"")


def add_a_module_with_a_line_break_in_its_name(folder, tmp_path):
    (folder / "face\nverify").write_bytes(b"")


def exchange_a_file_for_a_link(folder, tmp_path):
    (folder / "verify").rename(tmp_path / "elsewhere")
    (folder / "verify").symlink_to(tmp_path / "elsewhere")


def remove_a_file(folder, tmp_path):
    (folder / "face_runner" / "warp.py").unlink()


def add_a_link(folder, tmp_path):
    (folder / "numpy").symlink_to(tmp_path)


FORGERIES = [remove_the_signature, sign_it_by_another_key, change_a_file, add_a_module, remove_a_file, add_a_link]
FORGERIES += [exchange_a_file_for_a_link, add_a_module_with_a_line_break_in_its_name]


@pytest.mark.parametrize("forgery", FORGERIES)
def test_the_check_from_outside_refuses_every_other_bundle(board, unpacked, key_pair, tmp_path, forgery):
    forgery(unpacked, tmp_path)
    ended = board.check(key_pair[1])
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("face-check: ")
    assert ended.stdout == ""


def test_edgeface_checks_where_there_is_no_minisign(board, unpacked, key_pair, tmp_path):
    board.withdraw("minisign")
    program = tmp_path / "edgeface"
    root = Path(__file__).resolve().parents[2]
    program.write_text(f'#!/bin/sh\nPYTHONPATH={root} exec {sys.executable} -m edgeface "$@"\n')
    program.chmod(0o755)
    board.offer("edgeface", str(program))
    accepted = board.check(key_pair[1])
    assert (accepted.returncode, accepted.stdout) == (0, f"face-check: {unpacked} is as it was packed\n")
    forge(unpacked)
    assert board.check(key_pair[1]).returncode == 1


def test_without_a_tool_nothing_starts_and_the_error_says_what_to_install(board, key_pair):
    board.withdraw("minisign")
    ended = board.check(key_pair[1])
    assert ended.returncode == 1
    assert "apt install minisign" in ended.stderr


def test_a_signed_bundle_without_the_key_does_not_start(board, tmp_path):
    ended = board.check(tmp_path / "missing.pub")
    assert ended.returncode == 1
    assert "get the maker's public key from elsewhere" in ended.stderr


def test_an_unsigned_bundle_is_checked_for_damage_and_the_log_says_that_nobody_signed_it(board, unpacked, tmp_path):
    (unpacked / SIGNATURE).unlink()
    ended = board.check(tmp_path / "missing.pub")
    assert ended.returncode == 0
    assert "nobody signed" in ended.stderr
    change_a_file(unpacked, tmp_path)
    assert board.check(tmp_path / "missing.pub").returncode == 1


def test_the_bundles_own_copy_of_the_check_refuses_to_vouch(unpacked, key_pair):
    command = ["/bin/sh", str(unpacked / CHECK), str(unpacked), str(key_pair[1])]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "install it elsewhere" in ended.stderr


def test_a_folder_without_a_bundle_is_refused(board, tmp_path, key_pair):
    board.folder = tmp_path
    assert "holds no bundle" in board.check(key_pair[1]).stderr


def test_minisign_checks_the_whole_archive_by_the_signature_beside_it(archive, key_pair, minisign, tmp_path):
    out = tmp_path / "made" / "face.tar.gz"
    assert write_bundle(archive, out, key_pair[0]) == out.with_name("face.tar.gz.minisig")
    command = [minisign, "-Vm", out.name, "-p", key_pair[1]]
    assert subprocess.run(command, cwd=out.parent, capture_output=True, check=False).returncode == 0
    files = dict(open_archive(archive, "x")[0])
    files["verify"] = FORGED
    files[SUMS] = sums_of(files)
    out.write_bytes(write_archive(files))
    assert subprocess.run(command, cwd=out.parent, capture_output=True, check=False).returncode != 0


def test_the_service_starts_with_the_check_from_outside(files, unpacked):
    unit = files["systemd/face.service"].decode()
    commands = [line for line in unit.splitlines() if line.startswith("ExecStart")]
    assert commands[0] == "ExecStartPre=/usr/local/sbin/face-check /opt/face /etc/face/maker.pub"
    assert all("/opt/face/" not in line for line in commands if line.startswith("ExecStartPre="))
    assert (unpacked / CHECK).stat().st_mode & stat.S_IXUSR
    with tarfile.open(unpacked.parent / "face.tar.gz") as packed:
        assert packed.getmember(f"face/{CHECK}").mode == 0o755


def test_the_bundle_says_of_its_own_check_what_it_is_worth(on_board, unpacked, key_pair):
    ended = on_board(unpacked, "verify", "--no-golden", "--key", key_pair[1])
    assert ended.stdout.splitlines()[-1] == "verified"
    assert "cannot vouch for the bundle" in ended.stderr
    text = (unpacked / "README.md").read_text()
    assert text.index("minisign -Vm face.tar.gz") < text.index("./verify --no-golden")
