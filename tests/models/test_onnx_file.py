from __future__ import annotations

import numpy as np
import onnx
import pytest

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.contracts import DetectionOutputs
from edgeface.errors import ContractError, GraphError, InputError
from edgeface.models.onnx_file import open_onnx


@pytest.fixture
def model(seeded_source):
    return onnx.load_from_string(seeded_source.onnx)


@pytest.fixture
def opened(seeded_source, tmp_path):
    """Write a model and open it under the seeded detector's contract, or another."""

    def run(model, contract=None):
        path = tmp_path / "mine.onnx"
        path.write_bytes(model.SerializeToString())
        return open_onnx(path, contract or seeded_source.contract)

    return run


def test_open_sizes_are_pinned_and_the_network_stays_the_same(seeded_source, model, opened, normal):
    for axis, name in ((0, "batch"), (2, "height"), (3, "width")):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
    pinned = opened(model)
    feeds = {"input": normal(1, 3, 64, 96, scale=60)}
    wanted, got = OrtRunner(seeded_source.onnx).run(feeds), OrtRunner(pinned).run(feeds)
    assert list(got) == list(seeded_source.contract.output_names)
    for name, array in wanted.items():
        np.testing.assert_array_equal(got[name], array)
    dims = onnx.load_from_string(pinned).graph.input[0].type.tensor_type.shape.dim
    assert [dim.dim_value for dim in dims] == [1, 3, 64, 96]


def test_outputs_are_those_of_the_contract_in_its_order(seeded_source, model, opened):
    further = onnx.ValueInfoProto(name=model.graph.node[0].output[0])
    model.graph.output.insert(0, further)
    found = onnx.load_from_string(opened(model))
    assert [value.name for value in found.graph.output] == list(seeded_source.contract.output_names)


def test_the_same_file_gives_the_same_bytes(model, opened):
    assert opened(model) == opened(model)


def test_a_network_that_does_not_work_at_the_contract_s_size_is_refused_with_both_sizes(seeded_source, model, opened):
    with pytest.raises(GraphError) as caught:
        opened(model, seeded_source.contract.with_input_size(128, 96))
    assert "at 1×3×128×96 (the file declares 1×3×64×96)" in str(caught.value)


def test_an_unknown_input_or_output_is_refused_with_the_existing_names(seeded_source, model, opened):
    contract = seeded_source.contract
    renamed = contract.model_copy(update={"input": contract.input.model_copy(update={"name": "data"})})
    with pytest.raises(ContractError, match="'data', the model has 'input'"):
        opened(model, renamed)
    with pytest.raises(ContractError, match="no output 'sides'; it has 'boxes', 'scores', 'landmarks'"):
        opened(model, contract.model_copy(update={"outputs": DetectionOutputs(boxes="sides")}))


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08\x07"])
def test_a_file_that_is_not_onnx_is_refused(seeded_source, tmp_path, content):
    path = tmp_path / "mine.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        open_onnx(path, seeded_source.contract)
    assert caught.value.where == str(path)


def test_weights_in_other_files_are_refused(model, opened):
    model.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    with pytest.raises(InputError, match="external files"):
        opened(model)


def test_a_missing_file_is_said_to_be_missing(seeded_source, tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        open_onnx(tmp_path / "absent.onnx", seeded_source.contract)
