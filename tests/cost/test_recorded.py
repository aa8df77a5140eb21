"""The record of own biases belongs to weights by their names, so that other tools' changes cannot turn it round."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import onnx
import pytest

from edgeface.budgets.check import check
from edgeface.cost.counter import count
from edgeface.cost.folding import unfold
from edgeface.cost.network import Layer, Network, Tensor
from edgeface.cost.readers.onnx_network import read_onnx_network
from edgeface.cost.readers.tflite_network import read_tflite
from edgeface.cost.recorded import OWN_BIASES, digest
from edgeface.cost.work import Convolution


def network(record, *weights, biases=(True, True, True), chain=False):
    """Three convolutions, side by side or one after another; `weights` are the names of theirs."""
    tensors = {f"t{i}": Tensor(f"t{i}", (1, 4, 6, 6)) for i in range(4)}
    layers = []
    for at, (name, biased) in enumerate(zip(weights, biases, strict=True)):
        read = (name, f"{name}_bias") if biased else (name,)
        tensors |= {n: Tensor(n, (4, 4, 1, 1) if n == name else (4,), constant=True) for n in read}
        work = Convolution(4, 4, 1, 1, 36, "own" if biased else "none")
        layers.append(Layer(f"layer{at}", "Conv", (f"t{at if chain else 0}",), (f"t{at + 1}",), work, read))
    return Network(
        "n", "onnx", "nchw", ("t0",), ("t1", "t2", "t3"), tuple(layers), tensors, metadata={OWN_BIASES: record}
    )


def by_name(**marks):
    return " ".join(["2", *(digest(name) + mark for name, mark in marks.items())])


def folded(found):
    return {layer.name for layer in found.network.layers if layer.work.bias == "folded"}


@pytest.mark.parametrize("order", ["abc", "cab", "cba"])
def test_a_mark_belongs_to_a_weights_name_in_any_order(order):
    found = unfold(network(by_name(a="1", b="0", c="1"), *order))
    assert (found.evidence, found.unused_record) == ("recorded", "")
    assert folded(found) == {f"layer{order.index('b')}"}


@pytest.mark.parametrize("suffix", ["/stored", "/float16", "/flipped/stored", "_quantized"])
def test_a_stored_form_of_the_weights_is_known(suffix):
    found = unfold(network(by_name(a="0", b="1", c="1"), *(name + suffix for name in "abc")))
    assert folded(found) == {"layer0"}


def test_a_layer_without_a_bias_is_marked_too():
    found = unfold(network(by_name(a="0", b="0", c="1"), *"abc", biases=(False, True, True)))
    assert folded(found) == {"layer1"}


@pytest.mark.parametrize(
    ("record", "weights"),
    [
        (by_name(a="1", b="0", c="1"), "abd"),
        (by_name(a="1", b="0", c="1"), "abb"),
        (by_name(a="1", b="0"), "abc"),
        (by_name(a="1", b="0", c="1", d="0"), "abc"),
        (by_name(a="1", b="0", c="?"), "abc"),
        ("2", "abc"),
        ("2 a b c", "abc"),
        ("3 " + by_name(a="1", b="0", c="1")[2:], "abc"),
        ("110", "abc"),
        ("11", "abc"),
        ("1111", "abc"),
        ("11y", "abc"),
        (by_name(a="1", b="x", c="1"), "abc"),
        ("xxx", "abc"),
        ('{"a": 1}', "abc"),
    ],
)
def test_a_record_that_is_not_of_these_layers_is_not_used_and_that_is_said(record, weights):
    given = network(record, *weights)
    found = unfold(given)
    without = unfold(replace(given, metadata={}))
    assert (found.evidence, folded(found)) == (without.evidence, folded(without))
    assert found.unused_record
    assert count(given).folding()["unused_record"] == found.unused_record
    assert count(given).lfr_flops == count(replace(given, metadata={})).lfr_flops


def test_an_old_record_by_position_is_used_where_the_names_confirm_it():
    names = ("conv1.weight", "conv2_output_0/weight", "conv3_output_0/weight/stored")
    assert folded(unfold(network("100", *names))) == {"layer1", "layer2"}
    reordered = unfold(network("100", *reversed(names)))
    assert reordered.evidence != "recorded"
    assert reordered.unused_record


@pytest.mark.parametrize("record", ["100", "010", "111"])
def test_an_old_record_by_position_is_used_where_only_one_order_is_possible(record):
    found = unfold(network(record, "a", "b/weight", "c", chain=True))
    assert found.evidence == "recorded"
    assert folded(found) == {f"layer{at}" for at, mark in enumerate(record) if mark == "0"}


def reorder(model, seed):
    """The nodes in another order that is one of execution, as other tools write them."""
    shuffled = random.Random(seed)
    ready = {v.name for v in model.graph.input} | {t.name for t in model.graph.initializer} | {""}
    waiting, ordered = list(model.graph.node), []
    while waiting:
        startable = [node for node in waiting if ready.issuperset(node.input)]
        node = shuffled.choice(startable)
        waiting.remove(node)
        ordered.append(node)
        ready.update(node.output)
    del model.graph.node[:]
    model.graph.node.extend(ordered)
    return model


@pytest.fixture(scope="module")
def emitted(seeded_source):
    """The default network as onnx-fp32 at 64×96, with its record."""
    from edgeface.backends import target
    from edgeface.backends.target import EmitOptions
    from edgeface.cost.record import bias_record, own_biases
    from edgeface.graph.onnx_reader import read_onnx
    from edgeface.passes import run_passes
    from edgeface.quantize.plan import QuantPlan

    defined = read_onnx(seeded_source.onnx)
    graph = run_passes(run_passes(defined), target("onnx-fp32").legalize)
    options = EmitOptions(metadata=bias_record(graph, own_biases(defined)))
    return count(read_onnx_network(seeded_source.onnx, "defined")), onnx.load_from_string(
        target("onnx-fp32").emit_model(graph, QuantPlan(), options)
    )


@pytest.mark.parametrize("seed", range(6))
def test_a_detector_whose_nodes_another_tool_reordered_counts_the_same(emitted, seed):
    defined, model = emitted
    changed = reorder(onnx.ModelProto.FromString(model.SerializeToString()), seed)
    assert [n.output[0] for n in changed.graph.node] != [n.output[0] for n in model.graph.node]
    found = count(read_onnx_network(changed.SerializeToString(), "reordered"))
    assert (found.lfr_flops, found.evidence, found.unused_record) == (defined.lfr_flops, "recorded", "")


def test_renamed_weights_are_counted_without_the_record_and_the_notes_say_so(emitted, tmp_path):
    _, model = emitted
    changed = onnx.ModelProto.FromString(model.SerializeToString())
    names = {tensor.name: f"t{at}" for at, tensor in enumerate(changed.graph.initializer)}
    for tensor in changed.graph.initializer:
        tensor.name = names[tensor.name]
    for node in changed.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
    onnx.save(changed, tmp_path / "renamed.onnx")
    checked = check(tmp_path / "renamed.onnx", input_size=(64, 96))
    assert checked.complexity.evidence != "recorded"
    assert any("record of own biases in the file is not used" in note for note in checked.notes)
    assert checked.document()["folding"]["unused_record"]


def test_a_mark_cannot_make_a_convolutions_work_disappear(sketch):
    x = sketch.input(1, 8, 8, 4)
    equal = sketch.depthwise(x, (1, 8, 8, 4), sketch.ones(1, 3, 3, 4), sketch.const(np.zeros(4, np.float32)))
    uneven = sketch.const(np.arange(36, dtype=np.float32).reshape(1, 3, 3, 4))
    path = sketch.save(
        sketch.depthwise(equal, (1, 8, 8, 4), uneven, sketch.const(np.zeros(4, np.float32))),
        metadata={OWN_BIASES: by_name(constant1="x", constant4="x").encode()},
    )
    found = count(read_tflite(path))
    assert "average pooling" in found.unused_record
    assert found.macs == 2 * 64 * 9 * 4
