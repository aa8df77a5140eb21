"""Profiles as they are shipped, and as users may write them wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgeface.devices.profile_files import FOLDER, profile_files
from edgeface.devices.table import core_titles, cores, emulated_profile, profile, profiles
from edgeface.errors import InputError
from edgeface.reading.kinds import PROFILE

PAGE = Path(__file__).resolve().parents[2] / "docs" / "boards.md"
BOARD = """
title = "A board"
[[clusters]]
core = "a53"
cores = [0, 1]
max_khz = 1_000_000
min_khz = 400_000
l1d = { kib = 32, ways = 4 }
l2 = { kib = 256, ways = 16 }
[emulator]
cpu = "cortex-a53"
[bundle]
cores = [1]
threads = 1
"""


@pytest.fixture
def own(monkeypatch, tmp_path):
    """Write a profile into the folder of the user's own: own(text, name) → its path."""
    monkeypatch.setenv("EDGEFACE_DEVICES", str(tmp_path))

    def write(text, name="mine"):
        path = tmp_path / f"{name}.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_every_shipped_profile_is_usable():
    found = profiles()
    assert list(found) == sorted(path.stem for path in FOLDER.glob("*.toml"))
    assert {name: board.title for name, board in found.items()}["rk3399"] == "Rockchip RK3399"
    assert found["rk3399"].fastest.cores == (4, 5)


def test_kinds_of_cores_differ_by_part_and_features():
    assert core_titles()[0xD08] == "Cortex-A72"
    assert [name for name, core in cores().items() if "asimddp" in core.features] == ["a55", "a76", "a78"]


def test_a_user_s_profile_is_listed_with_the_shipped_ones(own):
    own(BOARD)
    assert profile("mine").cores[1] == (1, profile("mine").clusters[0])
    assert emulated_profile("mine").name == "mine"
    assert set(profile_files()) > {"mine", "rk3399"}


def test_the_documented_profile_is_valid(own):
    blocks = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (text,) = [block for block in blocks if "[[clusters]]" in block]
    own(text)
    assert (profile("mine").fastest.core, profile("mine").bundle.cores) == ("a72", (1,))


def test_a_core_that_is_not_emulated_says_which_are():
    with pytest.raises(InputError, match="Cortex-A78 is not emulated") as caught:
        emulated_profile("a78")
    assert "a53, a55, a72, a76, rk3399, rk3588, rpi4, rpi5" in str(caught.value.fix)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('title = "A board"', "", "'title'"),
        ('title = "A board"', 'title = "A\\nboard"', "'title'"),
        ("[bundle]", "speed = 3\n[bundle]", "'emulator.speed'"),
        ("cores = [0, 1]", "cores = [0, 1]\nturbo = true", "'clusters.0.turbo'"),
        ('title = "A board"', 'title = "A board"\nname = "other"', "'name'"),
        ("cores = [0, 1]", 'cores = [0, "1"]', "'clusters.0.cores.1'"),
        ("cores = [0, 1]", "cores = [0, 2]", "numbered from 0"),
        ("cores = [0, 1]", "cores = [0, 0]", "numbered from 0"),
        ("cores = [0, 1]", "cores = []", "'clusters.0.cores'"),
        ("max_khz = 1_000_000", "max_khz = 1.0e6", "'clusters.0.max_khz'"),
        ("kib = 32, ways = 4", "kib = 32, ways = 5", "not a whole number of sets"),
        ("cores = [1]", "cores = [2]", "cores that do not exist"),
        ('core = "a53"', 'core = "a54"', "no profile describes the core 'a54'"),
        ('core = "a53"', 'core = "rk3399"', "no profile describes the core 'rk3399'"),
        ('core = "a53"', 'core = "../a53"', "no profile describes the core"),
        ('cpu = "cortex-a53"', 'cpu = "max -plugin x"', "'emulator.cpu'"),
        ('title = "A board"', "title = ", "not TOML"),
    ],
)
def test_a_bad_profile_is_refused_with_file_and_key(own, before, after, says):
    assert before in BOARD
    path = own(BOARD.replace(before, after))
    with pytest.raises(InputError) as caught:
        profile("mine")
    assert says in caught.value.what
    assert caught.value.where == str(path)
    assert caught.value.fix


@pytest.mark.parametrize("text", ["", 'title = "Nothing"', 'title = "A"\n[emulator]\ncpu = "cortex-a53"'])
def test_a_profile_that_describes_no_cores_is_refused(own, text):
    own(text)
    with pytest.raises(InputError, match=r"title|clusters"):
        profile("mine")


@pytest.mark.parametrize("text", [b"#" * (PROFILE.max_bytes + 1), b"a" + b".a" * 3000 + b" = 1", b"\xff", b"[" * 900])
def test_a_large_or_malformed_file_is_refused(own, text):
    own(text)
    with pytest.raises(InputError, match="cannot read the device profile"):
        profile("mine")


@pytest.mark.parametrize("name", ["gpu", "ssh", "a72", "My board", "-x", "loopback"])
def test_a_taken_or_invalid_filename_is_refused(own, name):
    path = own(BOARD, name)
    with pytest.raises(InputError, match=r"is taken|not a valid device name") as caught:
        profile("rk3399")
    assert caught.value.where == str(path)


def test_a_missing_folder_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("EDGEFACE_DEVICES", str(tmp_path / "absent"))
    with pytest.raises(InputError, match="does not exist") as caught:
        profiles()
    assert "EDGEFACE_DEVICES" in str(caught.value.fix)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(InputError, match="'toaster'") as caught:
        profile("toaster")
    assert "rk3399" in str(caught.value.fix)
