from __future__ import annotations

import re

import pytest

from edgeface.devices.count import Counts
from edgeface.devices.fitted import fitted_ms, latency_of, parts_ms, pipe_ms, pipes_ms
from edgeface.devices.table import profile
from edgeface.errors import InputError

LATENCY = """
[[latency]]
core = "a72"
threads = 1
clock_khz = 1_000_000
cycles = { vector = 0.5, other = 2, l1 = 5, l2 = 14 }
pipe = { product = 1.0, vector = 0.5, read = 0.5, issue = 0.25 }
rows = 12
mean_error = 0.05
median_error = 0.04
p90_error = 0.1
max_error = 0.2
runtime = "ncnn"
version = "1.0"
source = "somebody"
date = "2026-11-28"
"""
BOARD = """
title = "Some board"

[[clusters]]
core = "a72"
cores = [0, 1]
max_khz = 1_000_000
min_khz = 100_000
l1d = { kib = 32, ways = 2 }
l2 = { kib = 1024, ways = 16 }
"""
SHARE = """
[[runtime_shares]]
runtime = "litert"
dtype = "int8"
expected = 0.75
low = 0.5
high = 0.9
reason = "a table"
"""
COUNTS = Counts(4_000_000, 2_000_000, 300_000, 100_000, float_products=1_000_000, integer_products=500_000, reads=5_000)


@pytest.fixture
def board(monkeypatch, tmp_path):
    """Write the file of a board of the user's own; its name."""
    monkeypatch.setenv("EDGEFACE_DEVICES", str(tmp_path))

    def write(text: str) -> str:
        (tmp_path / "mine.toml").write_text(text)
        return "mine"

    return write


def test_milliseconds_are_cycles_of_each_count(board):
    latency = latency_of(board(BOARD + LATENCY + SHARE), "a72")
    assert parts_ms(COUNTS, latency) == {"vector": 1.0, "other": 4.0, "l1": 1.0, "l2": 1.4}
    assert fitted_ms(COUNTS, latency) == pytest.approx(7.4)
    cycles = "{ vector = 0.5, read = 0.5, write = 3, l2_read = 40 }"
    latency = latency_of(board(BOARD + re.sub("(?m)^cycles = .*$", f"cycles = {cycles}", LATENCY)), "a72")
    counts = Counts(9, 2_000_000, 0, 90_000, accesses=1_500_000, reads=1_000_000, l2_reads=50_000)
    assert parts_ms(counts, latency) == {"vector": 1.0, "other": 2.0, "l1": 0.0, "l2": 2.0}


def test_a_fit_to_another_kind_of_core_tells_of_its_own_runtime_alone(board):
    latency = latency_of(board(BOARD + LATENCY + 'counted_on = "a53"\n'), "a72")
    assert latency.counted_core == "a53"
    assert (latency.tells_of("ncnn"), latency.tells_of("litert")) == (True, False)
    assert latency_of(board(BOARD + LATENCY), "a72").counted_core == "a72"


def test_pipelines_take_no_less(board):
    latency = latency_of(board(BOARD + LATENCY), "a72")
    assert pipes_ms(COUNTS, latency) == {"product": 1.5, "vector": 1.0, "read": 0.0025, "issue": 1.0}
    assert pipe_ms(COUNTS, latency) == 1.5
    two = LATENCY.replace("threads = 1", "threads = 2")
    assert pipe_ms(COUNTS, latency_of(board(BOARD + two), "a72", 2)) == 0.75


def test_a_board_without_a_fit_says_so(board):
    with pytest.raises(InputError, match="nothing is known of latencies"):
        latency_of(board(BOARD), "a72")
    with pytest.raises(InputError, match="a72×2") as caught:
        latency_of(board(BOARD + LATENCY), "a72", 2)
    assert caught.value.fix == "use a72×1"


@pytest.mark.parametrize(
    ("added", "said"),
    [
        (LATENCY.replace("threads = 1", "threads = 3"), "a72×3, which the device does not have"),
        (LATENCY.replace('"a72"', '"a53"'), "a53×1, which the device does not have"),
        (LATENCY + LATENCY, "the same cores twice"),
        (LATENCY.replace("vector = 0.5, other", "vector = -0.5, other"), r"latency\.0\.cycles\.vector"),
        (LATENCY.replace("vector = 0.5, other", "other"), r"latency\.0\.cycles\.vector"),
        (LATENCY.replace("rows = 12\n", ""), r"latency\.0\.rows"),
        (LATENCY + "surprise = 1\n", r"latency\.0\.surprise"),
        (LATENCY.replace("mean_error = 0.05", "mean_error = nan"), "mean_error"),
        (SHARE.replace("low = 0.5", "low = 0.8"), "0.75 is not between 0.8 and 0.9"),
    ],
)
def test_a_wrong_key_is_named(board, added, said):
    with pytest.raises(InputError, match=said):
        profile(board(BOARD + added))
