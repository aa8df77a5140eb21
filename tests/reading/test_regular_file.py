import hashlib
import os
import socket
import time
from pathlib import Path

import pytest

from edgeface.errors import CheckpointError, InputError
from edgeface.reading import kinds
from edgeface.reading.regular_file import Kind, check_file, digest_file, map_file, open_file, read_chunks, read_file

SMALL = Kind("note", 10, "write a note", "write a shorter one")
READERS = (
    lambda path, kind: open_file(path, kind).close(),
    check_file,
    read_file,
    digest_file,
    map_file,
    lambda path, kind: list(read_chunks(path, kind)),
)


@pytest.fixture
def special(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "socket"))
    yield tmp_path
    listening.close()


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("pipe", "it is a pipe, not a file"),
        ("link", "it is a pipe, not a file"),
        ("socket", "it is a socket, not a file"),
        ("/dev/zero", "it is a device, not a file"),
        ("/dev/tty", "it is a device, not a file"),
        (".", "it is a folder, not a file"),
        ("loop", "cannot read the note"),
        ("absent", "there is no such file"),
        ("nul\0", "cannot read the note"),
        ("half\ud800", "cannot read the note"),
        ("n" * 300, "cannot read the note: file name too long"),
    ],
)
def test_only_regular_files_are_read_and_nothing_waits(special, read, name, says):
    start = time.monotonic()
    with pytest.raises(InputError, match=says) as caught:
        read(special / name, SMALL)
    assert time.monotonic() - start < 2
    assert caught.value.where == str(special / name)
    assert caught.value.fix == "write a note"


@pytest.mark.parametrize("read", READERS)
def test_a_file_over_its_kinds_limit_is_refused(tmp_path, read):
    path = tmp_path / "note"
    path.write_bytes(bytes(10))
    read(path, SMALL)
    path.write_bytes(bytes(11))
    with pytest.raises(InputError, match="too large, over 10 bytes") as caught:
        read(path, SMALL)
    assert caught.value.fix == "write a shorter one"


def test_the_size_that_a_file_says_is_not_believed():
    """Files of the system say 0 bytes, whatever they hold."""
    path = Path("/proc/self/status")
    assert path.stat().st_size == 0
    assert read_file(path, Kind("status", 1 << 16)).startswith(b"Name:")
    with pytest.raises(InputError, match="too large"):
        read_file(path, SMALL)


def test_a_digest_is_that_of_the_content(tmp_path):
    content = os.urandom(3_000_001)
    (tmp_path / "file").write_bytes(content)
    assert digest_file(tmp_path / "file", kinds.MODEL) == hashlib.sha256(content).hexdigest()
    assert b"".join(read_chunks(tmp_path / "file", kinds.MODEL, 1000)) == content
    assert bytes(map_file(tmp_path / "file", kinds.MODEL)) == content


def test_a_kind_names_the_class_of_its_errors(tmp_path):
    with pytest.raises(CheckpointError):
        read_file(tmp_path, kinds.CHECKPOINT)


def test_every_kind_has_a_limit_and_a_fix():
    found = [kind for kind in vars(kinds).values() if isinstance(kind, Kind)]
    assert len(found) > 15
    assert all(kind.max_bytes > 0 and (kind.fix or kind is kinds.SYSTEM) for kind in found)
