from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest

from edgeface.devices.agent.wire import MAX_HEAD_BYTES, WireError, pack, read_frame


def reader(data):
    stream = io.BytesIO(data)

    def read(size):
        found = stream.read(size)
        assert len(found) == size, "read past the end"
        return found

    return read


def frame(head, payload=b""):
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack(">I", len(text)) + text + payload


def test_arrays_survive_a_round_trip():
    arrays = {
        "a": np.arange(6, dtype=np.int8).reshape(2, 3),
        "b": np.array(1.5, np.float32),
        "c": np.zeros((0, 4), np.float64),
        "d": np.arange(12, dtype=np.int32).reshape(3, 4)[:, ::2],
    }
    head, found = read_frame(reader(pack({"do": "run"}, arrays)), 1000)
    assert head == {"do": "run"}
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (struct.pack(">I", MAX_HEAD_BYTES + 1), "a head of"),
        (struct.pack(">I", 0), "a head of"),
        (frame(b"not json"), "not JSON"),
        (frame(b"\xff\xfe"), "not JSON"),
        (frame(b"[" * 100_000), "not JSON"),
        (frame([1, 2]), "not an object"),
        (frame({}), "without a list"),
        (frame({"arrays": [["a", "float32", [1 << 20]]]}), "were requested"),
        (frame({"arrays": [["a", "float32", [1 << 30, 1 << 30]]]}), "were requested"),
        (frame({"arrays": [["a", "object", [1]]]}), "without name"),
        (frame({"arrays": [["a", ["float32"], [1]]]}), "without name"),
        (frame({"arrays": [["a", "float32", [-1]]]}), "wrong shape"),
        (frame({"arrays": [["a", "float32", [1.0]]]}), "wrong shape"),
        (frame({"arrays": [["a", "float32", [True]]]}), "wrong shape"),
        (frame({"arrays": [["a", "float32", "12"]]}), "wrong name or rank"),
        (frame({"arrays": [["a", "float32", [1] * 9]]}), "wrong name or rank"),
        (frame({"arrays": [["a", "int8", [1]], ["a", "int8", [1]]]}), "wrong name or rank"),
        (frame({"arrays": [["a", "int8", [0]]] * 10_001}), "without a list"),
    ],
)
def test_a_bad_frame_is_refused_before_its_arrays_are_read(data, says):
    with pytest.raises(WireError, match=says):
        read_frame(reader(data), 100)
