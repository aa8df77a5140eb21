"""Engine files that cannot be loaded are refused before native code reads them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeface.backends.tensorrt.artifact_engines import EngineList, engine_for
from edgeface.backends.tensorrt.cuda.driver import Gpu
from edgeface.backends.tensorrt.engine_file import capabilities_in, check_engine_file, engine_entries, read_header
from edgeface.errors import InputError

VERSION_AT = 24  # the first of the version's four bytes


@pytest.fixture
def engine_file(tensorrt, integer_engine, tmp_path):
    """A real engine for 8.6 and 8.9, written to a file."""
    if integer_engine.library != "TensorRT-RTX":
        pytest.skip("the header that is read here is TensorRT-RTX's")
    path = tmp_path / "model.engine"
    path.write_bytes(integer_engine.plan)
    return path


def test_a_valid_engine_has_a_header_with_version_size_and_gpus(tensorrt, integer_engine, engine_file):
    header = check_engine_file(engine_file, tensorrt, "86")
    assert (header.library, header.version) == (tensorrt.name, tensorrt.version)
    assert header.size_bytes == len(integer_engine.plan)
    assert capabilities_in(header, tensorrt) == ("86", "89")


def test_an_engine_for_another_gpu_is_refused_with_those_that_it_is_for(tensorrt, engine_file):
    with pytest.raises(InputError, match=r"for GPUs of compute capability 8\.6, 8\.9, not for 12\.0") as caught:
        check_engine_file(engine_file, tensorrt, "120")
    assert caught.value.where == str(engine_file)
    assert "--compute-capability 120" in str(caught.value.fix)


@pytest.mark.parametrize("kept", [1, 10, 63, 64, 1000, -1])
def test_a_truncated_engine_is_refused_with_its_file(tensorrt, integer_engine, engine_file, kept):
    engine_file.write_bytes(integer_engine.plan[:kept])
    with pytest.raises(InputError, match=r"truncated|not a TensorRT engine") as caught:
        check_engine_file(engine_file, tensorrt)
    assert caught.value.where == str(engine_file)
    assert "edgeface export" in str(caught.value.fix)


def test_trailing_bytes_are_refused(tensorrt, integer_engine, engine_file):
    engine_file.write_bytes(integer_engine.plan + b"more")
    with pytest.raises(InputError, match="trailing bytes"):
        check_engine_file(engine_file, tensorrt)


def test_an_engine_of_another_version_is_refused_with_both(tensorrt, integer_engine, engine_file):
    plan = bytearray(integer_engine.plan)
    plan[VERSION_AT : VERSION_AT + 4] = 1, 4, 0, 76
    engine_file.write_bytes(plan)
    with pytest.raises(InputError, match=rf"built by TensorRT-RTX 1\.4\.0\.76, but {tensorrt.version} is installed"):
        check_engine_file(engine_file, tensorrt)


def test_an_engine_of_the_other_library_is_refused(tensorrt, engine_file):
    with pytest.raises(InputError, match=r"the engine is for TensorRT-RTX, but TensorRT 10\.9 is installed"):
        check_engine_file(engine_file, replace(tensorrt, name="TensorRT", version="10.9"))
    engine_file.write_bytes(b"ftrt" + bytes(200))
    with pytest.raises(InputError, match="the engine is for TensorRT, but TensorRT-RTX"):
        check_engine_file(engine_file, tensorrt)


def test_a_header_of_an_unknown_layout_is_left_to_the_library(integer_engine, engine_file):
    plan = bytearray(integer_engine.plan)
    plan[28:32] = b"else"
    engine_file.write_bytes(plan)
    header = read_header(engine_file)
    assert (header.library, header.version, header.size_bytes, header.capability_bits) == (
        "TensorRT-RTX",
        None,
        None,
        None,
    )


@pytest.mark.parametrize(("content", "problem"), [(b"", "empty"), (b"\x08\x09 an ONNX model", "not a TensorRT engine")])
def test_a_file_that_is_not_an_engine_is_refused(tensorrt, tmp_path, content, problem):
    path = tmp_path / "model.engine"
    path.write_bytes(content)
    with pytest.raises(InputError, match=problem) as caught:
        check_engine_file(path, tensorrt)
    assert caught.value.where == str(path)


def test_a_missing_file_and_a_folder_are_refused(tensorrt, tmp_path):
    for path in (tmp_path / "nothing.engine", tmp_path):
        with pytest.raises(InputError, match="cannot read the engine") as caught:
            check_engine_file(path, tensorrt)
        assert caught.value.where == str(path)


def test_an_engine_is_listed_once_for_each_gpu_and_found_for_each(integer_engine, engine_file):
    entries = engine_entries(integer_engine, engine_file.name)
    EngineList(engines=entries).write(engine_file.parent)
    for digits in ("86", "89"):
        card = Gpu("A card", digits, 1 << 30)
        assert engine_for(engine_file.parent, card, integer_engine.library, integer_engine.version) == engine_file
