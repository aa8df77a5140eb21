"""What shares the place of its input, and what does not."""

from __future__ import annotations

import pytest

from edgeface.cost.fuse import fused, traffic_bytes
from edgeface.cost.network import Layer, Network, Tensor
from edgeface.cost.peak import smallest_peak
from edgeface.cost.work import Uncounted


def network(*layers, outputs=("y",), dtypes=None, shapes=None):
    """Layers as (role, inputs, output), names parted by spaces; tensors of 8 float32 numbers unless said."""
    made = tuple(Layer(out, role, tuple(ins.split()), (out,), Uncounted(role)) for role, ins, out in layers)
    names = ["x", *(out for _, _, out in layers)]
    shapes, dtypes = shapes or {}, dtypes or {}
    tensors = {name: Tensor(name, shapes.get(name, (8,)), dtypes.get(name, "float32")) for name in names}
    return Network("sketch", "onnx", "nchw", ("x",), outputs, made, tensors)


def left(net):
    """The layers that keep a place of their own."""
    return [layer.name for layer in fused(net).layers]


@pytest.mark.parametrize("role", ["activation", "batch_norm", "quantize", "softmax", "elementwise", "view"])
def test_the_only_reader_of_a_tensor_overwrites_it(role):
    net = network(("pool", "x", "a"), (role, "a", "b"), ("pool", "b", "y"))
    assert left(net) == ["a", "y"]
    assert fused(net).layers[1].inputs == ("a",)


@pytest.mark.parametrize("role", ["pool", "join", "permute", "resize", "pad", "split", "reduce", "normalize"])
def test_layers_that_move_numbers_keep_their_own_memory(role):
    assert left(network(("pool", "x", "a"), (role, "a", "b"), ("pool", "b", "y"))) == ["a", "b", "y"]


def test_an_activation_of_a_tensor_with_two_readers_keeps_its_own_memory():
    net = network(("pool", "x", "a"), ("activation", "a", "b"), ("elementwise", "a b", "y"))
    assert left(net) == ["a", "b", "y"]


def test_a_view_of_a_tensor_with_two_readers_shares_its_memory():
    net = network(("pool", "x", "a"), ("view", "a", "b"), ("elementwise", "a b", "y"))
    assert left(net) == ["a", "y"]
    assert fused(net).layers[1].inputs == ("a",)


def test_a_sum_of_two_tensors_keeps_its_own_memory():
    assert left(network(("pool", "x", "a"), ("pool", "x", "b"), ("elementwise", "a b", "y"))) == ["a", "b", "y"]


def test_layers_that_change_the_number_of_elements_keep_their_own_memory():
    net = network(("pool", "x", "a"), ("elementwise", "a", "b"), ("pool", "b", "y"), shapes={"b": (2, 8)})
    assert left(net) == ["a", "b", "y"]


def test_the_input_is_not_overwritten_but_may_be_viewed():
    assert left(network(("activation", "x", "a"), ("pool", "a", "y"))) == ["a", "y"]
    assert left(network(("view", "x", "a"), ("pool", "a", "y"))) == ["y"]


def test_an_output_is_not_overwritten():
    net = network(("pool", "x", "a"), ("activation", "a", "y"), outputs=("a", "y"))
    assert left(net) == ["a", "y"]


def test_an_output_may_overwrite_its_input():
    net = fused(network(("pool", "x", "a"), ("activation", "a", "y")))
    assert net.outputs == ("a",)
    assert smallest_peak(network(("pool", "x", "a"), ("activation", "a", "y"))).bytes == 2 * 32


def test_chains_share_memory():
    net = network(("pool", "x", "a"), ("batch_norm", "a", "b"), ("activation", "b", "c"), ("view", "c", "y"))
    assert left(net) == ["a"]


def test_a_tensor_that_is_there_in_fewer_bits_is_kept_in_those():
    net = network(
        ("pool", "x", "a"), ("quantize", "a", "q"), ("quantize", "q", "d"), ("pool", "d", "y"), dtypes={"q": "int8"}
    )
    assert left(net) == ["a", "y"]
    assert fused(net).tensors["a"].size_bytes == 8
    assert smallest_peak(net).bytes == 40


def test_traffic_is_what_every_layer_that_is_left_reads_and_writes():
    net = network(("pool", "x", "a"), ("activation", "a", "b"), ("pool", "b", "y"))
    assert traffic_bytes(net) == 4 * 32
