"""Tables of pairs in every form that evaluation programs and spreadsheets write."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from edgeface.errors import InputError
from edgeface.tasks.recognition.pairs import read_pairs

ROWS = [("p/a 1.jpg", "p/b.jpg", True), ("q/c.jpg", "p/b.jpg", False), ("r/d.png", "r/e.jpg", True)]
LABELS = [("1", "0"), ("1", "-1"), ("+1", "-1"), ("1.0", "0.0"), ("True", "False"), ("same", "diff"), ("TRUE", "FALSE")]


def listed(folder: Path, text: str) -> Path:
    (folder / "pairs.txt").write_text(text, encoding="utf-8")
    return folder / "pairs.txt"


def found(path: Path) -> list[tuple[str, str, bool]]:
    return [(pair.first, pair.second, pair.same) for pair in read_pairs(path).pairs]


@pytest.mark.parametrize("separator", ["\t", ",", ";", " ", ", ", "  ", " \t "])
@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("labels", LABELS)
def test_labels_of_every_kind_are_found_in_any_column(tmp_path, separator, at, labels):
    lines = ["# same person or not", ""]
    for first, second, same in ROWS:
        cells = [f'"{first}"' if " " in separator else first, second]
        cells.insert(at, labels[not same])
        lines.append(separator.join(cells))
    assert found(listed(tmp_path, "\r\n".join(lines))) == ROWS


HEADERS = [
    *("file1,file2,label", "img1,img2,issame", "Image A,Image B,is_same", "path_a,path_b,target", "a,b,same"),
    *("first,second,Label", "left_image,right_image,match", "image0,image1,y", "x1,x2,y", "filename1,filename2,gt"),
    "bild eins,bild zwei,gleich",
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_header_is_no_pair(tmp_path, header, separator):
    rows = [separator.join((first, second, str(int(same)))) for first, second, same in ROWS]
    assert found(listed(tmp_path, "\n".join([header.replace(",", separator), *rows]))) == ROWS


@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::7])
def test_a_header_names_the_columns_and_others_are_ignored(tmp_path, order):
    rows = [["id", "file1", "file2", "label", "fold"]]
    rows += [[str(i), first, second, str(int(same)), "1"] for i, (first, second, same) in enumerate(ROWS)]
    assert found(listed(tmp_path, "\n".join(",".join(row[i] for i in order) for row in rows))) == ROWS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 0 1\n0 1 1\n", r"line 1 is ambiguous: column 1 \(1\) and column 2 \(0\) and column 3"),
        ("a.jpg b.jpg 1\nc.jpg d.jpg 0\ne.jpg f.jpg -1\n", "line 3 is ambiguous: its label -1 is of another kind"),
        ("a.jpg b.jpg 1\nc.jpg d.jpg True\n", "line 2 is ambiguous: its label True is of another kind than 1 before"),
        ("file1,file2,label\na.jpg,b.jpg,1\nc.jpg,d.jpg,maybe\n", "line 3 is not a pair: 'maybe' is no label"),
        ("a 1.jpg b.jpg 1\nc.jpg d.jpg 0\n", "line 1 is not a pair: 4 columns separated by spaces, not 3"),
        ("a.jpg,b.jpg,1\nc.jpg,d.jpg\n", "line 2 is not a pair: 2 columns separated by commas, not 3"),
        ("a.jpg,b.jpg\n", "line 1 is not a pair: 2 columns separated by commas"),
        ("a.jpg\tb.jpg\tc.jpg\n", "line 1 is not a pair: no column holds a label"),
        ("file1,file2,label\n", "header only"),
        ("\n# a comment\n", "empty"),
    ],
)
def test_what_is_no_table_is_refused_by_line(tmp_path, text, message):
    path = listed(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        read_pairs(path)
    assert caught.value.where == str(path)


def test_paths_that_differ_by_separator_are_refused(tmp_path):
    path = listed(tmp_path, "a,b;1;c,1\n")  # commas: a | b;1;c | 1; semicolons: a,b | 1 | c,1
    with pytest.raises(InputError, match="line 1 can be separated by commas or semicolons"):
        read_pairs(path)
