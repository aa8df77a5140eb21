from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.runtime import TensorSpec
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.errors import InputError, RuntimeFailure

IMAGE = np.random.default_rng(0).normal(size=(1, 4, 6, 8)).astype(np.float32)


@pytest.mark.parametrize("kernels", ["xnnpack", "reference", "builtin"])
def test_all_kernels_run_the_same_model(tflite_chain, kernels):
    runner = LiteRtRunner(tflite_chain(), kernels=kernels)
    np.testing.assert_allclose(runner.run({"image": IMAGE})["boxes"], IMAGE + 0.5, rtol=1e-6)


def test_names_come_from_the_signature_or_else_from_tensors(tflite_chain):
    signed, bare = LiteRtRunner(tflite_chain()), LiteRtRunner(tflite_chain(signature=False))
    assert (signed.inputs[0].name, signed.outputs[0].name) == ("image", "boxes")
    assert (bare.inputs[0].name, bare.outputs[0].name) == ("x", "y0")


def test_integer_tensors_carry_scale_and_zero_point(tflite_int8):
    runner = LiteRtRunner(tflite_int8)
    assert runner.inputs == (TensorSpec("image", (1, 2, 3, 8), "int8", 0.5, -3),)


def test_delegation_counts_partitions_and_names_what_is_left(tflite_chain):
    runner = LiteRtRunner(tflite_chain(["CONV_2D", "CONV_2D", "L2_NORMALIZATION", "CONV_2D", "L2_NORMALIZATION"]))
    found = runner.delegation()
    assert (found.partitions, found.delegated_nodes) == (2, 3)
    assert found.left == (("L2_NORMALIZATION", 2),)


def test_nothing_is_delegated_without_the_delegate(tflite_chain):
    found = LiteRtRunner(tflite_chain(["CONV_2D", "CONV_2D"]), kernels="reference").delegation()
    assert (found.partitions, found.delegated_nodes, found.left) == (0, 0, (("CONV_2D", 2),))


@pytest.mark.parametrize("kernels", ["xnnpack", "reference"])
def test_preserved_tensors_can_be_read_layer_by_layer(tflite_chain, kernels):
    runner = LiteRtRunner(tflite_chain(["CONV_2D", "CONV_2D"]), kernels=kernels, preserve_all=True)
    runner.run({"image": IMAGE})
    by_name = {spec.name: index for index, spec in runner.tensors().items()}
    np.testing.assert_allclose(runner.tensor(by_name["y0"]), IMAGE + 0.5, rtol=1e-6)
    assert [op.name for op in runner.operators()] == ["CONV_2D", "CONV_2D"]
    assert runner.operators()[0].outputs == (by_name["y0"],)


def test_a_tensor_inside_a_partition_is_refused_with_a_fix(tflite_chain):
    runner = LiteRtRunner(tflite_chain(["CONV_2D", "CONV_2D"]))
    runner.run({"image": IMAGE})
    inside = next(index for index, spec in runner.tensors().items() if spec.name == "y0")
    with pytest.raises(RuntimeFailure) as caught:
        runner.tensor(inside)
    assert "preserve_all" in (caught.value.fix or "")
    with pytest.raises(RuntimeFailure):
        runner.tensor(9999)


def test_outputs_are_copies_that_a_later_run_leaves_alone(tflite_chain):
    runner = LiteRtRunner(tflite_chain())
    first = runner.run({"image": IMAGE})["boxes"]
    kept = first.copy()
    runner.run({"image": IMAGE * 2})
    np.testing.assert_array_equal(first, kept)


def test_loading_writes_nothing_to_stderr(tflite_chain, capfd):
    LiteRtRunner(tflite_chain()).run({"image": IMAGE})
    assert capfd.readouterr().err == ""


def test_damaged_and_foreign_files_are_refused(tflite_chain, tmp_path):
    path = tmp_path / "model.tflite"
    for content, says in [
        (tflite_chain()[:-40], "truncated"),
        (b"x" * 64, "does not begin as any TFLite model"),
        (b"", "empty"),
    ]:
        path.write_bytes(content)
        with pytest.raises(InputError, match=says) as caught:
            LiteRtRunner(path)
        assert caught.value.where == str(path)


def test_an_op_that_litert_lacks_is_named(tflite_chain):
    with pytest.raises(RuntimeFailure, match="DELEGATE"):
        LiteRtRunner(tflite_chain(["DELEGATE"]))


def test_a_feed_of_another_dtype_is_refused(tflite_chain):
    with pytest.raises(RuntimeFailure, match="float64"):
        LiteRtRunner(tflite_chain()).run({"image": IMAGE.astype(np.float64)})
