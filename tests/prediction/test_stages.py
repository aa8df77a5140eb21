from __future__ import annotations

import pytest

from edgeface.prediction.stages import THIRDS, stages_of


def test_stages_are_the_first_parts_of_names_without_numbers():
    names = ["/body/stage1.0/Relu", "/body/stage2/Conv", "/ssh1/a/Conv", "/ssh2.0/a/Conv", "/fpn/Add"]
    assert stages_of(names) == {"body": [0, 1], "ssh": [2, 3], "fpn": [4]}


def test_heads_are_one_stage_and_names_without_parts_are_others():
    names = ["/body/Conv", "/BboxHead.2/Conv", "/ClassHead.0/Conv", "boxes", "scores"]
    assert stages_of(names) == {"body": [0], "heads": [1, 2], "others": [3, 4]}


def test_what_all_names_begin_with_is_left_out():
    names = ["model/net/stem/Conv", "model/net/block_1/Conv", "model/net/block_2/Conv", "out"]
    assert stages_of(names) == {"stem": [0], "block": [1, 2], "others": [3]}


@pytest.mark.parametrize(
    "names",
    [
        [str(number) for number in range(9)],
        [f"conv2d_{number}" for number in range(9)],
        [f"{number}/int8" for number in range(9)],
        ["net/Conv"] * 9,
        [*["net/Conv"] * 9, "head/Conv"],
        [f"/{letter}/Conv" for letter in "abcdefghijklmn"],
        ["a/b", *(str(number) for number in range(8))],
        [""] * 4,
    ],
)
def test_names_that_give_no_stages_are_parted_into_thirds(names):
    found = stages_of(names)
    assert list(found) == list(THIRDS)
    assert [index for members in found.values() for index in members] == list(range(len(names)))


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_operators_than_thirds(count):
    found = stages_of(["a"] * count)
    assert sum(map(len, found.values())) == count
    assert all(found.values())


def test_no_operators_are_no_stages():
    assert stages_of([]) == {}
