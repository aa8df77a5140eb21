import os
import stat
import subprocess
import sys

import pytest

from edgeface.core.staging import exchange, move_into_place, staging
from edgeface.core.temporary import temporary_folder
from edgeface.errors import InputError, WriteError


def test_what_is_moved_stays_and_the_temporary_folder_goes(tmp_path):
    out = tmp_path / "a" / "b"
    with staging(out) as folder:
        (folder / "x").mkdir()
        (folder / "x" / "file").write_text("new")
        move_into_place([(folder / "x", out / "x")])
    assert sorted(path.name for path in out.rglob("*")) == ["file", "x"]
    assert stat.S_IMODE((out / "x").stat().st_mode) == 0o755


def test_folders_made_for_a_failure_are_removed_again(tmp_path):
    def fail():
        with staging(tmp_path / "a" / "b") as folder:
            (folder / "x").mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_what_was_there(tmp_path):
    (tmp_path / "mine").write_text("kept")

    def fail():
        with staging(tmp_path):
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_existing_empty_folder_is_not_removed(tmp_path):
    with staging(tmp_path):
        pass
    assert tmp_path.is_dir()


def test_an_existing_folder_is_replaced_completely(tmp_path):
    old = tmp_path / "x"
    old.mkdir()
    (old / "stale").write_text("old")
    with staging(tmp_path) as folder:
        (folder / "x").mkdir()
        (folder / "x" / "file").write_text("new")
        move_into_place([(folder / "x", old)])
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "x"]


@pytest.fixture(params=["exchange", "two steps"])
def way(request, monkeypatch):
    """Both ways to replace a folder: the system's exchange, and the two steps where it has none."""
    if request.param == "two steps":
        monkeypatch.setattr("edgeface.core.staging._renameat2", lambda: None)
    elif not exchange_works():
        pytest.skip("this system does not exchange paths")


def exchange_works():
    with temporary_folder() as folder:
        for name in "ab":
            (folder / name).mkdir()
        return exchange(folder / "a", folder / "b")


def test_a_replaced_folder_stays_in_the_staging_folder_until_the_end(tmp_path, way):
    for name in ("staged", "x"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    move_into_place([(tmp_path / "staged", tmp_path / "x")])
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["staged"]
    assert [path.name for path in (tmp_path / "staged").iterdir()] == ["x"]
    assert len(list(tmp_path.iterdir())) == 2


def test_several_folders_are_moved_all_or_none(tmp_path, way):
    staged = [tmp_path / name for name in ("staged-a", "staged-b", "staged-c")]
    for folder in staged:
        folder.mkdir()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "mine").write_text("kept")
    with pytest.raises(WriteError, match="cannot write the artifact"):
        move_into_place(
            [(staged[0], tmp_path / "a"), (staged[1], tmp_path / "b"), (staged[2], tmp_path / "missing" / "c")]
        )
    assert (tmp_path / "a" / "mine").read_text() == "kept"
    assert not (tmp_path / "b").exists()
    assert all(folder.is_dir() for folder in staged)


KILLED = """
import os, sys
from pathlib import Path
from edgeface.core import staging
out = Path(sys.argv[1])
staging._renameat2 = lambda: None
renames = 0

def end(event, arguments):
    global renames
    renames += event == "os.rename"
    if event == "os.rename" and renames == int(sys.argv[2]):
        os.kill(os.getpid(), 9)

sys.addaudithook(end)
with staging.staging(out) as folder:
    (folder / "x").mkdir()
    (folder / "x" / "new").touch()
    staging.move_into_place([(folder / "x", out / "x")])
"""


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_replacement_that_was_killed_leaves_the_old_or_the_new(tmp_path, at):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "old").touch()
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(at)], check=False)
    assert done.returncode == -9
    assert list(tmp_path.glob(".edgeface-*")), "nothing was left over: this shows nothing"
    with staging(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["new" if at == 3 else "old"]


def test_below_a_file_nothing_can_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write") as caught, staging(tmp_path / "file" / "out"):
        pass
    assert "--out" in str(caught.value.fix)


@pytest.mark.parametrize("mode", [0o555, 0o000], ids=["read-only", "closed"])
def test_a_folder_without_permission_is_refused(tmp_path, mode):
    out = tmp_path / "out"
    out.mkdir()
    out.chmod(mode)
    user = os.geteuid()
    if user == 0:  # root may do everything: be somebody else
        os.seteuid(65534)
    try:
        with pytest.raises(InputError, match="cannot write"), staging(out / "deeper"):
            pass
    finally:
        os.seteuid(user)
        out.chmod(0o755)
    assert list(out.iterdir()) == []
