from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from edgeface.core.temporary import recover, sweep, temporary_file, temporary_folder

HOLD = """
import os, sys
from pathlib import Path
from edgeface.core.temporary import temporary_file, temporary_folder
parent = Path(sys.argv[1])
with temporary_folder(parent) as folder, temporary_file(parent, 0o600) as (path, descriptor):
    (folder / "deeper").mkdir()
    (folder / "deeper" / "file").touch()
    print(folder.name, path.name, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds a temporary folder and a temporary file in `tmp_path`, and their names."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process, process.stdout.readline().split()
        process.kill()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_a_living_process_holds_stays(tmp_path, holder):
    _, held = holder
    sweep(tmp_path)
    assert names(tmp_path) == sorted(held)


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path, holder):
    process, held = holder
    process.kill()
    process.wait()
    assert names(tmp_path) == sorted(held)
    with temporary_folder(tmp_path) as folder:
        assert names(tmp_path) == [folder.name]
    assert names(tmp_path) == []


def test_what_is_not_edgefaces_stays(tmp_path):
    (tmp_path / ".edgeface-mine").touch()
    (tmp_path / ".edgeface-new-short").touch()
    (tmp_path / "edgeface-new-0123456789abcdef").touch()
    before = names(tmp_path)
    sweep(tmp_path)
    assert names(tmp_path) == before


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").touch()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".edgeface-new-0123456789abcdef").symlink_to(tmp_path / "mine")
    sweep(tmp_path / "out")
    assert names(tmp_path / "mine") == ["file"]


def test_what_was_moved_aside_comes_back_only_where_nothing_took_its_place(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f".edgeface-old-0123456789abcdef-{name}").mkdir()
        (tmp_path / f".edgeface-old-0123456789abcdef-{name}" / "old").touch()
    (tmp_path / "b").mkdir()
    recover(tmp_path / "a")
    assert names(tmp_path) == ["a", "b"]
    assert (names(tmp_path / "a"), names(tmp_path / "b")) == (["old"], [])


def test_a_folder_that_exists_is_not_looked_into(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / ".edgeface-old-0123456789abcdef-b").mkdir()
    recover(tmp_path / "a")
    assert names(tmp_path) == [".edgeface-old-0123456789abcdef-b", "a"]


def test_many_at_once_do_not_sweep_each_other(tmp_path):
    def work(number):
        for _ in range(20):
            with temporary_folder(tmp_path) as folder, temporary_file(tmp_path, 0o600) as (path, descriptor):
                os.write(descriptor, b"1")
                (folder / "file").touch()
                if not path.exists() or not (folder / "file").exists():
                    return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert names(tmp_path) == []
