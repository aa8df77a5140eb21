"""What fits is let through with its sizes; what does not is refused before ncnn reads beyond it."""

from __future__ import annotations

import itertools

import pytest

from edgeface.backends.ncnn.param_file import parse_param
from edgeface.backends.ncnn.permute_orders import permute_order, permuted
from edgeface.backends.ncnn.sizes import check_sizes
from edgeface.errors import InputError

IMAGE = "Input x 0 1 x 0=6 1=7 2=8"
FITS = {
    "Convolution y 1 1 x y 0=4 1=3 6=288": (4, 5, 4),
    "Convolution y 1 1 x y 0=4 1=3 3=2 4=1 6=288": (4, 4, 3),
    "Convolution y 1 1 x y 0=4 1=3 2=2 4=-233 6=288": (4, 7, 6),
    "ConvolutionDepthWise y 1 1 x y 0=8 1=3 11=1 6=24 7=8": (8, 7, 4),
    "Deconvolution y 1 1 x y 0=4 1=2 3=2 6=128": (4, 14, 12),
    "InnerProduct y 1 1 x y 0=5 2=1680": (5,),
    "PReLU y 1 1 x y 0=8": (8, 7, 6),
    "PReLU y 1 1 x y 0=1": (8, 7, 6),
    "Scale y 1 1 x y 0=8 1=1": (8, 7, 6),
    "GroupNorm y 1 1 x y 0=4 1=8": (8, 7, 6),
    "Reshape y 1 1 x y 0=-1 1=8": (8, 42),
    "Reshape y 1 1 x y 0=0 1=-1": (56, 6),
    "Permute y 1 1 x y 0=3": (7, 6, 8),
    "Pooling y 1 1 x y 1=2 2=2": (8, 4, 3),
    "Pooling y 1 1 x y 1=2 2=2 5=1": (8, 3, 3),
    "Pooling y 1 1 x y 0=1 4=1": (8,),
    "Interp y 1 1 x y 0=1 3=14 4=9": (8, 14, 9),
    "Interp y 1 1 x y 0=1 1=2.0 2=2.0": (8, 14, 12),
    "Crop y 1 1 x y -23309=1,2 -23310=1,5 -23311=1,0": (3, 7, 6),
    "Padding y 1 1 x y 0=1 3=2": (8, 8, 8),
    "PixelShuffle y 1 1 x y 0=2": (2, 14, 12),
    "Tile y 1 1 x y 0=1 1=3": (8, 21, 6),
    "Reduction y 1 1 x y 1=0 -23303=2,1,2 4=1": (8, 1, 1),
    "ArgMax y 1 1 x y": None,
}
FAILS = [
    "Convolution y 1 1 x y 0=4 1=3 6=287",
    "Convolution y 1 1 x y 0=4 1=5 6=288",
    "Convolution y 1 1 x y 0=4 1=9 6=2592",
    "Convolution y 1 1 x y 0=0 1=3 6=0",
    "Convolution y 1 1 x y 0=4 1=3 3=0 6=288",
    "Convolution y 1 1 x y 0=4 1=1.5 6=288",
    "ConvolutionDepthWise y 1 1 x y 0=8 1=3 6=72 7=3",
    "ConvolutionDepthWise y 1 1 x y 0=8 1=3 6=72 7=0",
    "Deconvolution y 1 1 x y 0=4 1=2 3=2 6=100",
    "InnerProduct y 1 1 x y 0=5 2=1681",
    "InnerProduct y 1 1 x y 0=5 2=1675",
    "PReLU y 1 1 x y 0=7",
    "Scale y 1 1 x y 0=9",
    "BatchNorm y 1 1 x y 0=16",
    "GroupNorm y 1 1 x y 0=3 1=8",
    "LayerNorm y 1 1 x y 0=5",
    "Reshape y 1 1 x y 0=41 1=8",
    "Permute y 1 1 x y 0=6",
    "Pooling y 1 1 x y 1=0",
    "Interp y 1 1 x y 0=1 3=100000 4=100000",
    "Padding y 1 1 x y 0=100000000",
    "PixelShuffle y 1 1 x y 0=3",
    "Reorg y 1 1 x y 0=2",
    "Tile y 1 1 x y 0=1 1=100000000",
    "Tile y 1 1 x y 0=3 1=2",
]


def network(*lines):
    made = sum(int(line.split()[3]) for line in lines)
    return parse_param("\n".join(["7767517", f"{len(lines)} {made}", *lines, ""]).encode(), "m")


@pytest.mark.parametrize("line", FITS)
def test_sizes_of_what_fits(line):
    assert check_sizes(network(IMAGE, line), "m")["y"] == FITS[line]


@pytest.mark.parametrize("line", FAILS)
def test_what_does_not_fit_is_refused_by_its_layer(line):
    with pytest.raises(InputError, match=f"layer 'y' \\({line.split()[0]}\\) does not fit what it reads") as caught:
        check_sizes(network(IMAGE, line), "m.param")
    assert caught.value.where == "m.param"


def test_parts_of_a_slice_have_sizes_of_their_own():
    found = check_sizes(network(IMAGE, "Slice s 1 3 x a b c -23300=3,2,-233,-233"), "m")
    assert [found[name] for name in "abc"] == [(2, 7, 6), (3, 7, 6), (3, 7, 6)]


def test_weights_behind_a_layer_that_is_not_known_are_refused():
    lines = ("ArgMax a 1 1 x a", "Convolution y 1 1 a y 0=4 1=3 6=288")
    with pytest.raises(InputError, match="the size of its input is not known"):
        check_sizes(network(IMAGE, *lines), "m")
    assert check_sizes(network(IMAGE, lines[0], "ReLU y 1 1 a y"), "m")["y"] is None


@pytest.mark.parametrize(("first", "second", "made"), [("0=6 1=7 2=8", "0=1 1=1 2=8", (8, 7, 6)), ("0=6", "0=7", None)])
def test_operands_broadcast_or_are_refused(first, second, made):
    lines = (f"Input a 0 1 a {first}", f"Input b 0 1 b {second}", "BinaryOp y 2 1 a b y")
    if made is None:
        with pytest.raises(InputError, match="does not fit"):
            check_sizes(network(*lines), "m")
    else:
        assert check_sizes(network(*lines), "m")["y"] == made


@pytest.mark.parametrize("rank", [2, 3, 4])
def test_each_order_of_axes_has_its_number(rank):
    sizes, numbers = tuple(range(2, 2 + rank)), set()
    for perm in itertools.permutations(range(rank)):
        number = permute_order(perm)
        numbers.add(number)
        assert permuted(sizes, number) == tuple(sizes[axis] for axis in perm)
    assert numbers == set(range(len(numbers)))


WRONG_ENDS = {
    "an operand too few": "BinaryOp y 1 1 x y",
    "two results of one": "ReLU y 1 2 x y z",
    "weights that are read from a blob": "Convolution y 1 1 x y 0=4 1=3 6=288 19=1",
    "an activation without its numbers": "Convolution y 1 1 x y 0=4 1=3 6=288 9=3 -23310=1,0.0",
    "an activation that there is not": "Convolution y 1 1 x y 0=4 1=3 6=288 9=7",
}


@pytest.mark.parametrize("case", WRONG_ENDS)
def test_layers_have_the_blobs_and_parameters_of_their_type(case):
    with pytest.raises(InputError, match="does not fit"):
        check_sizes(network(IMAGE, WRONG_ENDS[case]), "m")


def test_an_output_that_is_said_to_have_another_size_is_refused():
    with pytest.raises(InputError, match=r"output 'y' is said to be \[1, 9\], and is \[8, 7, 6\]"):
        check_sizes(network(IMAGE, "ReLU y 1 1 x y -23329=3,2,1,9"), "m")
