from __future__ import annotations

import pytest

from edgeface.cli.table import format_described, format_table
from edgeface.core.description import Mark, Table
from edgeface.core.style import plain, styled
from edgeface.core.wrapping import display_width

HEADER = ("requirement", "limit", "measured", "95 % interval", "")
ROWS = [
    (
        *("mean landmark error of face size", "≤ 1.35 % (always allowed; 0.9 × JPEG 95: 0.73 %)"),
        *("0.31 %", "0.256 – 0.373", Mark("met", "good")),
    ),
    ("faces lost outright", "≤ 1% (95 %: ≤ 3%)", "0.00% (0 of 42)", "0 – 8.38", Mark("not shown", "unsure")),
]
TIMED = ("artifact", "threads", "median ms", "95 %")
TIMES = [("out/retinaface_mnet025-tflite-int8", "1", "3.204", "[0.401, 0.420]"), ("人の顔", "2", "1.1", "[1, 1]")]


@pytest.mark.parametrize("width", [31, 40, 53, 64, 72, 80, 90, 139])
@pytest.mark.parametrize(("header", "rows", "left"), [(HEADER, ROWS, 5), (TIMED, TIMES, 1)])
def test_a_table_fits_every_width_with_all_its_words_whole(width, header, rows, left):
    text = plain(format_table(header, rows, left, width=width))
    longest = max(len(word) for row in rows for cell in row for word in str(getattr(cell, "text", cell)).split())
    assert max(map(display_width, text.splitlines())) <= max(width, longest + 4)
    found = text.split()
    for row in rows:
        for cell in row:
            assert all(word in found for word in getattr(cell, "text", cell).split())


@pytest.mark.parametrize("width", [50, 58, 60, 80, 119])
def test_numbers_stay_on_one_line_in_their_column(width):
    lines = plain(format_table(TIMED, TIMES, width=width)).splitlines()
    (row,) = [line for line in lines if "3.204" in line]
    assert row.split()[-4:] == ["1", "3.204", "[0.401,", "0.420]"]


def test_what_fits_is_one_line_a_row():
    table = Table("Times", ("name", "ms"), (("a", "10.5"), ("longer", "1.0")))
    assert plain(format_described(table)) == "Times\nname      ms\na       10.5\nlonger   1.0"


def test_marks_are_styled_by_their_state_and_aligned():
    rows = [("a", Mark("met", "good"), "1"), ("b", "missed", "22")]
    assert format_table(("", "", "n"), rows, left=2).splitlines()[1] == f"a  {styled('met', 'good')}      1"


def test_a_name_that_is_too_long_stands_above_its_row():
    path = "a/" * 30 + "model"
    lines = format_table(("artifact", "ms"), [(path, "1.5"), ("b", "2.5")], width=40).splitlines()
    assert lines[1] == path
    assert lines[2].split() == ["1.5"]
    assert len(lines[2]) == len(lines[3])


def test_where_columns_do_not_fit_each_row_is_a_block():
    lines = plain(format_table(HEADER, ROWS[:1], 5, width=40)).splitlines()
    assert lines[0] == "mean landmark error of face size"
    assert lines[-1] == "  met"
    assert "  measured       0.31 %" in lines
