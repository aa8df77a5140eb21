"""What stands in an artifact's folder after its engines were built, and what is said of them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict

import pytest

from edgeface.backends.tensorrt import stage
from edgeface.backends.tensorrt.artifact_engines import EngineList, engine_for
from edgeface.backends.tensorrt.cuda.driver import Driver, Gpu
from edgeface.backends.tensorrt.engine_file import capabilities_in, check_engine_file
from edgeface.backends.tensorrt.options import EngineOptions
from edgeface.backends.tensorrt.request import BatchProfile
from edgeface.backends.tensorrt.stage import stage_engines
from edgeface.core.artifact import sha256_hex
from edgeface.errors import GraphError, InputError

OPTIONS = EngineOptions(("89", "75", "86"), BatchProfile(1, 2, 4))
FILES = {"75": "model.sm75.engine", "86": "model.sm86-89.engine", "89": "model.sm86-89.engine"}
LISTINGS = {"sm75": "layers.sm75.json", "sm86-89": "layers.sm86-89.json"}


@pytest.fixture(scope="module")
def staged(typed, ahead_of_time, tmp_path_factory):
    """A folder with the int8 detector's engines for 7.5, 8.6 and 8.9, and what was said of them."""
    folder = tmp_path_factory.mktemp("staged")
    return folder, stage_engines(typed["tensorrt-int8"], folder, OPTIONS, "tensorrt-int8")


def test_there_is_a_file_for_each_group_its_layers_and_the_list(staged):
    assert {path.name for path in staged[0].iterdir()} == {*FILES.values(), *LISTINGS.values(), "engines.json"}


def test_the_list_leads_to_the_file_of_each_gpu(staged, tensorrt):
    folder = staged[0]
    for digits, file in FILES.items():
        gpu = Gpu("A card", digits, 1 << 30)
        assert engine_for(folder, gpu, tensorrt.name, tensorrt.version, (99, 0)) == folder / file
    entries = EngineList.read(folder).engines
    assert [entry.compute_capability for entry in entries] == ["75", "86", "89"]
    for entry in entries:
        data = (folder / entry.file).read_bytes()
        assert (entry.sha256, entry.bytes) == (sha256_hex(data), len(data))
        assert (entry.library, entry.library_version) == (tensorrt.name, tensorrt.version)


def test_each_file_is_an_engine_for_the_gpus_in_its_name(staged, tensorrt):
    for file, built_for in (("model.sm75.engine", ("75",)), ("model.sm86-89.engine", ("86", "89"))):
        header = check_engine_file(staged[0] / file, tensorrt, built_for[0])
        assert (header.version, capabilities_in(header, tensorrt)) == (tensorrt.version, built_for)


@pytest.mark.parametrize("kept", [40, 100_000])
def test_a_staged_engine_that_is_cut_short_is_refused_with_its_file(staged, tensorrt, tmp_path, kept):
    path = tmp_path / "model.sm86-89.engine"
    path.write_bytes((staged[0] / path.name).read_bytes()[:kept])
    with pytest.raises(InputError, match="truncated") as caught:
        check_engine_file(path, tensorrt, "86")
    assert caught.value.where == str(path)


@pytest.mark.parametrize("tag", LISTINGS)
def test_the_layers_are_listed_with_the_precision_of_every_node(staged, tag):
    folder, found = staged
    document = json.loads((folder / LISTINGS[tag]).read_text())
    facts = found.certificate["precision"][tag]
    kinds = Counter(layer["kind"] for layer in document["layers"])
    assert kinds == document["precision"]["layers"]
    assert sum(kinds.values()) == facts["layers"] > 50
    assert set(document["layers"][0]) == {"name", "kind", "origins", "inputs", "constants", "outputs"}
    weighted = Counter(node["precision"] for node in document["precision"]["nodes"] if node["weighted"])
    assert weighted == facts["convolutions"] == document["precision"]["counts"]
    assert sum(weighted.values()) == 56
    assert facts["reformats"] == document["precision"]["reformats"]
    assert facts["moved_bytes"] == document["precision"]["moved_bytes"] > 1e6


def test_the_manifest_lists_what_the_engines_need(staged, tensorrt):
    assert staged[1].manifest == {
        "library": tensorrt.name,
        "library_version": tensorrt.version,
        "compute_capabilities": ["75", "86", "89"],
        "driver_cuda": tensorrt.cuda,
        "batch": asdict(OPTIONS.batch),
        "timing_caches": {},
    }
    assert tensorrt.cuda is not None
    assert [entry.cuda for entry in EngineList.read(staged[0]).engines] == [tensorrt.cuda] * 3
    json.dumps(staged[1].manifest)


def test_each_file_is_checked_separately(staged):
    judged = {requirement.what: requirement.met for requirement in staged[1].requirements}
    assert judged == {
        "int8 convolutions in float in the engine for 7.5": False,
        "int8 convolutions in float in the engine for 8.6, 8.9": True,
    }


def test_what_is_said_is_the_same_each_time(staged, typed, tmp_path):
    again = stage_engines(typed["tensorrt-int8"], tmp_path, EngineOptions(("86", "89"), OPTIONS.batch), "again")
    tag = "sm86-89"
    assert again.certificate["precision"][tag] == staged[1].certificate["precision"][tag]
    assert (tmp_path / LISTINGS[tag]).read_bytes() == (staged[0] / LISTINGS[tag]).read_bytes()


@pytest.mark.parametrize(
    ("driver", "reason"),
    [
        (Driver(None, (), "no NVIDIA driver is installed"), "no NVIDIA driver is installed"),
        (Driver((13, 0), (Gpu("A card", "90", 1),)), "it was not built for the local GPU"),
    ],
    ids=["no GPU", "another GPU"],
)
def test_the_certificate_has_the_reason_for_not_running(typed, ahead_of_time, tmp_path, monkeypatch, driver, reason):
    monkeypatch.setattr(stage, "look_for_gpus", lambda: driver)
    found = stage_engines(typed["tensorrt-fp32"], tmp_path, EngineOptions(("86",)), "tensorrt-fp32")
    assert found.certificate["run"].startswith(f"engine built, not run: {reason}. ")
    assert "its ONNX model" in found.certificate["run"]
    assert "on_gpu" not in found.certificate
    assert found.requirements == []


def test_a_model_that_the_builder_refuses_is_named_and_no_list_is_written(ahead_of_time, typed, tmp_path):
    import onnx

    model = onnx.load_model_from_string(typed["tensorrt-fp32"])
    model.graph.node[0].op_type = "NoSuchOp"
    with pytest.raises(GraphError, match="NoSuchOp") as caught:
        stage_engines(model.SerializeToString(), tmp_path, EngineOptions(("86",)), "tensorrt-fp32")
    assert caught.value.where == "tensorrt-fp32, node 0"
    assert list(tmp_path.iterdir()) == []
