"""A backend is one folder, and nothing else is edited: `toy`, made as CONTRIBUTING says, goes the whole way."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import edgeface
from edgeface import backends
from edgeface.backends import runtime_for, runtime_named, runtimes, suffixes, target, targets
from edgeface.backends.target import EmitOptions
from edgeface.bench.measure import BenchRequest, bench
from edgeface.bundle.pack import Order, pack_bundle
from edgeface.cli.targets import targets as list_targets
from edgeface.compile.report_options import LATENCY
from edgeface.compile.request import ExportRequest
from edgeface.core.artifact import Artifact, read_json, sha256_hex
from edgeface.devices.runner import loadings_of
from edgeface.doctor.checks.runtimes import look
from edgeface.errors import GateError, GraphError, InputError
from edgeface.exporting.export import export
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.ops.activations import Tanh
from edgeface.passes import run_passes
from edgeface.quantize.plan import QuantPlan
from edgeface.validate.check_parity import ParityRequest, check_parity
from edgeface.validate.kernels import inspect_kernels
from edgeface.validate.layerwise import explain, layer_agreement

pytestmark = pytest.mark.slow

SOURCE = Path(__file__).with_name("toy")
FOUND_IN_PROCESSES_TOO = """
import edgeface.backends
edgeface.backends.__path__.append({path!r})
"""


@pytest.fixture(scope="module", autouse=True)
def backend(tmp_path_factory):
    """The folder `toy` among those of the backends, in processes that are started too."""
    home = tmp_path_factory.mktemp("backends")
    shutil.copytree(SOURCE, home / "toy", ignore=shutil.ignore_patterns("__pycache__"))
    start = tmp_path_factory.mktemp("start")
    (start / "sitecustomize.py").write_text(FOUND_IN_PROCESSES_TOO.format(path=str(home)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backends, "__path__", [*backends.__path__, str(home)])
        patch.setenv("PYTHONPATH", str(start), prepend=":")
        yield
    for name in [name for name in sys.modules if name.startswith("edgeface.backends.toy")]:
        del sys.modules[name]


def request(folder: Path, **gates: float) -> ExportRequest:
    """An export of a seeded detector under gates for the toy target."""
    limits = "\n".join(f"{name} = {value}" for name, value in gates.items())
    recipe = folder / "recipe.toml"
    recipe.write_text(f'model = "retinaface_mnet025"\n[gates.toy-fp32]\n{limits}\n')
    return ExportRequest(model=str(recipe), targets=("toy-fp32",), seed=1, input_size=(64, 96), out=folder / "out")


@pytest.fixture(scope="module")
def artifact(tmp_path_factory) -> Artifact:
    """The seeded detector as an artifact of the toy target; not to be changed."""
    (made,) = export(request(tmp_path_factory.mktemp("toy"), max_abs=1e-4, snr_db=100, max_transposes=9))
    return made


@pytest.fixture
def copied(artifact, tmp_path) -> Path:
    """A copy of the artifact's folder."""
    return Path(shutil.copytree(artifact.folder, tmp_path / "copied"))


@pytest.fixture(scope="module")
def exact(seeded_source):
    """The graph that it was emitted from."""
    return run_passes(read_onnx(seeded_source.onnx, "retinaface_mnet025"))


def test_target_and_runtime_are_found_by_the_names_of_their_files(capsys):
    assert targets()["toy-fp32"].runtime == runtimes()["toy"].name == "toy"
    assert suffixes() == (".onnx", ".param", ".tflite", ".toy", ".xml")
    assert runtime_for(Path("any.toy")) is runtime_named("toy")
    list_targets(json_output=True)
    listed = json.loads(capsys.readouterr().out)["targets"]
    assert {"name": "toy-fp32", "description": "A text format, float32", "suffix": ".toy"} in listed
    assert [check.found.partition("; ")[2] for check in look() if check.name == "numpy"] == ["runs .toy"]


def test_a_name_that_two_backends_give_is_refused(monkeypatch, tmp_path):
    shutil.copytree(SOURCE, tmp_path / "toy_again")
    monkeypatch.setattr(backends, "__path__", [*backends.__path__, str(tmp_path)])
    with pytest.raises(InputError, match="two backends define 'toy-fp32'"):
        targets()


def test_the_export_passes_its_gate(artifact):
    certificate = artifact.certificate()
    assert certificate.passed
    measured = {requirement.what: requirement.measured for requirement in certificate.requirements}
    assert set(measured) == {"largest difference of any output", "minimum output SNR", "transposes in memory"}
    assert measured["transposes in memory"] == "9"
    assert certificate.kernels["operators"]["Conv"] == 56
    assert set(certificate.versions) == {"edgeface", "numpy", "onnx", "onnxruntime", "onnxsim", "torch"}
    report = (artifact.folder / "report.html").read_text()
    assert "Error of every value" in report
    assert "toy-fp32" in report


def test_an_export_is_timed_in_its_own_runtime(artifact):
    measured = read_json(artifact.folder / LATENCY)["measured"]
    assert set(measured) == {"artifact", "onnx-fp32"}
    assert measured["artifact"]["median_ms"] > 0


def test_its_model_is_two_files_both_held_to_their_hashes(copied):
    manifest = Artifact.open(copied).manifest
    assert manifest.model_file == "model.toy"
    assert manifest.files == {name: sha256_hex((copied / name).read_bytes()) for name in ("model.toy", "model.weights")}
    assert manifest.model_bytes == sum((copied / name).stat().st_size for name in manifest.files)
    (copied / "model.weights").write_bytes(b"\0" + (copied / "model.weights").read_bytes()[1:])
    with pytest.raises(InputError, match="SHA-256 differs"):
        Artifact.open(copied)


def test_it_is_loaded_and_detects(artifact, portrait):
    detector = edgeface.load(artifact.folder)
    assert isinstance(detector, edgeface.Detector)
    assert all(0 <= face.score <= 1 for face in detector.detect(portrait(1)))


def test_parity_is_measured_again(artifact):
    report = check_parity(artifact, ParityRequest())
    assert report.certificate.passed
    assert report.certificate.tensors == artifact.certificate().tensors


def test_a_gate_that_it_misses_refuses_it_and_leaves_nothing(tmp_path):
    with pytest.raises(GateError, match="toy-fp32 is not good enough: largest difference") as caught:
        export(request(tmp_path, max_abs=0))
    assert "the largest drops are at" in str(caught.value.where)
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.toml"]


def test_every_value_is_compared_layer_by_layer(artifact, exact, normal):
    layers = layer_agreement(exact, artifact.model_path, {"input": normal(1, 3, 64, 96, scale=60)})
    assert [layer.name for layer in layers] == [node.output for node in exact.nodes]
    assert min(layer.agreement.snr_db for layer in layers) > 100
    assert explain(layers).startswith("no tensor is below 20 dB")


def test_the_first_bad_tensor_is_the_one_whose_weights_are_damaged(copied, exact, normal):
    node = [node for node in exact.nodes if type(node.op).__name__ == "Conv"][10]
    stored = (copied / "model.weights").read_bytes()
    weight = exact.constant(node.inputs[1])
    at = stored.index(weight.astype("<f4").tobytes())
    damaged = bytearray(stored)
    damaged[at : at + weight.nbytes] = (-weight).astype("<f4").tobytes()
    (copied / "model.weights").write_bytes(damaged)
    layers = layer_agreement(exact, copied / "model.toy", {"input": normal(1, 3, 64, 96, scale=60)})
    assert explain(layers).startswith(f"first bad tensor: {node} ")


def test_its_runtimes_inspection_is_reported(artifact, exact):
    facts = inspect_kernels(artifact.model_path).facts
    assert facts["transposes"] == 9
    assert sum(facts["operators"].values()) == len(exact.nodes)
    profile = runtime_named("toy").profile
    assert profile is not None
    times = profile(artifact.model_path, {"input": np.zeros((1, 3, 64, 96), np.float32)}, 1)
    assert [time.name for time in times] == [node.output for node in exact.nodes]


def test_it_is_benched_as_a_folder_and_as_a_file(artifact):
    report = bench(BenchRequest([artifact.folder], rounds=3, batch_ms=1))
    assert report.measurements[0].median_ms > 0
    with pytest.raises(InputError, match=r"no runtime supports \.toi"):
        bench(BenchRequest([_renamed(artifact, "model.toi")], rounds=3, batch_ms=1))


def _renamed(artifact: Artifact, name: str) -> Path:
    path = artifact.folder.parent / name
    path.write_bytes(artifact.model_path.read_bytes())
    return path


def test_a_damaged_model_is_named(copied):
    (copied / "model.toy").write_bytes((copied / "model.toy").read_bytes()[:5000])
    with pytest.raises(InputError, match="not a toy model") as caught:
        inspect_kernels(copied / "model.toy")
    assert caught.value.where == str(copied / "model.toy")


def test_an_op_that_the_format_lacks_is_refused(make_graph):
    graph = make_graph({"x": (1, 4)}, [(Tanh(), "x", "y")])
    with pytest.raises(GraphError, match="the toy format has no Tanh"):
        target("toy-fp32").emit(graph, QuantPlan(), EmitOptions())


def test_where_it_does_not_run_it_is_refused(artifact):
    with pytest.raises(InputError, match=r"no runtime supports \.toy on a GPU"):
        runtime_for(artifact.model_path, "gpu")
    with pytest.raises(InputError, match="devices do not run models of the toy runtime"):
        loadings_of(artifact.model_path)
    with pytest.raises(InputError, match="a bundle holds TFLite models or ncnn's, this one is toy-fp32"):
        pack_bundle(Order(artifact.folder, artifact.folder, "rk3399"))
