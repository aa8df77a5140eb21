from __future__ import annotations

import pytest

from edgeface.errors import InputError
from edgeface.prediction.known import choose_latencies, counted_on, latencies, share_of

BOARD = """
title = "A board"

[[clusters]]
core = "a53"
cores = [0, 1]
max_khz = 1_000_000
min_khz = 400_000
l1d = { kib = 32, ways = 4 }
l2 = { kib = 512, ways = 16 }

[[clusters]]
core = "a72"
cores = [2, 3]
max_khz = 2_000_000
min_khz = 400_000
l1d = { kib = 32, ways = 2 }
l2 = { kib = 1024, ways = 16 }
"""
LATENCY = """
[[latency]]
core = "{core}"
threads = {threads}
clock_khz = 1_000_000
cycles = {{ vector = 1.0, other = 2.0, l1 = 5.0, l2 = 15.0 }}
pipe = {{ product = 1.0, vector = 0.5, read = 0.5, issue = 0.3 }}
rows = 10
mean_error = 0.05
median_error = 0.04
p90_error = 0.1
max_error = 0.3
runtime = "ncnn"
version = "1.0"
source = "a test"
date = "2026-11-28"
"""


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A board of the user's, whose profile has fits of some cores and threads."""

    def write(*cores):
        tables = [LATENCY.format(core=core, threads=threads) for core, threads in cores]
        (tmp_path / "myboard.toml").write_text(BOARD + "".join(tables))
        monkeypatch.setenv("EDGEFACE_DEVICES", str(tmp_path))
        return "myboard"

    return write


def named(found):
    return [(each.core, each.threads) for each in found]


def test_the_fastest_cores_come_first_and_then_by_threads(board):
    name = board(("a53", 1), ("a72", 2), ("a72", 1))
    assert named(latencies(name)) == [("a72", 1), ("a72", 2), ("a53", 1)]


def test_cores_and_threads_are_chosen(board):
    name = board(("a53", 1), ("a53", 2), ("a72", 1))
    assert named(choose_latencies(name, core="a53")) == [("a53", 1), ("a53", 2)]
    assert named(choose_latencies(name, threads=1)) == [("a72", 1), ("a53", 1)]
    assert named(choose_latencies(name, "a53", 2)) == [("a53", 2)]


def test_threads_without_published_figures_are_refused_and_known_ones_named(board):
    with pytest.raises(InputError, match="what 2 threads take on A72") as refused:
        choose_latencies(board(("a53", 2), ("a72", 1)), "a72", 2)
    assert "A72×1" in str(refused.value)
    assert "A53" not in str(refused.value)


@pytest.mark.parametrize("core", ["a73", "A72", "cortex-a72", ""])
def test_cores_that_the_board_has_not_are_refused(board, core):
    with pytest.raises(InputError, match="use one of a72"):
        choose_latencies(board(("a72", 1)), core)


def test_a_profile_without_latency_says_so_and_names_others(board):
    with pytest.raises(InputError, match=r"no \[\[latency\]\]") as refused:
        latencies(board())
    assert "rk3399" in str(refused.value)


def test_an_unknown_device_is_refused():
    with pytest.raises(InputError, match="no device is called 'rk3398'"):
        latencies("rk3398")


def test_cores_are_counted_by_their_kind_where_its_caches_are_theirs(board):
    assert [counted_on("rk3399", core) for core in ("a72", "a53")] == ["a72", "a53"]
    assert counted_on(board(("a72", 1)), "a72") == "a72"


def test_a_board_with_caches_of_its_own_is_counted_by_itself_if_it_is_emulated(board, tmp_path):
    name = board(("a72", 1), ("a53", 1))
    path = tmp_path / f"{name}.toml"
    text = path.read_text().replace("kib = 1024", "kib = 2048").replace("kib = 512", "kib = 256")
    path.write_text(text)
    with pytest.raises(InputError, match="not emulated with these caches"):
        counted_on(name, "a72")
    path.write_text(text.replace("[[latency]]", '[emulator]\ncpu = "cortex-a72"\n\n[[latency]]', 1))
    assert counted_on(name, "a72") == name
    with pytest.raises(InputError, match="not emulated with these caches"):
        counted_on(name, "a53")


def test_what_a_runtime_takes_is_known_by_dtype():
    assert share_of("rk3399", "litert", "int8").low < share_of("rk3399", "litert", "float32").low
    assert share_of("rk3399", "ncnn", "float32") is None
