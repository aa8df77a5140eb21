import json
from dataclasses import replace

import pytest

from edgeface.backends import target
from edgeface.compile.build import build
from edgeface.compile.job import BuildOptions, Job
from edgeface.compile.judge_built import judge_built
from edgeface.compile.recipe import Recipe
from edgeface.compile.stage import stage, write_model
from edgeface.core.artifact import Artifact
from edgeface.core.thresholds import Thresholds
from edgeface.core.versions import versions
from edgeface.errors import GateError, InputError
from edgeface.graph.onnx_reader import read_onnx
from edgeface.images.split import Images
from edgeface.passes import run_passes

FP32 = target("onnx-fp32")


def staged(job, built, folder):
    """As an export judges and stages one model."""
    (judged,) = judge_built(job, [built], [write_model(job, built, folder)], [lambda *_: None])
    found = stage(job, judged)
    if found.refusal is not None:
        raise found.refusal
    return found.folder


def recipe(**limits):
    return Recipe(model="retinaface_mnet025", gates={"onnx-fp32": Thresholds(**limits)})


@pytest.fixture
def job(seeded_source):
    graph = run_passes(read_onnx(seeded_source.onnx, "retinaface_mnet025"))
    return Job(seeded_source, graph, {}, recipe(max_abs=1e-3), Images(), BuildOptions())


def test_the_certificate_says_what_was_required_and_measured(job, tmp_path):
    artifact = Artifact.open(staged(job, build(job, FP32), tmp_path))
    certificate = artifact.certificate()
    (requirement,) = certificate.requirements
    assert (requirement.limit, requirement.met) == ("≤ 0.001", True)
    assert 0 < float(requirement.measured) < 1e-3
    assert certificate.thresholds == Thresholds(max_abs=1e-3)
    assert set(certificate.tensors) == {"boxes", "scores", "landmarks"}
    assert certificate.versions == versions("onnxruntime") == artifact.manifest.versions
    assert {"edgeface", "onnx", "torch"} <= set(versions())


def test_neither_file_names_the_folder_or_the_time(job, tmp_path):
    folder = staged(job, build(job, FP32), tmp_path)
    for name in ("manifest.json", "certificate.json"):
        text = (folder / name).read_text()
        assert str(tmp_path) not in text
        assert json.loads(text)


def test_a_float_target_that_fails_is_reported_as_a_defect(job, tmp_path):
    with pytest.raises(GateError) as caught:
        staged(replace(job, recipe=recipe(max_abs=1e-9)), build(job, FP32), tmp_path)
    assert "largest difference of any output" in caught.value.what
    assert "does not approximate" in str(caught.value.fix)


def test_a_model_of_other_weights_does_not_pass(job, seeded_source, tmp_path):
    from edgeface.compile.open_source import open_source
    from edgeface.compile.source import Declared

    source = open_source(Declared("retinaface_mnet025", input_size=(64, 96), seed=2), [])
    graph = run_passes(read_onnx(source.onnx, "retinaface_mnet025"))
    built = build(replace(job, source=source, graph=graph), FP32)
    with pytest.raises(GateError):
        staged(job, built, tmp_path)


def test_a_damaged_image_is_named_when_judging(job, images, tmp_path):
    (images / "2.png").write_bytes(b"")
    judged = replace(job, images=Images((), (images / "1.png", images / "2.png")))
    (tmp_path / "staged").mkdir()
    with pytest.raises(InputError) as caught:
        staged(judged, build(judged, FP32), tmp_path / "staged")
    assert caught.value.where == str(images / "2.png")
