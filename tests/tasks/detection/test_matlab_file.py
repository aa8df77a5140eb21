"""MATLAB's files: what SciPy writes is read alike, and every size that lies is refused."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest

from edgeface.tasks.detection.matlab_file import MAX_DEPTH, MAX_UNPACKED_BYTES, read_matlab

HEADER = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"


def element(kind, data):
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def variable(kind, shape, *values, name=b"x", flags=0):
    parts = element(6, struct.pack("<II", kind | flags, 0)) + element(5, np.array(shape, "<i4").tobytes())
    return element(14, parts + element(1, name) + b"".join(values))


def number(value=7.0):
    return variable(6, (1, 1), element(9, struct.pack("<d", value)))


def read(tmp_path, content, name="x"):
    (tmp_path / "a.mat").write_bytes(HEADER + content)
    return read_matlab(tmp_path / "a.mat", [name])


@pytest.mark.parametrize("compressed", [False, True])
def test_numbers_texts_and_cells_are_those_that_scipy_wrote(tmp_path, compressed):
    from scipy.io import savemat

    numbers = {str(np.dtype(t)): np.arange(6).reshape(2, 3).astype(t) for t in ("f8", "f4", "u1", "i2", "i4", "i8")}
    cells = np.empty((2, 1), object)
    cells[:, 0] = ["0--Parade", np.zeros((0, 4))]
    savemat(tmp_path / "a.mat", {**numbers, "cells": cells, "other": {"a": 1}}, do_compression=compressed)
    found = read_matlab(tmp_path / "a.mat", [*numbers, "cells"])
    assert sorted(found) == sorted([*numbers, "cells"])
    for name, wanted in numbers.items():
        np.testing.assert_array_equal(found[name], wanted)
    assert found["cells"].shape == (2, 1)
    assert found["cells"][0, 0] == "0--Parade"
    assert found["cells"][1, 0].size == 0


def test_a_variable_is_read_and_others_are_not_looked_into(tmp_path):
    damaged = variable(6, (1, 1), element(9, b""), name=b"damaged")
    assert read(tmp_path, damaged + number())["x"].tolist() == [[7.0]]
    assert read(tmp_path, element(15, zlib.compress(number())))["x"].tolist() == [[7.0]]


def nested(depth):
    made = number()
    for _ in range(depth):
        made = variable(1, (1, 1), made)
    return made


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (variable(6, (1, 2), element(9, bytes(8))), "2 numbers are not the 8 bytes"),
        (variable(6, (1 << 30, 1 << 30), element(9, bytes(8))), "numbers are not"),
        (variable(6, (-1, 1), element(9, bytes(8))), "shape"),
        (variable(6, (1,), element(9, bytes(8))), "shape"),
        (variable(6, (1, 1), element(99, bytes(8))), "element of kind 99"),
        (variable(6, (1, 1)), "neither cells"),
        (variable(6, (1, 1), element(9, bytes(8)), flags=0x0800), "neither cells"),
        (variable(2, (1, 1), element(9, bytes(8))), "class 2"),
        (variable(1, (1 << 30, 1 << 30)), "has 0"),
        (variable(1, (1, 1), element(9, bytes(8))), "cell array"),
        (variable(4, (1, 9), element(16, b"short")), "text of 5 characters"),
        (variable(4, (1, 2), element(16, b"\xff\xff")), "invalid"),
        (variable(4, (2, 2), element(16, b"abcd")), "has the shape"),
        (nested(MAX_DEPTH + 1), "nested"),
        (number()[:4] + struct.pack("<I", 1 << 31) + number()[8:], "claims"),
        (struct.pack("<II", 0x00090005, 0), "in a tag for 4"),
        (element(15, zlib.compress(number())[:-6]), "cut short|damaged"),
        (element(15, b"no such thing"), "damaged"),
        (element(15, zlib.compress(bytes(MAX_UNPACKED_BYTES + 1), 9)), "MiB"),
    ],
)
def test_what_lies_is_refused(tmp_path, content, what):
    with pytest.raises(ValueError, match=what):
        read(tmp_path, content)


@pytest.mark.parametrize("at", range(0, len(HEADER + number()), 7))
def test_a_file_that_is_cut_anywhere_has_no_such_variable_or_is_refused(tmp_path, at):
    (tmp_path / "a.mat").write_bytes((HEADER + number())[:at])
    with suppress(ValueError):
        assert "x" not in read_matlab(tmp_path / "a.mat", ["x"])
