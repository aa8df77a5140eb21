from __future__ import annotations

import os
import resource
import signal
import socket
import stat
from pathlib import Path

import pytest

from edgeface.core.writing import fill_file, make_folders, write_file, write_new_files
from edgeface.errors import WriteError


@pytest.fixture
def small_files():
    """Files may grow to 4096 bytes, as on a disk that is nearly full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("content", [b"abc", "abc", lambda stream: stream.write(b"abc")])
def test_content_is_bytes_text_or_a_function(tmp_path, content):
    write_file(tmp_path / "a", content)
    fill_file(tmp_path / "b", content)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == b"abc"
    assert names(tmp_path) == ["a", "b"]


def test_permissions_are_those_of_any_new_file(tmp_path):
    mask = os.umask(0o027)
    try:
        write_file(tmp_path / "a", b"")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_full_disk_leaves_what_was_there(tmp_path, small_files):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(WriteError, match="cannot write the image: File too large") as caught:
        write_file(tmp_path / "a", bytes(10_000), "the image")
    assert caught.value.where == str(tmp_path / "a")
    assert caught.value.fix is not None
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_device_that_is_full_says_so():
    with pytest.raises(WriteError, match="No space left on device") as caught:
        fill_file(Path("/dev/full"), b"abc")
    assert "free some space" in str(caught.value.fix)


def test_an_error_inside_the_function_leaves_nothing(tmp_path):
    def fail(stream):
        stream.write(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_file(tmp_path / "a", fail)
    assert names(tmp_path) == []


def make_pipe(path):
    os.mkfifo(path)


def make_link(path):
    (path.parent / "target").write_text("kept")
    path.symlink_to(path.parent / "target")


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (make_pipe, "a pipe"),
        (make_link, "a symbolic link"),
        (lambda path: path.symlink_to("/nowhere/at/all"), "a symbolic link"),
        (lambda path: path.mkdir(), "a folder"),
        (make_socket, "a device or a socket"),
    ],
)
def test_only_a_regular_file_is_replaced(tmp_path, make, kind):
    make(tmp_path / "a")
    before = (tmp_path / "a").lstat()
    with pytest.raises(WriteError, match=f"this is {kind}"):
        write_file(tmp_path / "a", b"new")
    assert (tmp_path / "a").lstat().st_mode == before.st_mode
    assert not (tmp_path / "target").exists() or (tmp_path / "target").read_text() == "kept"


def test_devices_are_not_replaced():
    with pytest.raises(WriteError, match="a device"):
        write_file(Path("/dev/null"), b"new")


@pytest.mark.parametrize("name", ["missing/a", "file/a", "x" * 300, "nul\0", "\ud800"])
def test_an_impossible_path_is_an_error_that_names_it(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="cannot write the key") as caught:
        write_file(tmp_path / name, b"", "the key")
    assert caught.value.where == str(tmp_path / name)
    with pytest.raises(WriteError, match="cannot write the key"):
        write_new_files([(tmp_path / name, b"", 0o600)], "the key")
    if not name.startswith("missing"):
        with pytest.raises(WriteError, match="cannot write"):
            make_folders(tmp_path / name)


def test_new_files_are_written_all_or_none(tmp_path):
    (tmp_path / "b").write_text("kept")
    with pytest.raises(WriteError, match="it exists"):
        write_new_files([(tmp_path / "a", b"1", 0o600), (tmp_path / "b", b"2", 0o644)], "the keys")
    assert names(tmp_path) == ["b"]
    write_new_files([(tmp_path / "c", b"1", 0o600), (tmp_path / "d", b"2", 0o644)], "the keys")
    assert stat.S_IMODE((tmp_path / "c").stat().st_mode) == 0o600


def test_no_new_file_is_written_when_the_second_does_not_fit(tmp_path, small_files):
    with pytest.raises(WriteError, match="File too large"):
        write_new_files([(tmp_path / "a", b"1", 0o600), (tmp_path / "b", bytes(10_000), 0o644)], "the keys")
    assert names(tmp_path) == []
