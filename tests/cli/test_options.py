from __future__ import annotations

import pytest

from edgeface.cli.options import parse_counts, parse_list, parse_size
from edgeface.cli.table import format_table
from edgeface.errors import InputError


def test_a_size_is_height_by_width():
    assert parse_size("480x640") == (480, 640)
    assert parse_size("480X640") == (480, 640)
    assert parse_size(None) is None


@pytest.mark.parametrize("text", ["480", "480x", "x640", "0x640", "-1x640", "480x640x3", "4 80x640", "480.5x640"])
def test_an_invalid_size_is_refused(text):
    with pytest.raises(InputError, match="not an input size"):
        parse_size(text)


def test_lists_are_split_at_commas():
    assert parse_list("onnx-fp32, tflite-int8", "--target") == ("onnx-fp32", "tflite-int8")
    assert parse_counts("1,2", "--threads") == (1, 2)


@pytest.mark.parametrize("text", ["", ",", "a,a"])
def test_an_empty_or_repeating_list_is_refused(text):
    with pytest.raises(InputError):
        parse_list(text, "--target")


def test_columns_are_as_wide_as_their_widest_cell():
    assert (
        format_table(("name", "ms"), [("a", "10.5"), ("longer", "1.0")]) == "name      ms\na       10.5\nlonger   1.0"
    )
