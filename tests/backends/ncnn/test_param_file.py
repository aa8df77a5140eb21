"""Texts that are not sound networks are refused before ncnn sees them."""

from __future__ import annotations

import pytest

from edgeface.backends.ncnn.param_file import parse_param
from edgeface.errors import InputError

GOOD = """7767517
3 4
Input x 0 1 x 0=5 1=6 2=3
Split s 1 2 x a b
BinaryOp y 2 1 a b y 0=2
"""
CHANGED = {
    "another magic": ("7767517", "7767518"),
    "no counts": ("3 4", "3"),
    "a negative count": ("3 4", "-3 4"),
    "counts in words": ("3 4", "three 4"),
    "more layers than lines": ("3 4", "4 4"),
    "no layers": ("3 4", "0 4"),
    "more blobs than it names": ("3 4", "3 3"),
    "more blobs than any network": ("3 4", "3 999999999"),
    "fewer names than it says": ("y 2 1 a b y", "y 3 1 a b y"),
    "a negative number of blobs": ("y 2 1 a b y", "y -2 1 a b y"),
    "a blob that nothing makes": ("y 2 1 a b", "y 2 1 a c"),
    "a blob that is read twice": ("y 2 1 a b", "y 2 1 a a"),
    "a blob that is made twice": ("x a b", "x a a"),
    "a blob that is made later": ("s 1 2 x", "s 1 2 y"),
    "two layers of one name": ("Split s", "Split y"),
    "a name of 300 bytes": ("Split s", f"Split {'s' * 300}"),
    "a parameter without a value": ("0=2", "0="),
    "a parameter without a key": ("0=2", "=2"),
    "a parameter that is a word": ("0=2", "0=two"),
    "a parameter above the last": ("0=2", "32=2"),
    "a negative parameter": ("0=2", "-1=2"),
    "an integer of 40 bits": ("0=2", "0=1099511627776"),
    "an array of another length": ("0=2", "-23300=3,1,2"),
    "an array of a million": ("0=2", "-23300=1000000,1"),
    "a float with two points": ("0=2", "0=1.2.3"),
    "an input of a terabyte": ("0=5 1=6", "0=1000000 1=1000000"),
    "an input of negative size": ("0=5", "0=-5"),
    "no input": ("Input x", "MemoryData x"),
    "a line that is cut": ("BinaryOp y 2 1 a b y 0=2", "BinaryOp y"),
}


def test_a_sound_network_is_read():
    network = parse_param(GOOD.encode(), "m")
    assert [layer.kind for layer in network.layers] == ["Input", "Split", "BinaryOp"]
    assert network.layers[2].params == {0: 2}
    assert [(port.name, port.shape) for port in (*network.inputs, *network.outputs)] == [
        ("x", (1, 3, 6, 5)),
        ("y", None),
    ]
    assert not network.bfloat16


@pytest.mark.parametrize("case", CHANGED)
def test_changed_texts_are_refused_with_the_reason(case):
    before, after = CHANGED[case]
    assert before in GOOD
    with pytest.raises(InputError, match="that is damaged") as caught:
        parse_param(GOOD.replace(before, after, 1).encode(), "m.param")
    assert caught.value.where == "m.param"


@pytest.mark.parametrize("length", range(0, len(GOOD) - 8, 7))
def test_a_text_that_ends_anywhere_is_refused(length):
    with pytest.raises(InputError):
        parse_param(GOOD[:length].encode(), "m.param")


def test_lines_behind_the_last_layer_are_ignored_as_ncnn_does():
    assert parse_param((GOOD + "Noop n 1 0 y\n").encode(), "m").outputs == parse_param(GOOD.encode(), "m").outputs


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(InputError, match="damaged"):
        parse_param(b"7767517\n\xff\xfe\n", "m.param")
