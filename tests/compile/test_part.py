from __future__ import annotations

from pathlib import Path

import pytest

from edgeface.compile.part import Part
from edgeface.errors import InputError

FILES = [Path(f"{index}.jpg") for index in range(11)]


@pytest.mark.parametrize("count", range(1, 12))
def test_parts_hold_every_file_once_under_its_index_in_the_whole(count):
    parts = [Part(number, count).of(FILES) for number in range(1, count + 1)]
    assert [index for part in parts for index in part] == list(range(11))
    assert all(FILES[index] == file for part in parts for index, file in part.items())
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_part_without_files_is_refused():
    with pytest.raises(InputError, match="11 images do not divide into 12 parts"):
        Part(1, 12).of(FILES)


def test_no_files_have_no_part():
    assert Part(1, 1).of([]) == {}


@pytest.mark.parametrize("text", ["1/1", "2/4", "4/4", "10/12"])
def test_a_part_is_read(text):
    part = Part.parse(text)
    assert f"{part.number}/{part.count}" == text


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "a/b", "1/2/3", "1.0/2", " 1/2"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(InputError, match="is no part") as caught:
        Part.parse(text)
    assert (caught.value.where, "2/4" in caught.value.fix) == ("--part", True)
