"""Networks of some layers, and the sizes of blobs, which ncnn itself only tells of a run."""

from __future__ import annotations

import ncnn
import numpy as np
import pytest

from edgeface.backends.ncnn.files import read_network
from edgeface.backends.ncnn.parts import NcnnParts
from edgeface.backends.ncnn.sizes import known_sizes
from edgeface.errors import InputError

SIZE = "0=15 1=11 2=8"
LAYERS = {
    "convolution": ["Convolution c 1 1 x y 0=4 1=3 3=2 4=1 6=288"],
    "sides of a convolution": ["Convolution c 1 1 x y 0=4 1=3 11=5 2=2 12=1 3=2 13=1 4=1 15=0 14=2 16=3 6=480"],
    "same padding": ["Convolution c 1 1 x y 0=4 1=3 3=2 4=-233 6=288"],
    "depthwise": ["ConvolutionDepthWise c 1 1 x y 0=8 1=3 4=1 6=72 7=8"],
    "deconvolution": ["Deconvolution c 1 1 x y 0=4 1=4 3=2 4=1 18=1 6=512"],
    "full pooling": ["Pooling p 1 1 x y 0=0 1=3 2=2"],
    "valid pooling": ["Pooling p 1 1 x y 0=0 1=3 2=2 5=1"],
    "same pooling": ["Pooling p 1 1 x y 0=1 1=2 2=2 5=2"],
    "global pooling": ["Pooling p 1 1 x y 0=1 4=1"],
    "adaptive pooling": ["Pooling p 1 1 x y 0=1 7=1 8=3 18=2"],
    "product": ["InnerProduct i 1 1 x y 0=7 2=9240"],
    "flatten": ["Flatten f 1 1 x y"],
    "reshape": ["Reshape r 1 1 x y 0=-1 1=8"],
    "reshape that keeps a side": ["Reshape r 1 1 x y 0=0 1=-1 2=4"],
    "permute": ["Permute p 1 1 x y 0=3"],
    "permute two axes": ["Reshape r 1 1 x a 0=-1 1=8", "Permute p 1 1 a y 0=1"],
    "resize": ["Interp i 1 1 x y 0=1 1=2.0 2=3.0"],
    "resize to a size": ["Interp i 1 1 x y 0=2 3=7 4=9"],
    "padding": ["Padding p 1 1 x y 0=1 1=2 2=3 3=0"],
    "slices": ["Slice s 1 2 x a b -23300=2,-233,-233 1=0", "Concat c 2 1 b a y 0=1"],
    "slice of a size": ["Slice s 1 2 x a y -23300=2,3,-233 1=2"],
    "sum": [
        "Split s 1 2 x a b",
        "Pooling p 1 1 a g 0=1 4=1",
        "Reshape r 1 1 g h 0=1 1=1 2=8",
        "BinaryOp o 2 1 b h y 0=2",
    ],
    "mean over sides": ["Reduction r 1 1 x y 0=3 1=0 -23303=2,1,2 4=0 5=1"],
    "mean that keeps sides": ["Reduction r 1 1 x y 0=3 1=0 -23303=2,1,2 4=1 5=1"],
    "pixel shuffle": ["PixelShuffle p 1 1 x y 0=2"],
    "crop": ["Crop c 1 1 x y -23309=2,2,1 -23310=2,-233,-3 -23311=2,0,2"],
    "crop from the end": ["Crop c 1 1 x y -23309=1,-6 -23310=1,20 -23311=1,1"],
    "tile": ["Tile t 1 1 x y 0=1 1=3"],
    "tile of sides": ["Tile t 1 1 x y -23302=2,2,3"],
    "space to depth": ["Pooling p 1 1 x a 0=0 1=2 2=1 5=1", "Reorg r 1 1 a y 0=2"],
    "matrix product": [
        "Split s 1 2 x a b",
        "Reshape r 1 1 a m 0=15 1=88",
        "Reshape q 1 1 b n 0=88 1=15",
        "MatMul o 2 1 m n y",
    ],
    "turned matrix product": [
        "Split s 1 2 x a b",
        "Reshape r 1 1 a m 0=15 1=88",
        "Reshape q 1 1 b n 0=15 1=88",
        "MatMul o 2 1 m n y 0=1",
    ],
    "activation": ["Swish a 1 1 x y"],
}


@pytest.fixture
def write(tmp_path):
    """A .param file of layers that read x."""

    def text(layers, size=SIZE):
        lines = [f"Input x 0 1 x {size}".rstrip(), *layers]
        makes = sum(int(line.split()[3]) for line in lines)
        path = tmp_path / "model.param"
        path.write_text("\n".join(["7767517", f"{len(lines)} {makes}", *lines]) + "\n")
        return path

    return text


def shape_in_ncnn(path, blob):
    """The shape of a blob in a run with weights of zero."""
    net = ncnn.Net()
    assert net.load_param(str(path)) == 0
    assert net.load_model(ncnn.DataReaderFromEmpty()) == 0
    extractor = net.create_extractor()
    extractor.input("x", ncnn.Mat(np.zeros((8, 11, 15), np.float32)).clone())
    _, found = extractor.extract(blob)
    shape = np.array(found).shape
    del extractor
    return shape


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
def test_sizes_are_those_of_a_run(write, layers):
    path = write(layers)
    found = known_sizes(read_network(path), "here")
    assert found["y"] == shape_in_ncnn(path, "y")


@pytest.mark.parametrize(("layers", "size", "said"), [
    (["Convolution c 1 1 x y 0=4 1=3 6=288"], "", "the size of its input is not known"),
    (["Crop c 1 1 x y -23309=1,2"], SIZE, "Crop 'c' makes is not known"),
    (["DetectionOutput d 1 1 x y"], SIZE, "DetectionOutput 'd' makes is not known"),
    (["Convolution c 1 1 x y 0=4 1=30 6=288"], SIZE, "has 288 weights and needs 28800"),
    (["Permute c 1 1 x y 0=30"], SIZE, "does not fit"),
])  # fmt: skip
def test_a_size_that_cannot_be_told_is_refused(write, layers, size, said):
    with pytest.raises(InputError, match=said):
        NcnnParts(write(layers, size))


def test_layers_become_networks_with_what_lies_between_them(write):
    layers = [
        "Convolution c 1 1 x a 0=8 1=1 6=64",
        "Split s 1 2 a a1 a2",
        "Sigmoid g 1 1 a1 b",
        "MemoryData m 0 1 m 0=1 1=1 2=8",
        "BinaryOp p 2 1 b m d 0=2",
        "BinaryOp o 2 1 a2 d y 0=0",
    ]
    path = write(layers)
    parts = NcnnParts(path)
    assert [each.operator for each in parts.operations] == ["Convolution", "Sigmoid", "BinaryOp", "BinaryOp"]

    def kinds(*chosen):
        (text,) = parts.model(chosen).values()
        path.write_bytes(text)
        return [layer.kind for layer in read_network(path).layers]

    assert kinds(0) == ["Input", "Convolution"]
    assert kinds(1) == ["Input", "Sigmoid"]
    assert kinds(2) == ["Input", "MemoryData", "BinaryOp"]
    assert kinds(0, 1) == ["Input", "Convolution", "Split", "Sigmoid"]
    assert kinds(3) == ["Input", "Input", "BinaryOp"]


def test_parts_store_values_as_the_whole(write):
    parts = NcnnParts(write(["Sigmoid g 1 1 x y"], f"{SIZE} 28=1"))
    (text,) = parts.model([0]).values()
    path = write([])
    path.write_bytes(text)
    assert read_network(path).bfloat16
