"""From a request to artifacts, on a seeded network: all targets, options, refusals, and nothing left behind."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeface.backends.float_io import FloatRunner
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.open import open_runner
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.cli.findings import format_findings
from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest
from edgeface.core import progress
from edgeface.core.artifact import CERTIFICATE, Artifact, write_json
from edgeface.errors import GateError, InputError
from edgeface.exporting.export import export
from edgeface.images.files import letterbox
from edgeface.images.synthetic import synthetic_images
from edgeface.tasks import task_of
from edgeface.validate.check_parity import ParityRequest, check_parity

TARGETS = ("onnx-fp32", "tflite-fp32", "tflite-fp16", "tflite-int8")
SIZE = (64, 96)
IMPOSSIBLE = 'model = "retinaface_mnet025"\n[gates.tflite-int8]\nsnr_db = 150.0\nmax_abs = 9.0\n'
RUINED = (
    IMPOSSIBLE
    + '[quantize]\nalgorithms = ["second_moment_rounding"]\n'
    + '[quantize.ranges]\nmethod = "percentile"\npercentile = 70.0\n'
)


def request(out, *targets, **options):
    given = {"seed": 1, "input_size": SIZE, "report": ReportOptions(latency=False), **options}
    return ExportRequest(targets=targets or ("tflite-int8",), out=out, **given)


@pytest.fixture(scope="module")
def exported(shared_export):
    """Artifacts of one export to every target."""
    return {artifact.manifest.target: artifact for artifact in shared_export(request(Path("out"), *TARGETS))}


@pytest.fixture(scope="module")
def outputs(exported):
    """Outputs of an artifact for one drawn image, float32 by name."""

    def run(artifact):
        runner = FloatRunner(open_runner(artifact), artifact.manifest.layout)
        return runner.run({"input": letterbox(synthetic_images(1, seed=9)[0], artifact.contract.input)[0]})

    return run


def recipe(folder, text):
    path = folder / "recipe.toml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_is_written_with_its_manifest(exported, target):
    artifact = exported[target]
    assert artifact.folder.name == f"retinaface_mnet025-{target}"
    suffix = ".onnx" if target.startswith("onnx") else ".tflite"
    names = {path.name for path in artifact.folder.iterdir()}
    assert names == {f"model{suffix}", "manifest.json", "certificate.json", "report.html"}
    assert artifact == Artifact.open(artifact.folder)
    manifest = artifact.manifest
    assert (manifest.name, manifest.target, manifest.io) == ("retinaface_mnet025", target, "float")
    assert manifest.model_bytes == artifact.model_path.stat().st_size
    assert (manifest.contract.input.height, manifest.contract.input.width) == SIZE
    assert manifest.sources["seed"] == 1
    assert (manifest.quantization is not None) == (target == "tflite-int8")
    certificate = artifact.certificate()
    assert (certificate.passed, certificate.target, certificate.kind) == (True, target, "synthetic")
    assert certificate.decisions is None
    assert certificate.requirements
    assert all(requirement.met for requirement in certificate.requirements)
    if suffix == ".tflite":
        assert certificate.kernels["transposes"] == 0


@pytest.mark.parametrize(
    ("target", "snr_db"), [("onnx-fp32", 100), ("tflite-fp32", 100), ("tflite-fp16", 55), ("tflite-int8", 25)]
)
def test_an_artifact_computes_the_same_as_the_network(exported, outputs, seeded_source, target, snr_db):
    feeds = {"input": letterbox(synthetic_images(1, seed=9)[0], seeded_source.contract.input)[0]}
    wanted, got = seeded_source.reference.run(feeds), outputs(exported[target])
    assert set(wanted) == set(got)
    for name, array in wanted.items():
        noise = np.square(array - got[name]).sum()
        assert 10 * np.log10(np.square(array).sum() / max(noise, 1e-30)) > snr_db


def test_the_model_contains_the_contract_too(exported):
    for artifact in exported.values():
        assert artifact.contract.model_dump_json().encode() in artifact.model_path.read_bytes()


@pytest.mark.slow
def test_two_exports_are_byte_identical_and_nothing_else_is_in_the_folder(exported, tmp_path, contents):
    targets = ("tflite-int8", "onnx-fp32")
    export(request(tmp_path, *targets))
    assert {path.name for path in tmp_path.iterdir()} == {exported[target].folder.name for target in targets}
    for target in targets:
        got = contents(tmp_path / exported[target].folder.name)
        assert len(got) == 4
        assert got == contents(exported[target].folder)


@pytest.mark.slow
@pytest.mark.parametrize("io", ["int8", "uint8"])
def test_integer_inputs_and_outputs_represent_the_same_numbers(exported, outputs, shared_export, io):
    (artifact,) = shared_export(request(Path("out"), io=io))
    assert artifact.manifest.io == io
    runner = LiteRtRunner(artifact.model_path)
    assert {spec.dtype for spec in (*runner.inputs, *runner.outputs)} == {io}
    assert all(spec.scale is not None for spec in (*runner.inputs, *runner.outputs))
    wanted, got = outputs(exported["tflite-int8"]), outputs(artifact)
    for name, array in wanted.items():
        difference = np.abs(array - got[name])
        assert difference.mean() < 0.02 * np.ptp(array)
        assert difference.max() > 0


def test_float_inputs_and_outputs_are_the_default(exported):
    runner = LiteRtRunner(exported["tflite-int8"].model_path)
    assert {spec.dtype for spec in (*runner.inputs, *runner.outputs)} == {"float32"}
    kept = exported["tflite-int8"].manifest.quantization["kept_float"]
    assert any("stage1" in name for names in kept.values() for name in names)


@pytest.mark.parametrize("io", [pytest.param("float", marks=pytest.mark.slow), "int8"])
def test_integer_only_leaves_no_float_convolution(shared_export, io):
    (artifact,) = shared_export(request(Path("out"), io=io, integer_only=True))
    assert artifact.manifest.quantization["integer_only"] is True
    runner = LiteRtRunner(artifact.model_path)
    tensors = runner.tensors()
    convolutions = [op for op in runner.operators() if "CONV_2D" in op.name]
    assert len(convolutions) > 30
    assert {tensors[op.inputs[0]].dtype for op in convolutions} == {"int8"}
    floats = Counter(op.name for op in runner.operators() if tensors[op.outputs[0]].dtype == "float32")
    assert set(floats) <= ({"DEQUANTIZE", "CONCATENATION"} if io == "float" else set())  # each head has its scale


def test_the_default_keeps_convolutions_in_float(exported):
    runner = LiteRtRunner(exported["tflite-int8"].model_path)
    tensors = runner.tensors()
    kinds = {tensors[op.inputs[0]].dtype for op in runner.operators() if "CONV_2D" in op.name}
    assert kinds == {"int8", "float32"}


@pytest.mark.slow
def test_different_images_calibrate_and_judge(tmp_path, images):
    (artifact,) = export(request(tmp_path / "out", calibration=images))
    sources = artifact.manifest.sources
    assert (sources["calibration"]["count"], sources["judged_on"]["count"]) == (3, 2)
    assert not set(sources["calibration"]["files"]) & set(sources["judged_on"]["files"])
    certificate = artifact.certificate()
    assert (certificate.kind, certificate.images) == ("images", 2)
    assert certificate.decisions is not None


def test_a_failing_gate_names_the_requirement_and_the_largest_drops(tmp_path):
    with pytest.raises(GateError) as caught:
        export(request(tmp_path / "out", model=recipe(tmp_path, IMPOSSIBLE)))
    assert "tflite-int8 is not good enough: minimum output SNR" in caught.value.what
    assert "required ≥ 150 dB" in caught.value.what
    assert "largest difference" not in caught.value.what
    assert "the largest drops are at" in str(caught.value.where)
    assert "[gates]" in str(caught.value.fix)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_badly_failing_gate_names_the_first_bad_tensor(tmp_path):
    with pytest.raises(GateError) as caught:
        export(request(tmp_path / "out", model=recipe(tmp_path, RUINED)))
    assert str(caught.value.where).startswith("first bad tensor: ")
    assert not (tmp_path / "out").exists()


def test_a_dtype_that_one_of_the_targets_lacks_is_refused_before_the_network_is_loaded(tmp_path, monkeypatch):
    monkeypatch.delattr("edgeface.exporting.checked.open_job")
    asked = '[quantize.precision]\n"*Softmax" = { dtype = "int16", reason = "a test" }\n'
    path = recipe(tmp_path, 'model = "retinaface_mnet025"\n' + asked)
    with pytest.raises(InputError, match="tflite-int8 cannot compute in int16") as caught:
        export(request(tmp_path / "out", "onnx-fp32", "tflite-int8", model=path))
    assert "[quantize.precision], '*Softmax'" in caught.value.where


@pytest.mark.slow
def test_all_targets_are_written_or_none(tmp_path, contents):
    with pytest.raises(GateError):
        export(request(tmp_path / "out", "onnx-fp32", "tflite-int8", model=recipe(tmp_path, IMPOSSIBLE)))
    assert set(contents(tmp_path)) == {"recipe.toml"}


@pytest.mark.slow
def test_an_artifact_is_replaced_atomically_and_survives_a_failing_export(tmp_path, contents):
    place = tmp_path / "out" / "retinaface_mnet025-onnx-fp32"
    wanted = request(tmp_path / "out", "onnx-fp32")
    export(wanted)
    (place / "stale.txt").write_text("of the last one")
    first = contents(tmp_path / "out")
    failing = replace(
        wanted, seed=2, force=True, model=recipe(tmp_path, IMPOSSIBLE.replace("tflite-int8", "onnx-fp32"))
    )
    with pytest.raises(GateError):
        export(failing)
    assert contents(tmp_path / "out") == first
    export(replace(wanted, seed=2, force=True))
    second = contents(tmp_path / "out")
    assert f"{place.name}/stale.txt" not in second
    assert second[f"{place.name}/model.onnx"] != first[f"{place.name}/model.onnx"]
    assert json.loads(second[f"{place.name}/manifest.json"])["sources"]["seed"] == 2
    assert OrtRunner(place / "model.onnx").inputs[0].shape == (1, 3, *SIZE)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"io": "int4"}, "int4"),
        ({"color": "grey"}, "grey"),
        ({"model": "net.onnx"}, "net.onnx"),
        ({"model": "retinaface"}, "retinaface"),
        ({"variant": "2mb"}, "2mb"),
    ],
)
def test_unusable_input_is_refused_and_leaves_nothing(tmp_path, options, named):
    with pytest.raises(InputError) as caught:
        export(replace(request(tmp_path / "out", "onnx-fp32"), **options))
    assert named in str(caught.value)
    assert caught.value.fix
    assert list(tmp_path.iterdir()) == []


def test_out_below_a_file_is_refused_and_the_file_kept(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot write"):
        export(request(tmp_path / "file" / "out", "onnx-fp32"))
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_is_not_an_artifact_is_not_replaced(tmp_path, contents):
    place = tmp_path / "retinaface_mnet025-onnx-fp32"
    place.mkdir()
    (place / "thesis.txt").write_text("the only copy")
    before = contents(tmp_path)
    with pytest.raises(InputError, match="not an artifact"):
        export(request(tmp_path, "onnx-fp32"))
    assert contents(tmp_path) == before


@pytest.mark.slow
def test_saved_statistics_give_the_same_model_and_only_fit_their_network(tmp_path, exported):
    file = tmp_path / "seen.npz"
    saved = export(request(tmp_path / "a", save_statistics=file))[0]
    again = export(request(tmp_path / "b", statistics=file))[0]
    assert again.model_path.read_bytes() == saved.model_path.read_bytes()
    assert saved.model_path.read_bytes() == exported["tflite-int8"].model_path.read_bytes()
    with pytest.raises(InputError, match="another network"):
        export(replace(request(tmp_path / "c", statistics=file), seed=2))


def test_a_recipe_without_gates_gives_a_warning(tmp_path, capsys):
    progress.show()
    try:
        options = {"model": recipe(tmp_path, 'model = "retinaface_mnet025"\n')}
        artifact = export(request(tmp_path / "out", "onnx-fp32", **options))[0]
    finally:
        progress.show(False)
    assert "the recipe has no gate for" in capsys.readouterr().err
    assert artifact.certificate().requirements == ()
    assert "NOT judged" in format_findings(artifact.certificate(), task_of(artifact.contract))


@pytest.mark.slow
def test_a_certificate_without_thresholds_is_damaged_not_lenient(tmp_path):
    artifact = export(request(tmp_path, "onnx-fp32"))[0]
    document = artifact.certificate().as_dict()
    del document["thresholds"]
    write_json(artifact.folder / CERTIFICATE, document)
    with pytest.raises(InputError, match="damaged certificate: 'thresholds' is missing"):
        check_parity(artifact, ParityRequest())


def test_statistics_are_either_used_or_saved(tmp_path):
    file = tmp_path / "seen.npz"
    with pytest.raises(InputError, match="exclude each other"):
        export(request(tmp_path / "out", statistics=file, save_statistics=file))
