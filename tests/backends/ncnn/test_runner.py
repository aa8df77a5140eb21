from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.ncnn.files import check_weights, read_network
from edgeface.backends.ncnn.inspect import inspect_ncnn
from edgeface.backends.ncnn.profile import ncnn_profile
from edgeface.backends.ncnn.runner import NcnnRunner
from edgeface.backends.ncnn.values import ncnn_values
from edgeface.backends.ncnn.weight_sizes import weight_bytes
from edgeface.backends.open import open_runner
from edgeface.errors import InputError, RuntimeFailure

FOREIGN = "7767517\n2 2\nInput data 0 1 data{}\nPooling pool 1 1 data pooled 0=1 1=2 2=2\n"


@pytest.fixture
def feed(normal):
    return {"x": normal(1, 3, 6, 5)}


@pytest.fixture
def foreign(tmp_path):
    """A file of another tool: it says no shape of outputs, and may leave out its input's."""

    def write(sizes=" 0=4 1=6 2=3"):
        (tmp_path / "other.param").write_text(FOREIGN.format(sizes))
        (tmp_path / "other.bin").write_bytes(b"")
        return tmp_path / "other.param"

    return write


def test_outputs_have_the_graph_s_names_shapes_and_numbers(small, written, feed, evaluate):
    runner = open_runner(written())
    found, expected = runner.run(feed), evaluate(small, feed)
    assert {spec.name: spec.shape for spec in runner.outputs} == {k: v.shape for k, v in expected.items()}
    for key, wanted in expected.items():
        np.testing.assert_allclose(found[key], wanted, atol=1e-5)


def test_any_number_of_threads_gives_the_same(written, feed):
    one, two = (open_runner(written(), threads).run(feed) for threads in (1, 2))
    for key, wanted in one.items():
        np.testing.assert_allclose(two[key], wanted, atol=1e-6)


def test_values_in_bfloat16_are_what_the_file_asks_for_and_the_weights_are_the_same(written, feed, tmp_path):
    exact = NcnnRunner(written()).run(feed)
    weights = (tmp_path / "model.bin").read_bytes()
    rounded = NcnnRunner(written(name="ncnn-bf16"))
    assert (tmp_path / "model.bin").read_bytes() == weights
    assert rounded.network.bfloat16
    gap = np.abs(rounded.run(feed)["y"] - exact["y"]).max()
    assert 1e-4 < gap < 0.05


def test_every_value_outside_a_layer_can_be_read(small, written, feed, evaluate):
    found = ncnn_values(small, written(), feed)
    assert set(found) == {"r", "l", "s", "y"}
    expected = evaluate(small, feed, "l", "s")
    for key, array in found.items():
        np.testing.assert_allclose(array, expected[key], atol=1e-5)


def test_layers_are_counted_and_timed_one_by_one(written, feed):
    facts = inspect_ncnn(written()).facts
    assert facts == {
        "operators": {"BinaryOp": 1, "Convolution": 2, "ReLU": 1},
        "transposes": 0,
        "integer_layers": 0,
        "storage": "float32",
    }
    times = ncnn_profile(written(), feed, 1)
    assert [each.operator for each in times] == ["Convolution", "ReLU", "BinaryOp", "Convolution"]
    assert all(each.median_ms > 0 for each in times)


def test_files_of_other_tools_run_with_shapes_found_by_a_run(foreign, normal):
    runner = NcnnRunner(foreign())
    image = normal(1, 3, 6, 4)
    found = runner.run({"data": image})["pooled"]
    assert [spec.shape for spec in (*runner.inputs, *runner.outputs)] == [(1, 3, 6, 4), (1, 3, 3, 2)]
    np.testing.assert_allclose(found, image.reshape(1, 3, 3, 2, 2, 2).mean((3, 5)), atol=1e-6)


def test_an_input_without_a_size_is_refused_with_the_line_to_change(foreign):
    with pytest.raises(InputError, match="does not say the size of its input 'data'") as caught:
        NcnnRunner(foreign(""))
    assert "0=width 1=height 2=channels" in caught.value.fix


@pytest.mark.parametrize("change", [lambda data: data[:-4], lambda data: data + bytes(4), lambda data: b""])
def test_weights_of_another_length_are_refused(written, tmp_path, change):
    model, weights = written(), tmp_path / "model.bin"
    weights.write_bytes(change(weights.read_bytes()))
    with pytest.raises(InputError, match=r"the network reads|unknown type"):
        NcnnRunner(model)


def test_weights_of_an_unknown_type_are_refused(written, tmp_path):
    model, weights = written(), tmp_path / "model.bin"
    weights.write_bytes(b"\1\2\3\4" + weights.read_bytes()[4:])
    with pytest.raises(InputError, match="unknown type"):
        NcnnRunner(model)


def test_missing_weights_are_named(written, tmp_path):
    model = written()
    (tmp_path / "model.bin").unlink()
    with pytest.raises(InputError, match=r"there is no model\.bin beside it"):
        NcnnRunner(model)


def test_a_layer_that_ncnn_lacks_is_named(written):
    model = written()
    model.write_text(model.read_text().replace("BinaryOp s", "NoSuchLayer s"))
    with pytest.raises(InputError, match="has no layer NoSuchLayer"):
        NcnnRunner(model)


def test_a_binary_param_file_and_other_formats_are_told_apart(written, seeded_files):
    model = written()
    model.write_bytes(b"\xdd\x85\x76\x00" + bytes(64))
    with pytest.raises(InputError, match="binary form"):
        open_runner(model)
    model.write_bytes(seeded_files["tflite"].read_bytes())
    with pytest.raises(InputError, match="TensorFlow Lite network"):
        open_runner(model)


def test_a_feed_that_does_not_fit_never_reaches_ncnn(written, normal):
    with pytest.raises(RuntimeFailure, match=r"float32\[1, 3, 6, 5\]"):
        NcnnRunner(written()).run({"x": normal(1, 3, 5, 6)})


def test_sizes_of_weights_are_known_and_checked_for_what_an_export_writes(network, written):
    model = written(network)
    found = read_network(model)
    check_weights(found, model.with_suffix(".bin"))
    with model.with_suffix(".bin").open("rb") as stream:
        assert weight_bytes(found.layers, stream, "m") == model.with_suffix(".bin").stat().st_size
