"""Lists of pairs: LFW's two formats, tables, and what is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.tasks.recognition.pairs import find_images, read_pairs

DEV = "2\nAnn\t1\t2\nBob_Lee\t3\t14\nAnn\t1\tBob_Lee\t3\nBob_Lee\t14\tCy\t1\n"


@pytest.fixture
def listed(tmp_path):
    def write(text):
        path = tmp_path / "pairs.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def images(folder, *names, extension=".jpg"):
    for name in names:
        path = folder / name[:-5] / f"{name}{extension}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def test_view_1_is_read(listed):
    pairs = read_pairs(listed(DEV))
    assert pairs.kind == "LFW View 1"
    assert pairs.same.tolist() == [True, True, False, False]
    assert pairs.folds.tolist() == [0, 1, 0, 1]
    assert pairs.pairs[1].second == "Bob_Lee/Bob_Lee_0014"
    assert pairs.names == [("Ann", "Ann"), ("Bob_Lee", "Bob_Lee"), ("Ann", "Bob_Lee"), ("Bob_Lee", "Cy")]


def test_view_2_is_read_fold_by_fold(listed):
    fold = "Ann 1 2\r\nAnn 1 3\r\nAnn 1 Bob 1\r\nAnn 2 Bob 1\r\n"
    folds = "".join(fold.replace("Ann", name) for name in ("Ann", "Dee", "Eve"))
    pairs = read_pairs(listed(f"3\t2\r\n{folds}"))
    assert pairs.kind == "LFW View 2"
    assert pairs.same.tolist() == [True, True, False, False] * 3
    assert pairs.folds.tolist() == [0] * 4 + [1] * 4 + [2] * 4


@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_table_is_read(listed, separator):
    rows = [("a 1.jpg", "b/2.png", "1"), ("c.jpg", "d.jpg", "0")]
    pairs = read_pairs(listed("\ufeff" + "\n\n".join(separator.join(row) for row in rows)))
    assert pairs.kind == "table"
    assert [(pair.first, pair.second, pair.same) for pair in pairs.pairs] == [
        ("a 1.jpg", "b/2.png", True),
        ("c.jpg", "d.jpg", False),
    ]
    assert pairs.names is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        (b"\xff\xfe\x00", "UTF-8"),
        ("3\nAnn 1 2\n", "announces 1 × 3"),
        ("0\n", "announces"),
        (DEV.replace("Ann\t1\t2", "Ann\t1\tBob\t2"), "line 2 .*the same person"),
        (DEV.replace("Bob_Lee\t14\tCy\t1", "Cy\t1\t2"), "line 5 .*different persons"),
        (DEV.replace("Ann\t1\t2", "Ann\tone\t2"), "line 2 does not number"),
        (DEV.replace("Ann\t1\t2", "../Ann\t1\t2"), "line 2 does not number"),
        (DEV.replace("Ann\t1\t2", "Ann\t1\t" + "9" * 5000), "line 2 does not number"),
        ("a.jpg,b.jpg,1\na.jpg,b.jpg,yes\n", "line 2 is not a pair"),
        ("a.jpg,b.jpg\n", "line 1 is not a pair"),
        ("a.jpg,,1\n", "line 1 is not a pair"),
        ("a.jpg," + "b" * 200_000 + ",1\n", "line 1 is not a pair"),
    ],
)
def test_a_bad_list_of_pairs_is_refused_by_file_and_line(listed, text, message):
    path = listed(text)
    with pytest.raises(InputError, match=message) as caught:
        read_pairs(path)
    assert caught.value.where == str(path)


def test_a_pair_counts_once_however_often_it_is_listed(listed):
    text = "a.jpg,b.jpg,1\nb.jpg,a.jpg,1\n./a.jpg,b.jpg,1\nc.jpg,c.jpg,1\nc.jpg,d.jpg,0\n"
    assert [pair.line for pair in read_pairs(listed(text)).pairs] == [1, 5]
    fold = "Ann 1 2\nAnn 1 3\nAnn 1 Bob 1\nCy 2 Bob 1\n"
    pairs = read_pairs(listed(f"2 2\n{fold}{fold.replace('Ann 1 3', 'Ann 4 5').replace('Cy 2', 'Cy 3')}"))
    assert pairs.folds.tolist() == [0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.jpg,b.jpg,1\nb.jpg,a.jpg,0\n", "lines 1 and 2 contradict"),
        ("a.jpg,a.jpg,0\n", "line 1 calls an image another person's than itself"),
        ("a.jpg,a.jpg,1\n", "with themselves only"),
    ],
)
def test_pairs_that_cannot_be_true_are_refused(listed, text, message):
    with pytest.raises(InputError, match=message):
        read_pairs(listed(text))


def test_a_missing_list_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        read_pairs(tmp_path / "absent.txt")


def test_images_are_found_by_name_and_number(listed, tmp_path):
    folder = images(tmp_path / "lfw", "Ann_0001", "Ann_0002", "Bob_Lee_0003", "Bob_Lee_0014")
    images(folder, "Cy_0001", extension=".png")
    found = find_images(read_pairs(listed(DEV)), folder)
    assert len(found) == 5
    assert found["Ann/Ann_0002"] == folder / "Ann" / "Ann_0002.jpg"
    assert found["Cy/Cy_0001"].suffix == ".png"


def test_missing_images_are_listed(listed, tmp_path):
    folder = images(tmp_path / "lfw", "Ann_0001")
    with pytest.raises(InputError, match=r"4 of 5 images are missing: Ann/Ann_0002 \(line 2\); Bob_Lee") as caught:
        find_images(read_pairs(listed(DEV)), folder)
    assert str(folder) in caught.value.where
    with pytest.raises(InputError, match="no such folder"):
        find_images(read_pairs(listed(DEV)), tmp_path / "absent")


def test_a_long_list_of_missing_images_is_shortened(listed, tmp_path):
    with pytest.raises(InputError, match=r"40 of 40 .*; and 32 more"):
        find_images(read_pairs(listed("".join(f"{i}.jpg,x{i}.jpg,0\n" for i in range(20)))), tmp_path)


@pytest.mark.real_data
def test_lfw_is_read(shared_data):
    pairs = read_pairs(shared_data / "lfw" / "pairs_dev.txt")
    assert (len(pairs.pairs), int(pairs.same.sum())) == (1000, 500)
    assert np.bincount(pairs.folds).tolist() == [100] * 10
    assert len(find_images(pairs, shared_data / "lfw" / "images")) == 1549
