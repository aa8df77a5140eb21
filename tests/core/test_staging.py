import os
import stat

import pytest

from edgeface.core.staging import move_into_place, staging
from edgeface.errors import InputError


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


def test_an_existing_folder_is_restored_when_the_new_one_cannot_be_moved(tmp_path):
    old = tmp_path / "x"
    old.mkdir()
    (old / "mine").write_text("kept")
    staged = tmp_path / "staged"
    staged.mkdir()
    (tmp_path / "staged.replaced").mkdir()
    (tmp_path / "staged.replaced" / "in the way").touch()
    with pytest.raises(OSError, match="not empty"):
        move_into_place([(staged, old)])
    assert (old / "mine").read_text() == "kept"


def test_several_folders_are_moved_all_or_none(tmp_path):
    staged = [tmp_path / name for name in ("staged-a", "staged-b")]
    for folder in staged:
        folder.mkdir()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "mine").write_text("kept")
    with pytest.raises(FileNotFoundError):
        move_into_place([(staged[0], tmp_path / "a"), (staged[1], tmp_path / "missing" / "b")])
    assert (tmp_path / "a" / "mine").read_text() == "kept"
    assert all(folder.is_dir() for folder in staged)


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
