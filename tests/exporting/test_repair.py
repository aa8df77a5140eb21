"""Exports that their gate refuses in 8 bits: repaired, reproduced by the recipe, limited, refused with the curve."""

import json
import os
from contextlib import contextmanager

import numpy as np
import pytest

from edgeface.backends import target
from edgeface.cli.findings import format_findings
from edgeface.compile.calibrate import calibrate
from edgeface.compile.open_job import open_job
from edgeface.compile.recipe_text import RECIPE
from edgeface.compile.repair.changes import in_float
from edgeface.compile.repair.options import RepairOptions
from edgeface.compile.repair.trials import Trials
from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import requested_recipe
from edgeface.core.repair_table import repair_table
from edgeface.errors import GateError, InputError
from edgeface.exporting.export import export
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.ops.spatial import GlobalAveragePool
from edgeface.images.split import choose_images
from edgeface.tasks import task_of
from edgeface.tasks.recognition.requirements import LEAST_LOSS
from edgeface.tasks.recognition.task import TASK

CONTRACT = """
task = "recognition"
width = 8
output = "/head/embedding"
[input]
height = 96
width = 96
color = "rgb"
mean = [127.5, 127.5, 127.5]
scale = [0.0078125, 0.0078125, 0.0078125]
"""
BLOCKS = ("stem", "body/b0", "body/b1", "body/b2", "neck")
GATE = 'model = "recognition"\n[quantize]\nalgorithms = []\n[gates.tflite-int8]\nsnr_db = {}\n'


@pytest.fixture(scope="module")
def model(make_graph, normal):
    """A recognizer of five convolutions in modules, as an ONNX file's bytes."""
    rows, constants, last = [], {}, "input"
    for number, block in enumerate(BLOCKS):
        channels = 3 if number == 0 else 32
        constants[f"w{number}"] = normal(32, channels, 3, 3, seed=number, scale=(2 / (9 * channels)) ** 0.5)
        constants[f"b{number}"] = normal(32, seed=10 + number, scale=0.1)
        made = f"/{block}/conv"
        conv = Conv(strides=(2, 2) if number < 3 else (1, 1), pads=(1, 1, 1, 1), dilations=(1, 1), groups=1)
        rows += [(conv, f"{last} w{number} b{number}", made), (Relu(), made, f"/{block}/relu")]
        last = f"/{block}/relu"
    constants |= {"w": normal(8, 32, seed=20), "b": normal(8, seed=21, scale=0.1)}
    rows += [
        (GlobalAveragePool(), last, "/head/pool"),
        (Reshape((1, 32)), "/head/pool", "/head/flat"),
        (Gemm(), "/head/flat w b", "/head/embedding"),
    ]
    return write_onnx(make_graph({"input": (1, 3, 96, 96)}, rows, constants, ["/head/embedding"]))


@pytest.fixture
def asked(model, tmp_path):
    """A request for the recognizer with a gate: `asked(minimum SNR in dB, repair options, **fields)`."""
    import cv2

    (tmp_path / "mine.onnx").write_bytes(model)
    (tmp_path / "mine.toml").write_text(CONTRACT)
    rng = np.random.default_rng(0)
    faces, others = tmp_path / "faces", tmp_path / "others"
    for number in range(20):
        small = rng.integers(0, 256, (6, 6, 3), np.uint8)
        folder = faces if number < 10 else others
        folder.mkdir(exist_ok=True)
        cv2.imwrite(str(folder / f"{number}.png"), cv2.resize(small, (96, 96), interpolation=cv2.INTER_CUBIC))

    def make(snr_db, repair=None, **fields):
        (tmp_path / "gate.toml").write_text(GATE.format(snr_db))
        return ExportRequest(
            **{
                "model": str(tmp_path / "mine.onnx"),
                "contract": tmp_path / "mine.toml",
                "recipe": tmp_path / "gate.toml",
                "targets": ("tflite-int8",),
                "calibration": faces,
                "out": tmp_path / "out",
                "report": ReportOptions(latency=False),
                "repair": repair or RepairOptions(),
                **fields,
            }
        )

    return make


@pytest.fixture
def measured(asked):
    """The SNR of the build that nothing was changed in, in dB."""
    (artifact,) = export(asked(0.0, out=asked(0.0).out.parent / "first"))
    assert artifact.certificate().repair is None
    assert not (artifact.folder / RECIPE).exists()
    return artifact.certificate().tensors["/head/embedding"].snr_db


def test_what_is_refused_is_repaired_and_its_recipe_makes_the_same_without_searching(asked, measured, tmp_path):
    wanted = asked(measured + 3, RepairOptions(save_recipe=tmp_path / "saved.toml"))
    (artifact,) = export(wanted)
    certificate = artifact.certificate()
    repair = certificate.repair
    assert certificate.passed
    assert repair.changed
    assert repair.judged >= 2
    assert f"minimum output SNR {measured:.1f} dB →" in repair.summary
    assert "in float" in repair.summary
    assert artifact.manifest.quantization["repair"]["changed"] == list(repair.changed)
    assert repair.summary in " ".join(format_findings(certificate, task_of(artifact.contract)).split())
    assert "Accuracy against time" in (artifact.folder / "report.html").read_text()
    assert (tmp_path / "saved.toml").read_bytes() == (artifact.folder / RECIPE).read_bytes()
    assert [path.name for path in wanted.out.iterdir()] == [artifact.folder.name]

    fast = RepairOptions("fast")
    (again,) = export(asked(measured + 3, fast, recipe=artifact.folder / RECIPE, out=tmp_path / "again"))
    assert again.model_path.read_bytes() == artifact.model_path.read_bytes()
    assert again.certificate().repair is None


def test_what_is_beyond_a_limit_within_chance_is_repaired_too(asked, tmp_path):
    recipe = tmp_path / "noise.toml"

    def exported(factor, effort):
        gate = f"[gates.tflite-int8]\nnoise_factor = {factor}\n[evidence]\nfaces = 3\n"
        recipe.write_text(f'model = "recognition"\n[quantize]\nalgorithms = []\n{gate}')
        out = tmp_path / effort
        (artifact,) = export(asked(0, RepairOptions(effort), recipe=recipe, out=out, force=True))
        return artifact.certificate()

    first = exported(9.0, "fast")
    moved = 1 - first.noise[TASK.noise.name]["mean_cosine"]
    factor = 0.99 * (1 - first.decisions["mean_cosine"]) / max(moved, LEAST_LOSS)
    (doubtful,) = [each for each in exported(factor, "fast").requirements if each.beyond]
    assert doubtful.unsure
    repaired = exported(factor, "default")
    assert repaired.repair.changed
    assert [each.what for each in repaired.requirements if each.beyond] == []


def test_fast_only_judges(asked, measured):
    with pytest.raises(GateError) as refused:
        export(asked(measured + 3, RepairOptions("fast")))
    assert refused.value.repair is None
    assert "keep_float" in refused.value.fix


def test_a_limit_on_time_that_forbids_it_refuses_with_the_whole_curve(asked, measured, tmp_path):
    page = tmp_path / "refused.html"
    report = ReportOptions(latency=False, refused=page)
    with pytest.raises(GateError) as refused:
        export(asked(measured + 30, RepairOptions(max_slowdown=0.0), report=report))
    repair = refused.value.repair
    assert not repair.changed
    assert "0 % more time" in repair.summary
    assert "--max-slowdown" in refused.value.fix
    drifts = [point.drift["identity"] for point in repair.curve[1:]]
    assert len(drifts) >= 3
    assert drifts == sorted(drifts, reverse=True)
    assert repair_table(repair).rows[0][0] == "nothing"
    assert "Accuracy against time" in page.read_text()
    assert json.dumps(refused.value.as_dict()["repair"])
    assert not (tmp_path / "out").exists()


def test_max_makes_it_more_accurate_within_the_limit(asked, measured):
    (artifact,) = export(asked(0.0, RepairOptions("max", 0.3)))
    certificate = artifact.certificate()
    assert certificate.tensors["/head/embedding"].snr_db > measured
    assert certificate.repair.added_time_percent <= 30


def test_images_that_calibrate_are_needed(asked, measured, tmp_path):
    saved = tmp_path / "statistics.npz"
    export(asked(0.0, save_statistics=saved, out=tmp_path / "other"))
    only_judged = asked(measured + 3, calibration=None, judge=tmp_path / "others", statistics=saved)
    with pytest.raises(GateError) as refused:
        export(only_judged)
    assert refused.value.repair is None


def test_a_recipe_for_a_recipe_is_refused(asked, tmp_path):
    with pytest.raises(InputError, match="recipe"):
        export(asked(0.0, model=str(tmp_path / "gate.toml"), contract=None))


def test_a_recipe_of_another_model_is_refused(tmp_path):
    (tmp_path / "other.toml").write_text('model = "mobilefacenet"\n')
    with pytest.raises(InputError, match="of mobilefacenet, the model is retinaface_mnet025"):
        export(ExportRequest(recipe=tmp_path / "other.toml", out=tmp_path / "out"))


@contextmanager
def on_one_core():
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def test_a_search_that_was_interrupted_goes_on_and_ends_with_the_same_bytes(asked, measured, tmp_path):
    wanted = asked(measured + 3)
    recipe = requested_recipe(wanted)
    job = open_job(wanted, recipe, choose_images(wanted.calibration, None, recipe.quantize.calibration_images))
    wanted.out.mkdir()
    with Trials(job, target("tflite-int8"), calibrate(job), wanted.out) as trials:  # ended before its search was done
        groups = trials.groups(recipe.quantize)
        trials.all([recipe.quantize, *(in_float(recipe.quantize, [group], "") for group in groups[:3])], "measuring")
    (left,) = wanted.out.iterdir()
    assert len(json.loads(left.read_text())["trials"]) == 4
    (resumed,) = export(wanted)
    with on_one_core():  # candidates run one by one
        (whole,) = export(asked(measured + 3, out=tmp_path / "whole"))
    assert [path.name for path in wanted.out.iterdir()] == [resumed.folder.name]
    assert resumed.model_path.read_bytes() == whole.model_path.read_bytes()
    assert resumed.certificate() == whole.certificate()
