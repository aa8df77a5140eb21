from __future__ import annotations

import json

import pytest

from edgeface.backends.tensorrt.artifact_engines import ENGINES, ArtifactEngine, EngineList, engine_for
from edgeface.backends.tensorrt.cuda.driver import Gpu
from edgeface.core.artifact import sha256_hex
from edgeface.errors import InputError

CARD = Gpu("A card", "86", 1 << 30)
RTX = ("TensorRT-RTX", "1.7.1")


@pytest.fixture
def folder(tmp_path):
    """An artifact's folder with engines: two by TensorRT-RTX for 8.6 and 12.0, one by TensorRT for 8.6."""
    engines = []
    for name, capability, (library, version) in (
        ("model.sm86.engine", "86", RTX),
        ("model.sm120.engine", "120", RTX),
        ("model.sm86.trt.engine", "86", ("TensorRT", "10.9.0")),
    ):
        content = name.encode()
        (tmp_path / name).write_bytes(content)
        entry = ArtifactEngine(
            file=name,
            compute_capability=capability,
            sha256=sha256_hex(content),
            bytes=len(content),
            library=library,
            library_version=version,
            cuda="13.0",
        )
        engines.append(entry)
    EngineList(engines=tuple(engines)).write(tmp_path)
    return tmp_path


def test_a_list_is_read_as_it_was_written_and_written_the_same_again(folder):
    written = (folder / ENGINES).read_bytes()
    EngineList.read(folder).write(folder)
    assert (folder / ENGINES).read_bytes() == written


def test_the_engine_is_chosen_by_the_gpu_and_by_the_library_that_is_here(folder):
    assert engine_for(folder, CARD, *RTX).name == "model.sm86.engine"
    assert engine_for(folder, CARD, "TensorRT", "10.9.0").name == "model.sm86.trt.engine"
    assert engine_for(folder, Gpu("Another", "120", 1), *RTX).name == "model.sm120.engine"


def test_the_engine_of_the_librarys_own_version_is_preferred(folder):
    listed = EngineList.read(folder).engines
    newer = listed[0].model_copy(update={"library_version": "1.8.0", "file": "model.sm120.engine"})
    newer = newer.model_copy(update={"sha256": listed[1].sha256})
    EngineList(engines=(listed[0], newer)).write(folder)
    assert engine_for(folder, CARD, "TensorRT-RTX", "1.8.0").name == "model.sm120.engine"
    assert engine_for(folder, CARD, *RTX).name == "model.sm86.engine"


def test_without_an_engine_for_the_gpu_the_error_lists_engines_and_a_fix(folder):
    with pytest.raises(InputError, match=r"capability 8\.9 \(A card\) by TensorRT-RTX; available: 12\.0 by") as caught:
        engine_for(folder, Gpu("A card", "89", 1), *RTX)
    assert caught.value.fix == "edgeface export … --compute-capability 89"


def test_an_engine_that_needs_a_newer_driver_is_refused_with_both_versions(folder):
    with pytest.raises(InputError, match=r"supports CUDA 13\.0; this one supports 12\.9") as caught:
        engine_for(folder, CARD, *RTX, (12, 9))
    assert "update the NVIDIA driver" in str(caught.value.fix)
    assert engine_for(folder, CARD, *RTX, (13, 2)).name == "model.sm86.engine"


def test_an_artifact_without_engines_is_refused_with_a_fix(tmp_path):
    with pytest.raises(InputError, match="no engines here") as caught:
        EngineList.read(tmp_path)
    assert "tensorrt-fp16" in str(caught.value.fix)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"file": "../model.engine"}, r"engines\.0\.file"),
        ({"compute_capability": "8.6"}, r"engines\.0\.compute_capability"),
        ({"more": 1}, r"engines\.0\.more"),
    ],
)
def test_a_damaged_list_is_named_with_the_field(folder, change, says):
    document = json.loads((folder / ENGINES).read_text())
    document["engines"][0].update(change)
    (folder / ENGINES).write_text(json.dumps(document))
    with pytest.raises(InputError, match=says):
        EngineList.read(folder)


def test_a_list_that_is_not_json_is_refused(folder):
    (folder / ENGINES).write_text("{")
    with pytest.raises(InputError, match="cannot read the JSON"):
        EngineList.read(folder)


def test_a_changed_or_missing_engine_is_refused_with_its_path(folder):
    path = folder / "model.sm86.engine"
    path.write_bytes(b"other")
    with pytest.raises(InputError, match="SHA-256 differs") as caught:
        engine_for(folder, CARD, *RTX)
    assert caught.value.where == str(path)
    path.unlink()
    with pytest.raises(InputError, match="missing"):
        engine_for(folder, CARD, *RTX)
