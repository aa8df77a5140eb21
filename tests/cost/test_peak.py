"""The smallest peak of activation memory, against every order of small networks."""

from __future__ import annotations

import itertools
import random

import pytest

from edgeface.cost import orders
from edgeface.cost.network import Layer, Network, Tensor
from edgeface.cost.peak import smallest_peak
from edgeface.cost.work import Uncounted


def network(*layers, inputs=("x",), outputs=("y",), **sizes):
    """Layers as (inputs, outputs), names parted by spaces; sizes in bytes, 1 by default. Nothing shares a place."""
    made = tuple(
        Layer(f"makes {outs}", "Pool", tuple(ins.split()), tuple(outs.split()), Uncounted("pool"))
        for ins, outs in layers
    )
    names = {*inputs, *(name for layer in made for name in layer.outputs)}
    tensors = {name: Tensor(name, (sizes.get(name, 1),), "uint8") for name in names}
    return Network("sketch", "onnx", "nchw", inputs, outputs, made, tensors)


def drawn(rng, layers, reach=8, parts=3):
    """A random network: each layer reads up to `parts` of the `reach` tensors before it."""
    names, found = ["x"], []
    for index in range(layers):
        outs = [f"t{index}"] + [f"u{index}"] * (rng.random() < 0.2)
        ins = rng.sample(names[-reach:], min(len(names), rng.randint(1, parts)))
        found.append((" ".join(ins), " ".join(outs)))
        names += outs
    outputs = tuple(dict.fromkeys([names[-1], *rng.sample(names, min(len(names), rng.randint(0, 2)))]))
    sizes = {name: rng.choice([1, 2, 3, 10, 40]) for name in names}
    return network(*found, outputs=outputs, **sizes)


def peak_of(net, order):
    live, peak = set(net.inputs), 0
    for place, index in enumerate(order):
        layer = net.layers[index]
        live |= set(layer.outputs)
        peak = max(peak, sum(net.tensors[name].size_bytes for name in live))
        needed = {name for later in order[place + 1 :] for name in net.layers[later].inputs} | set(net.outputs)
        live -= {name for name in (*layer.inputs, *layer.outputs) if name not in needed}
    return peak


def orders_of(net):
    for order in itertools.permutations(range(len(net.layers))):
        ready = set(net.inputs)
        for index in order:
            if not ready.issuperset(net.layers[index].inputs):
                break
            ready |= set(net.layers[index].outputs)
        else:
            yield order


@pytest.mark.parametrize("seed", range(60))
def test_no_order_of_a_small_network_needs_less(seed):
    rng = random.Random(seed)
    net = drawn(rng, rng.randint(1, 6))
    found = smallest_peak(net)
    assert found.bytes == min(peak_of(net, order) for order in orders_of(net))
    assert found.in_file_order == peak_of(net, range(len(net.layers)))
    assert found.optimal


@pytest.mark.parametrize("seed", range(4))
def test_no_order_of_eight_layers_needs_less(seed):
    net = drawn(random.Random(seed), 8)
    assert smallest_peak(net).bytes == min(peak_of(net, order) for order in orders_of(net))


BRANCHES = network(("x", "a"), ("x", "b"), ("a", "c"), ("b", "d"), ("c d", "y"), a=100, b=100)


def test_branches_run_one_after_another_where_the_file_runs_them_in_turns():
    found = smallest_peak(BRANCHES)
    assert (found.bytes, found.in_file_order, found.optimal) == (102, 201, True)


def test_the_layer_of_the_peak_is_named():
    net = network(("x", "a"), ("a", "b"), ("b", "y"), a=5, b=9)
    assert smallest_peak(net).at == "makes b"


def test_inputs_that_nothing_reads_and_outputs_stay():
    net = network(("x", "a"), ("a", "y"), inputs=("x", "idle"), outputs=("a", "y"), idle=50, a=7)
    assert smallest_peak(net).bytes == 50 + 7 + 1


def test_an_unread_result_is_there_while_its_layer_runs():
    assert smallest_peak(network(("x", "a dropped"), ("a", "y"), dropped=30)).bytes == 32


def test_a_network_without_layers_needs_nothing():
    assert smallest_peak(network(outputs=("x",))).bytes == 0


def test_a_long_chain_is_optimal():
    names = ["x", *(f"t{i}" for i in range(3000))]
    found = smallest_peak(network(*itertools.pairwise(names), outputs=(names[-1],)))
    assert (found.bytes, found.optimal) == (2, True)


def test_a_long_chain_of_residual_blocks_is_optimal():
    layers = [("x", "t0")]
    for i in range(700):
        layers += [(f"t{i}", f"a{i}"), (f"a{i}", f"b{i}"), (f"t{i} b{i}", f"t{i + 1}")]
    found = smallest_peak(network(*layers, outputs=("t700",)))
    assert (found.bytes, found.optimal) == (3, True)


@pytest.mark.parametrize("layers", [400, 3000])
def test_a_search_that_grows_too_large_is_given_up(layers):
    net = drawn(random.Random(1), layers, reach=40)
    found = smallest_peak(net)
    assert not found.optimal
    assert 0 < found.bytes <= found.in_file_order


def test_a_search_that_is_given_up_takes_the_greedy_order(monkeypatch):
    monkeypatch.setattr(orders, "MAX_WORK", 0)
    found = smallest_peak(BRANCHES)
    assert found.bytes <= found.in_file_order


@pytest.mark.slow
def test_work_is_linear_in_the_number_of_layers():
    """Twenty thousand side by side."""
    wide = [("x", f"t{i}") for i in range(10_000)]
    layers = [*wide, *((f"t{i}", f"u{i}") for i in range(10_000))]
    assert smallest_peak(network(*layers, outputs=("u0",))).bytes <= 10_001
