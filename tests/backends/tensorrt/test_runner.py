from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.tensorrt.cuda.driver import look_for_gpus
from edgeface.backends.tensorrt.loaded_engine import LoadedEngine
from edgeface.backends.tensorrt.runner import EngineRunner
from edgeface.errors import InputError, RuntimeFailure

without_gpu = pytest.mark.skipif(bool(look_for_gpus().gpus), reason="there is a GPU")
with_gpu = pytest.mark.skipif(not look_for_gpus().gpus, reason="needs an NVIDIA GPU")


@pytest.fixture
def damaged(tmp_path):
    path = tmp_path / "model.sm86.engine"
    path.write_bytes(b"no engine at all")
    return path


@pytest.fixture
def engine_file(integer_onnx, tmp_path):
    """`integer_onnx` for the GPU that is here, batches of 1 to 8."""
    from edgeface.backends.tensorrt.build import build_engine
    from edgeface.backends.tensorrt.request import BatchProfile, EngineRequest

    path = tmp_path / "small.engine"
    path.write_bytes(build_engine(integer_onnx, EngineRequest((), BatchProfile(1, 4, 8), where="small.onnx")).plan)
    return path


def test_a_file_that_is_no_engine_is_refused_with_tensorrts_own_words(tensorrt, damaged):
    with pytest.raises(RuntimeFailure, match=r"cannot load the engine: .*\w") as caught:
        LoadedEngine(damaged, tensorrt)
    assert caught.value.where == str(damaged)
    assert "export the artifact again" in str(caught.value.fix)


def test_an_empty_or_missing_engine_is_refused_before_tensorrt_sees_it(tensorrt, tmp_path):
    (tmp_path / "empty.engine").write_bytes(b"")
    for name, says in (("empty.engine", "empty"), ("absent.engine", "no such file")):
        with pytest.raises(InputError, match=says):
            LoadedEngine(tmp_path / name, tensorrt)


@without_gpu
def test_without_a_driver_tensorrt_refuses_even_a_good_engine(tensorrt, integer_engine, tmp_path):
    path = tmp_path / "good.engine"
    path.write_bytes(integer_engine.plan)
    with pytest.raises(RuntimeFailure, match="cannot load the engine"):
        LoadedEngine(path, tensorrt)


@without_gpu
def test_without_a_gpu_an_engine_is_not_loaded(damaged):
    for open_it, given in ((EngineRunner, damaged), (EngineRunner.of_artifact, damaged.parent)):
        with pytest.raises(InputError, match="no GPU can be used here") as caught:
            open_it(given)
        assert "edgeface doctor" in str(caught.value.fix)


@with_gpu
def test_an_engine_computes_what_its_onnx_does_at_every_batch(integer_onnx, engine_file, normal):
    reference = OrtRunner(integer_onnx, optimize=False)
    with EngineRunner(engine_file) as runner:
        for batch in (1, 8, 8, 3):
            feeds = {"input": normal(batch, *runner.inputs[0].shape[1:], seed=batch)}
            (wanted,), (got,) = reference.run(feeds).values(), runner.run(feeds).values()
            assert got.shape == wanted.shape
            cosine = np.vdot(got, wanted) / np.linalg.norm(got) / np.linalg.norm(wanted)
            assert cosine > 0.999  # halves may round to another integer here and there
        assert runner.uncaptured == ""


@with_gpu
def test_a_batch_that_the_engine_was_not_built_for_is_refused_with_its_range(engine_file, normal):
    with EngineRunner(engine_file) as runner:
        feeds = {"input": normal(9, *runner.inputs[0].shape[1:])}
        with pytest.raises(RuntimeFailure, match=r"was built for \[1, .* to \[8, "):
            runner.run(feeds)


@with_gpu
def test_a_closed_runner_refuses_to_run_and_closes_twice(engine_file, normal):
    runner = EngineRunner(engine_file)
    feeds = {"input": normal(1, *runner.inputs[0].shape[1:])}
    runner.run(feeds)
    runner.close()
    runner.close()
    with pytest.raises(RuntimeFailure, match="closed"):
        runner.run(feeds)


@with_gpu
def test_outputs_are_the_callers_own(engine_file, normal):
    with EngineRunner(engine_file) as runner:
        first = runner.run({"input": normal(1, *runner.inputs[0].shape[1:], seed=1)})
        kept = {name: array.copy() for name, array in first.items()}
        runner.run({"input": normal(1, *runner.inputs[0].shape[1:], seed=2)})
        for name, array in first.items():
            np.testing.assert_array_equal(array, kept[name])
