from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.open import open_runner
from edgeface.backends.openvino.compiled import compile_network, read_network
from edgeface.backends.openvino.profile import openvino_profile
from edgeface.backends.openvino.values import openvino_values
from edgeface.errors import InputError, RuntimeFailure


@pytest.fixture
def feed(normal):
    return {"x": normal(1, 3, 11, 9)}


def test_any_number_of_threads_gives_the_same(written, feed):
    one, two = (open_runner(written(), threads).run(feed) for threads in (1, 2))
    for key, wanted in one.items():
        np.testing.assert_allclose(two[key], wanted, atol=1e-6)


def test_a_model_is_compiled_in_float32_with_the_threads_that_were_asked_for(written):
    compiled = compile_network(read_network(written()), "here", threads=2)
    assert "float32" in str(compiled.get_property("INFERENCE_PRECISION_HINT"))
    assert compiled.get_property("INFERENCE_NUM_THREADS") == 2
    assert compiled.get_property("NUM_STREAMS") == 1
    assert compiled.get_property("ENABLE_CPU_PINNING") is False


@pytest.mark.parametrize("wrong", [{}, {"x": np.zeros((1, 3, 11, 8), np.float32)}, {"y": np.zeros(1, np.float32)}])
def test_feeds_that_do_not_fit_are_refused_before_openvino_sees_them(written, wrong):
    with pytest.raises(RuntimeFailure):
        open_runner(written()).run(wrong)


def test_every_value_can_be_read(network, written, feed, evaluate):
    found = openvino_values(network, written(), feed)
    assert {"a", "b", "c", "d", "e", "y"} <= found.keys()
    for key, wanted in evaluate(network, feed).items():
        np.testing.assert_allclose(found[key], wanted, atol=1e-5)


def test_values_of_integers_are_the_numbers_that_they_stand_for(network, written, feed):
    exact, rounded = (openvino_values(network, written(name), feed) for name in ("openvino-fp32", "openvino-int8"))
    assert np.abs(rounded["a"] - exact["a"]).max() < 0.05 * np.abs(exact["a"]).max()


def test_every_layer_that_runs_is_timed(written, feed):
    found = openvino_profile(written(), feed, 1)
    assert sum("Convolution" in time.operator for time in found) == 3
    assert len({time.name for time in found}) == len(found)
    assert all(time.median_ms >= 0 for time in found)


def test_a_missing_file_of_weights_is_named(written):
    model = written()
    model.with_suffix(".bin").unlink()
    with pytest.raises(InputError, match=r"there is no model\.bin beside it"):
        open_runner(model)


def test_openvino_s_own_refusal_is_told(written):
    model = written()
    text = model.read_text().replace('strides="2, 2"', 'strides="2, 2, 2"')
    model.write_text(text)
    with pytest.raises(RuntimeFailure, match="OpenVINO cannot load the model: ") as caught:
        open_runner(model)
    assert caught.value.where == str(model)
