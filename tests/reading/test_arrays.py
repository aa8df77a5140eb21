import io
import random
import zipfile

import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.reading.arrays import read_arrays
from edgeface.reading.regular_file import Kind

KIND = Kind("note", 1 << 20)
LIMIT = 1 << 20


@pytest.fixture
def saved(tmp_path):
    def save(save=np.savez, **arrays):
        path = tmp_path / "note.npz"
        save(path, **arrays)
        return path

    return save


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_come_back_as_they_were_saved(saved, save):
    arrays = {
        "a": np.arange(6, dtype=np.int64).reshape(2, 3),
        "b": np.asfortranarray(np.random.default_rng(0).random((3, 4, 5), np.float32)),
        "c": np.array(["x", "yz"]),
        "d": np.array(7),
        "e": np.zeros((0, 4)),
    }
    found = read_arrays(saved(save, **arrays), KIND, LIMIT)
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_arrays_that_would_take_too_much_memory_are_refused_before_they_are_unpacked(saved):
    path = saved(np.savez_compressed, a=np.zeros(LIMIT, np.uint8))
    assert path.stat().st_size < LIMIT / 100
    with pytest.raises(InputError, match="over 1,048,576"):
        read_arrays(path, KIND, LIMIT)


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f8', 'shape': (1,), }",
        "{'descr': 'nonsense', 'fortran_order': False, 'shape': (1,), }",
        "(" * 500,
        "1 +",
        "",
    ],
)
def test_a_header_that_lies_or_is_damaged_is_refused(tmp_path, header):
    text = header.encode().ljust(1000) + b"\n"
    data = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(8)
    path = tmp_path / "note.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", data)
    with pytest.raises(InputError, match="damaged, or of another kind"):
        read_arrays(path, KIND, LIMIT)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_damage_anywhere_is_an_error_of_ours_or_changes_nothing_but_values(saved, save):
    path = saved(save, a=np.arange(300), b=np.array(["x", "yz"]))
    good = path.read_bytes()
    draw = random.Random(0)
    refused = 0
    for _ in range(300):
        data = bytearray(good)
        for _ in range(draw.choice((1, 1, 2, 8))):
            data[draw.randrange(len(data))] = draw.randrange(256)
        path.write_bytes(data[: draw.choice((len(data), draw.randrange(len(data))))])
        try:
            read_arrays(path, KIND, LIMIT)
        except InputError:
            refused += 1
    assert refused > 200


def test_what_is_no_archive_is_refused(tmp_path):
    for content in (b"", b"text", io.BytesIO().getvalue(), b"PK\x03\x04"):
        (tmp_path / "a.npz").write_bytes(content)
        with pytest.raises(InputError, match="cannot read the note"):
            read_arrays(tmp_path / "a.npz", KIND, LIMIT)
