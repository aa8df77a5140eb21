"""Analyses of a small recognizer, as a model and as an artifact."""

from __future__ import annotations

import shutil

import pytest
from small_recognizer import faces

from edgeface.analysis.analyze import analyze
from edgeface.analysis.describe import recipe_lines
from edgeface.analysis.request import AnalyzeRequest
from edgeface.analysis.subject import open_subject
from edgeface.analysis.variants import requantized
from edgeface.compile.build import build
from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest
from edgeface.errors import ContractError, InputError
from edgeface.exporting.export import export

KEYS = (
    *("format", "model", "target", "task", "headline", "drift_is", "prices", "judged", "symptoms", "layers"),
    *("layers_missing", "groups", "suggestions", "suggested", "corrections", "ranges", "wrong_inputs"),
)
"""Of the document of format 1: what a program may rely on."""

INSIDE = {
    "headline": {"state", "what", "where", "steps"},
    "judged": {
        *("snr_db", "drift", "drifts", "flips", "cases", "images", "kind", "missed", "decisions"),
        *("noise", "same_as_rebuilt", "rebuilt"),
    },
    "layers": {"name", "node", "cumulative_db", "alone_db", "output_alone_db", "weights_alone_db"},
    "groups": {"name", "patterns", "nodes", "alone", "in_float", "gain", "time"},
    "corrections": {"name", "without", "gain", "missing"},
    "ranges": {
        *("name", "chosen", "observed", "calibrated", "clipped", "bits", "own_db"),
        *("imbalance", "imbalance_left", "cut"),
    },
    "wrong_inputs": {"input", "effect"},
}


@pytest.fixture(scope="module")
def request_of(small):
    def make(**changed):
        given = {"contract": small.contract, "calibration": small.calibration, "images": small.images}
        return AnalyzeRequest(str(small.model), **{**given, **changed})

    return make


@pytest.fixture(scope="module")
def model(request_of):
    return analyze(request_of())


@pytest.fixture(scope="module")
def artifacts(small, tmp_path_factory):
    """Int8 and fp32 of the same model."""
    request = ExportRequest(
        model=str(small.model),
        targets=("tflite-int8", "onnx-fp32"),
        contract=small.contract,
        calibration=small.calibration,
        judge=small.images,
        out=tmp_path_factory.mktemp("out"),
        report=ReportOptions(latency=False),
    )
    return export(request)


def of_artifact(artifact, **given):
    return analyze(AnalyzeRequest(str(artifact.folder), **given))


def test_the_document_keeps_its_keys(model):
    document = model.as_dict()
    assert tuple(document) == KEYS
    assert document["format"] == 1
    for name, keys in INSIDE.items():
        found = document[name] if isinstance(document[name], list) else [document[name]]
        assert found, name
        assert all(set(each) == keys for each in found), name


def test_the_same_inputs_give_the_same_document(model, request_of):
    assert analyze(request_of()).as_dict() == model.as_dict()


def test_every_part_in_float_is_as_exact_as_float(model):
    """What a part loses alone is less than what all lose; without any part in integers nothing is lost."""
    parts = {each.group.name: each for each in model.remedies.groups}
    assert set(parts) == {"stem", "dw", "wide", "head"}
    judged = model.judged.effect
    assert all(each.alone.drift < judged.drift for each in parts.values())
    assert all(each.alone.snr_db > judged.snr_db for each in parts.values())


def test_equalization_gains_what_a_loud_channel_costs(model):
    equalization = next(each for each in model.remedies.corrections if each.name == "cross_layer_equalization")
    assert equalization.gain.shown
    assert equalization.effect.drift > 5 * model.judged.effect.drift
    stem = next(use for use in model.losses.ranges if use.name.startswith("stem"))
    assert (stem.imbalance > 8, stem.left < 1.5) == (True, True)


def test_a_suggestion_is_what_a_recipe_with_its_lines_gives(model, request_of):
    found = model.remedies.best
    assert found.gain.drift == pytest.approx(model.judged.effect.drift - found.effect.drift)
    with open_subject(request_of()) as subject:
        kept = requantized(subject.job, keep_float=dict.fromkeys(found.patterns, "a test"))
        built = build(kept, subject.target)
    in_float = {name for names in built.quantization["kept_float"].values() for name in names}
    assert {output for group in found.groups for output in group.outputs} <= in_float


def test_drift_is_set_beside_what_barely_changed_images_do(model):
    noise = {each.change.name: each.effect for each in model.judged.noise}
    assert list(noise) == ["one grey level of noise", "JPEG 95", "one pixel to the right"]
    assert noise["one grey level of noise"].drift > 0
    assert noise["one pixel to the right"].drift is None


def test_an_artifact_is_rebuilt_byte_for_byte_from_its_own_images(artifacts, model, small):
    found = of_artifact(artifacts[0], weights=small.model, calibration=small.calibration, images=small.images)
    assert found.judged.same
    assert found.judged.effect.as_dict() == model.judged.effect.as_dict()
    assert found.as_dict()["groups"] == model.as_dict()["groups"]


def test_a_reference_artifact_serves_instead_of_weights(artifacts, model, small):
    found = of_artifact(artifacts[0], reference=artifacts[1].folder, calibration=small.calibration, images=small.images)
    assert found.judged.effect.drift == pytest.approx(model.judged.effect.drift, rel=0.01)


def test_an_artifact_that_was_calibrated_with_other_images_is_told(small, tmp_path):
    """Its own file is judged; what helps is calibrating again, which is said first."""
    dark = faces(tmp_path / "dark", 12, 5, brightness=0.1)
    request = ExportRequest(
        model=str(small.model),
        targets=("tflite-int8",),
        contract=small.contract,
        calibration=dark,
        out=tmp_path / "out",
        report=ReportOptions(latency=False),
    )
    (artifact,) = export(request)
    found = of_artifact(artifact, weights=small.model, calibration=small.calibration, images=small.images)
    assert not found.judged.same
    assert found.judged.effect.drift > 2 * found.judged.rebuilt.drift
    assert [each.kind for each in found.symptoms][:1] == ["calibration"]
    assert "calibrated with images unlike these" in found.headline.verdict.headline
    assert "--calibration" in found.headline.steps[0]


def test_images_unlike_those_that_calibrate_are_told(request_of, tmp_path):
    found = analyze(request_of(calibration=faces(tmp_path / "dark", 12, 5, brightness=0.1)))
    assert [each.kind for each in found.symptoms] == ["ranges"]
    assert found.headline.verdict.headline == "The ranges do not fit these images"
    assert found.headline.steps[0].startswith("Calibrate with images like these")
    assert found.headline.steps[1].startswith("Then analyze again")
    assert recipe_lines(found) == ""


@pytest.mark.slow
def test_without_images_only_numbers_are_compared(small, artifacts):
    found = analyze(AnalyzeRequest("retinaface_mnet025", seed=1, input_size=(64, 96), count=2))
    assert found.judged.kind == "synthetic"
    assert found.judged.effect.drift is None
    assert found.wrong_inputs == ()
    assert all(each.gain.drift is None for each in found.remedies.groups)
    assert found.as_dict()["judged"]["drift"] is None


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"target": "tflite-fp32"}, "computes in float"),
        ({"target": "tflite-int9"}, "unknown target 'tflite-int9'"),
        ({"count": 0}, "cannot analyze on 0 images"),
        ({"count": 1000}, "cannot analyze on 1000 images"),
        ({"device": "moon"}, "moon"),
        ({"contract": None}, "of no known detector or recognizer"),
    ],
)
def test_what_cannot_be_analyzed_is_refused(request_of, given, named):
    with pytest.raises((InputError, ContractError), match=named):
        analyze(request_of(**given))


@pytest.mark.parametrize(("macs", "images"), [(10**6, 16), (10**9, 16), (4 * 10**9, 5), (10**11, 4)])
def test_a_large_network_is_analyzed_on_fewer_images(request_of, macs, images):
    assert request_of().images_for(macs) == images
    assert request_of(count=30).images_for(macs) == 30


@pytest.mark.parametrize("option", ["contract", "variant", "color", "input_size", "seed"])
def test_what_an_artifact_has_itself_is_refused(artifacts, small, option):
    given = {"contract": small.contract, "variant": "a", "color": "rgb", "input_size": (64, 64), "seed": 1}[option]
    with pytest.raises(InputError, match="an artifact has its own"):
        of_artifact(artifacts[0], weights=small.model, images=small.images, **{option: given})


def test_an_artifact_without_a_reference_is_refused(artifacts, small):
    with pytest.raises(InputError, match="needs one fp32 reference"):
        of_artifact(artifacts[0], images=small.images)


def test_a_float_artifact_is_refused(artifacts, small):
    with pytest.raises(InputError, match="onnx-fp32 computes in float"):
        of_artifact(artifacts[1], weights=small.model, images=small.images)


def test_an_artifact_whose_manifest_was_cut_is_refused(artifacts, small, tmp_path):
    folder = tmp_path / artifacts[0].folder.name
    shutil.copytree(artifacts[0].folder, folder)
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"algorithms"', '"others"'))
    with pytest.raises(InputError, match="does not say how the artifact was quantized"):
        analyze(AnalyzeRequest(str(folder), weights=small.model, images=small.images))
