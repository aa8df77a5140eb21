"""ncnn's text holds all that a count needs: it gives what the ONNX file of the same network gives."""

from __future__ import annotations

import pytest

from edgeface.backends.ncnn.weight_sizes import WITHOUT
from edgeface.budgets.check import check
from edgeface.cost.counter import count
from edgeface.cost.readers import read_network
from edgeface.cost.readers.ncnn_network import ROLES
from edgeface.errors import GraphError, InputError


@pytest.fixture(scope="module")
def networks(seeded_files):
    return {kind: read_network(seeded_files[kind], kind) for kind in ("onnx", "tflite", "ncnn")}


def test_the_same_network_counts_the_same_in_each_format(networks):
    found = {kind: count(network) for kind, network in networks.items()}
    assert found["ncnn"].macs == found["onnx"].macs == found["tflite"].macs > 1e6
    assert found["ncnn"].lfr_flops == found["onnx"].lfr_flops
    assert found["ncnn"].parameters == found["onnx"].parameters


def test_splits_make_no_tensors_and_inputs_and_outputs_are_whole(networks):
    ncnn, onnx = networks["ncnn"], networks["onnx"]
    assert not any("copy_" in name for name in ncnn.tensors)
    assert [ncnn.tensors[name].shape for name in ncnn.inputs] == [onnx.tensors[name].shape for name in onnx.inputs]
    assert {ncnn.tensors[name].shape for name in ncnn.outputs} == {onnx.tensors[name].shape for name in onnx.outputs}


def test_a_budget_is_checked_with_both_files_sizes(seeded_files):
    found = check(seeded_files["ncnn"], "lfr-light")
    sizes = sum(seeded_files["ncnn"].with_suffix(suffix).stat().st_size for suffix in (".param", ".bin"))
    assert read_network(seeded_files["ncnn"], "m").file_bytes == sizes
    assert found.memory is not None


def test_no_weights_are_needed_to_count(seeded_files, tmp_path, networks):
    alone = tmp_path / "alone.param"
    alone.write_bytes(seeded_files["ncnn"].read_bytes())
    assert count(read_network(alone, "m")).macs == count(networks["ncnn"]).macs


def test_another_size_is_refused(seeded_files):
    with pytest.raises(InputError, match="the sizes in an ncnn file are fixed"):
        read_network(seeded_files["ncnn"], "m", (32, 32))


def test_a_layer_of_unknown_work_is_refused_by_name(tmp_path):
    model = tmp_path / "m.param"
    model.write_text("7767517\n2 2\nInput x 0 1 x 0=4 1=4 2=3\nLSTM y 1 1 x y\n")
    with pytest.raises(GraphError, match=r"LSTM"):
        read_network(model, "m")


def test_every_layer_without_weights_that_is_known_has_a_role():
    assert set(ROLES) | {"Pooling", "MatMul", "Input", "Split", "CopyTo"} >= WITHOUT
