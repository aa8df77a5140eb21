from __future__ import annotations

import json
import os

import pytest

from edgeface.errors import InputError, RuntimeFailure
from edgeface.prediction.counted import counted, entry_of
from edgeface.prediction.runtimes import RUNTIMES

BY_NAME = {each.name: each for each in RUNTIMES}
LITERT = BY_NAME["litert"]


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"any bytes")
    return path


def test_remembered_counts_need_no_emulator(model, remember, small_counts):
    remember(model)
    assert counted([model, model], "a72", LITERT) == [small_counts, small_counts]


def test_what_is_not_remembered_needs_one_and_says_how_to_get_it(model, empty_cache):
    with pytest.raises(RuntimeFailure) as refused:
        counted([model], "a72", LITERT)
    assert "edgeface doctor --install arm" in str(refused.value)


SOUND = {"instructions": 1, "vector": 1, "l1_misses": 1, "l2_misses": 1}
DAMAGED = {
    "nothing": "",
    "cut": '{"counts": {"instructions": 1',
    "no object": "[]",
    "another version": json.dumps({"counts": {"instructions": 1, "vector": 1}}),
    "a count too many": json.dumps(
        {"counts": {"instructions": 1, "vector": 1, "l1_misses": 1, "l2_misses": 1, "x": 1}}
    ),
    "negative": json.dumps({"counts": {**SOUND, "vector": -1}}),
    "text": json.dumps({"counts": {**SOUND, "vector": "1"}}),
    "a fraction": json.dumps({"counts": {**SOUND, "vector": 1.5}}),
    "long": " " * (1 << 17),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_entry_is_counted_again(model, remember, content):
    remember(model).write_text(content)
    with pytest.raises(RuntimeFailure, match="emulator is missing"):
        counted([model], "a72", LITERT)


def test_an_entry_that_is_no_file_is_counted_again(model, remember):
    entry = remember(model)
    entry.unlink()
    os.mkfifo(entry)
    with pytest.raises(RuntimeFailure, match="emulator is missing"):
        counted([model], "a72", LITERT)


def test_entries_differ_in_all_that_counts_depend_on(model, empty_cache):
    first = entry_of(model, "a72", LITERT)
    others = [entry_of(model, "a53", LITERT), entry_of(model, "a72", BY_NAME["tflite-runtime"])]
    model.write_bytes(b"other bytes")
    others.append(entry_of(model, "a72", LITERT))
    assert len({first, *others}) == 4


def test_an_entry_goes_by_the_bytes_and_not_by_the_name(model, empty_cache, tmp_path):
    copy = tmp_path / "copy.tflite"
    copy.write_bytes(model.read_bytes())
    assert entry_of(copy, "a72", LITERT) == entry_of(model, "a72", LITERT)


def test_weights_beside_a_graph_belong_to_it(empty_cache, tmp_path):
    graph, weights = tmp_path / "model.param", tmp_path / "model.bin"
    graph.write_text("7767517\n2 2\nInput x 0 1 x 0=4 1=4 2=8\nSigmoid s 1 1 x y\n")
    seen = [entry_of(graph, "a72", BY_NAME["ncnn"])]
    for content in (b"", b"\0\0\0\0"):
        weights.write_bytes(content)
        seen.append(entry_of(graph, "a72", BY_NAME["ncnn"]))
    assert len(set(seen)) == 3


def test_a_model_that_is_missing_is_named(empty_cache, tmp_path):
    with pytest.raises(InputError, match=r"absent|missing|not exist|no such"):
        counted([tmp_path / "absent.tflite"], "a72", LITERT)
