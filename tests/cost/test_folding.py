"""Whose a bias is, from each kind of evidence, in networks of a few layers."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.tflite.decompose_average import decompose_average
from edgeface.backends.tflite.emit import write_tflite
from edgeface.cost.counter import count
from edgeface.cost.folding import embedding_width, is_embedder, unfold
from edgeface.cost.network import Layer, Network, Tensor
from edgeface.cost.readers.tflite_network import read_tflite
from edgeface.cost.record import bias_record, own_biases
from edgeface.cost.recorded import OWN_BIASES, digest
from edgeface.cost.work import Convolution, Dense, Uncounted
from edgeface.graph.ops.conv import Conv
from edgeface.graph.ops.spatial import AveragePool

CHANNELS, SIDE = 4, 6
MAP = (1, CHANNELS, SIDE, SIDE)
VECTOR = (1, CHANNELS, 1, 1)
ROW = (1, CHANNELS)


class Draft:
    """A network written down layer by layer; every tensor has 4 channels."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {"x": Tensor("x", MAP)}
        self.layers: list[Layer] = []

    def layer(self, made, reads, work, weights=(), shape=None, op="Op", statistics=()):
        reads = tuple(reads.split())
        self.tensors[made] = Tensor(made, shape or self.tensors[reads[0]].shape)
        for name in (*weights, *statistics):
            self.tensors[name] = Tensor(name, (CHANNELS,), constant=True)
        self.layers.append(Layer(made, op, reads, (made,), work, tuple(weights), tuple(statistics)))
        return self

    def conv(self, made, reads, weights=(), bias="own"):
        pixels = 1 if self.tensors[reads].shape == VECTOR else SIDE * SIDE
        names = weights or ((f"{made}_w", f"{made}_b") if bias == "own" else (f"{made}_w",))
        return self.layer(made, reads, Convolution(CHANNELS, CHANNELS, 1, 1, pixels, bias), names, op="Conv")

    def dense(self, made, reads, weights=(), bias="own"):
        names = weights or ((f"{made}_w", f"{made}_b") if bias == "own" else (f"{made}_w",))
        return self.layer(made, reads, Dense(CHANNELS, CHANNELS, 1, bias), names, ROW, op="Gemm")

    def role(self, role, made, reads, shape=None):
        return self.layer(made, reads, Uncounted(role), shape=shape)

    def batch_norm(self, made, reads):
        return self.layer(
            made, reads, Uncounted("batch_norm"), (f"{made}_g", f"{made}_s"), statistics=(f"{made}_m", f"{made}_v")
        )

    def network(self, *outputs, **more):
        return Network("draft", "onnx", "nchw", ("x",), outputs, tuple(self.layers), self.tensors, **more)


def recognizer(*, conv=(), dense=(), dense_bias="own"):
    """Convolution, activation, convolution, pooling to a vector and a fully connected layer."""
    draft = Draft().conv("a", "x", conv).role("activation", "b", "a").conv("c", "b")
    return draft.role("view", "d", "c", ROW).dense("y", "d", dense, dense_bias).network("y")


def folded_names(network: Network) -> set[str]:
    settled = unfold(network).network.layers
    return {layer.name for layer in settled if getattr(layer.work, "bias", "") == "folded"}


def test_where_batch_norm_still_follows_biases_are_the_networks_own():
    network = Draft().conv("a", "x").batch_norm("b", "a").conv("c", "b").network("c")
    found = unfold(network)
    assert (found.evidence, found.folded, found.doubtful_flops) == ("not folded", 0, 0)
    assert found.network is network


@pytest.mark.parametrize("between", ["view", "quantize"])
def test_batch_norm_is_found_after_a_view(between):
    draft = Draft().conv("a", "x").role(between, "b", "a").batch_norm("c", "b").role("activation", "d", "c")
    assert unfold(draft.conv("y", "d").network("y")).evidence == "not folded"


def test_batch_norm_before_a_convolution_alone_does_not_tell_that_none_was_folded():
    network = Draft().batch_norm("a", "x").conv("b", "a").role("activation", "c", "b").conv("y", "c").network("y", "c")
    assert unfold(network).evidence == "structure"
    assert folded_names(network) == {"b"}


def test_a_network_without_a_bias_has_nothing_to_settle():
    network = Draft().conv("a", "x", bias="none").role("activation", "b", "a").conv("y", "b", bias="none").network("y")
    found = unfold(network)
    assert (found.evidence, found.folded) == ("not folded", 0)
    assert count(network).as_it_stands == count(network).lfr_flops


@pytest.mark.parametrize(
    ("conv", "dense"),
    [
        (("onnx::Conv_7", "onnx::Conv_8"), ("fc.weight", "fc.bias")),
        (("conv.weight", "conv.weight_bias"), ("fc.weight", "fc.bias")),
        (("onnx::Conv_7_quantized", "onnx::Conv_8_quantized"), ("fc.weight_quantized", "fc.bias_quantized")),
        (("conv.weight_quantized", "conv.weight_bias_quantized"), ("p_fc_weight", "p_fc_bias")),
    ],
)
def test_exporters_name_a_folded_bias_in_another_way_than_a_parameter(conv, dense):
    network = recognizer(conv=conv, dense=dense)
    found = unfold(network)
    assert (found.evidence, found.doubtful_flops) == ("names", 0)
    assert folded_names(network) == {"a", "c"}


def test_names_tell_a_biased_fully_connected_layer_from_one_that_batch_norm_left_a_bias():
    network = recognizer(conv=("onnx::Conv_7", "onnx::Conv_8"), dense=("fc.weight", "fc.weight_bias"))
    assert folded_names(network) == {"a", "c", "y"}


def test_names_of_quantized_heads_are_still_their_own():
    draft = Draft().conv("a", "x", ("onnx::Conv_7_quantized", "onnx::Conv_8_quantized")).role("activation", "b", "a")
    for head in ("boxes", "scores"):
        draft.conv(head, "b", (f"{head}.weight_quantized", f"{head}.bias_quantized"))
    assert folded_names(draft.network("boxes", "scores")) == {"a"}


def test_a_bias_without_a_parameters_name_is_folded_where_others_have_one():
    draft = Draft().conv("a", "x", ("a.weight", "a.bias")).role("activation", "b", "a")
    mixed = draft.conv("c", "b").role("activation", "d", "c").conv("y", "d", ("y.weight", "y.bias")).network("y", "d")
    assert folded_names(mixed) == {"c"}
    assert unfold(mixed).evidence == "names"


def detector() -> Network:
    """Two layers, then two heads: one through softmax, both through views."""
    draft = Draft().conv("a", "x").role("activation", "b", "a").conv("c", "b").role("activation", "d", "c")
    draft.conv("e", "d").role("permute", "f", "e").role("view", "boxes", "f")
    draft.conv("g", "d").role("view", "h", "g").role("softmax", "scores", "h")
    return draft.network("boxes", "scores")


def test_by_structure_the_heads_of_a_detector_have_their_own_biases():
    found = unfold(detector())
    assert (found.evidence, found.folded, found.doubtful_flops) == ("structure", 2, 0)
    assert folded_names(detector()) == {"a", "c"}


def test_by_structure_squeeze_and_excitation_has_its_own_biases():
    draft = Draft().conv("a", "x").role("activation", "b", "a").role("global_pool", "c", "b", VECTOR)
    draft.conv("d", "c").role("activation", "e", "d").conv("f", "e").role("activation", "g", "f")
    draft.role("elementwise", "h", "b g").conv("i", "h").role("view", "j", "i", ROW).dense("y", "j")
    assert folded_names(draft.network("y")) == {"a", "i"}


def test_by_structure_a_convolution_that_makes_the_embedding_is_folded():
    draft = (
        Draft()
        .conv("a", "x")
        .role("activation", "b", "a")
        .layer("c", "b", Convolution(CHANNELS, CHANNELS, SIDE * SIDE, 1, 1, "own"), ("w", "s"), VECTOR, op="Conv")
    )
    network = draft.role("view", "y", "c", ROW).network("y")
    assert is_embedder(network)
    assert folded_names(network) == {"a", "c"}


def test_the_bias_of_the_embedding_layer_is_its_own_but_doubtful_where_the_file_does_not_say():
    found = unfold(recognizer())
    assert (found.evidence, found.folded, found.doubtful_flops) == ("structure", 2, CHANNELS)


def test_there_is_no_doubt_about_an_embedding_layer_without_a_bias():
    found = unfold(recognizer(dense_bias="none"))
    assert (found.folded, found.doubtful_flops) == (2, 0)


def test_what_folding_left_counts_as_batch_norms_parameters_and_statistics():
    folded = Draft().conv("a", "x").role("activation", "b", "a").conv("y", "b").network("y", "b")
    kept = (
        Draft().conv("a", "x", bias="none").batch_norm("n", "a").role("activation", "b", "n").conv("y", "b")
    ).network("y", "b")
    assert count(folded).parameters == count(kept).parameters
    assert count(folded).statistics == count(kept).statistics
    assert count(folded).lfr_flops == count(kept).lfr_flops
    assert count(folded).as_it_stands == count(kept).lfr_flops + CHANNELS * SIDE * SIDE


@pytest.mark.parametrize(
    ("shape", "width"), [((1, 4), 4), ((1, 4, 1, 1), 4), ((4,), 4), ((1, 1), None), ((1, 4, 6, 6), None)]
)
def test_an_embedder_makes_one_vector(shape, width):
    network = Draft().role("activation", "y", "x", shape).network("y")
    assert embedding_width(network) == width


def test_a_network_with_two_outputs_is_not_an_embedder():
    network = Draft().role("view", "y", "x", ROW).role("view", "z", "x", ROW).network("y", "z")
    assert not is_embedder(network)


def test_a_convolution_that_replaces_pooling_is_not_counted(make_graph, tmp_path):
    """A target may pool by a convolution with equal weights; the record says so, and the count stays the network's."""
    rows = [(Conv(), "x w b", "a"), (AveragePool((2, 2), (2, 2)), "a", "y")]
    constants = {"w": np.ones((4, 3, 1, 1), np.float32), "b": np.ones(4, np.float32)}
    defined = make_graph({"x": (1, 3, 8, 6)}, rows, constants)
    spelled = decompose_average(defined)
    record = bias_record(spelled, own_biases(defined))
    assert record == {
        OWN_BIASES: f"2 {digest('w')}1 {digest('a/mean' if 'a/mean' in spelled.constants else 'y/mean')}x"
    }

    def cost(metadata):
        path = tmp_path / "model.tflite"
        path.write_bytes(write_tflite(spelled, metadata=metadata))
        found = count(read_tflite(path))
        return found.macs, found.parameters

    assert cost({name: text.encode() for name, text in record.items()}) == (8 * 6 * 4 * 3, 16)
    assert cost({})[0] > 8 * 6 * 4 * 3
