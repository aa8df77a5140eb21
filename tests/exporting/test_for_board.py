"""Exports for a board: what is predicted is recorded and shown, and never makes an export fail."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from edgeface.backends import targets
from edgeface.bundle.boards import board
from edgeface.compile.repair.options import RepairOptions
from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest
from edgeface.core.prediction_record import PREDICTION, read_prediction
from edgeface.cost.prices.table import price_tables
from edgeface.devices.profile_files import FOLDER
from edgeface.errors import RuntimeFailure
from edgeface.exporting.choose import CANDIDATES
from edgeface.exporting.export import export
from edgeface.exporting.for_board import board_of, without_board
from edgeface.exporting.trials import with_candidates
from edgeface.prediction.prediction import Prediction


@pytest.fixture
def request_for(small, tmp_path):
    """A request of a small recognizer for an RK3399."""

    def make(*targets, **options):
        given = {
            "calibration": small.calibration,
            "judge": small.images,
            "contract": small.contract,
            "report": ReportOptions(latency=False, images=False),
            "out": tmp_path / "out",
            "device": "rk3399",
            **options,
        }
        return ExportRequest(str(small.model), targets, **given)

    return make


@pytest.fixture
def no_emulator(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEFACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")


def test_without_an_emulator_the_export_says_how_to_get_a_prediction(request_for, no_emulator):
    (artifact,) = export(request_for("tflite-int8"))
    record = read_prediction(artifact)
    assert (record.predictions, record.candidates, record.device) == ((), (), "rk3399")
    assert "edgeface doctor --install arm" in record.missing
    assert "Nothing was predicted for Rockchip RK3399" in (artifact.folder / "report.html").read_text()


def test_without_an_emulator_the_first_target_that_passes_is_chosen(request_for, no_emulator, tmp_path):
    (artifact,) = export(request_for())
    record = read_prediction(artifact)
    assert artifact.manifest.target == "tflite-int8"
    assert [path.name for path in (tmp_path / "out").iterdir()] == [artifact.folder.name]
    assert [each.target for each in record.candidates] == [name for name in CANDIDATES if name in targets()]
    assert [each.gate for each in record.candidates if each.chosen] == ["passed"]
    assert "no times were predicted" in record.why


def test_the_model_is_the_same_whether_its_target_was_chosen_or_named(request_for, no_emulator, tmp_path):
    (chosen,) = export(request_for())
    (named,) = export(request_for("tflite-int8", out=tmp_path / "named"))
    for name in ("manifest.json", "certificate.json", "model.tflite"):
        assert (chosen.folder / name).read_bytes() == (named.folder / name).read_bytes()


@pytest.fixture
def predicted(monkeypatch):
    """Let predictions be these: predicted(milliseconds by target, runtimes that fail) → what was asked for."""

    def known(times, failing=()):
        asked = []

        def predict(model, device, runtime=None, core=None, threads=None):
            target = model.parent.name.removeprefix("small-")
            asked.append((target, runtime, core, threads))
            if runtime in failing or times[target] is None:
                raise RuntimeFailure("it does not run", fix="try another")
            return prediction(model, device, runtime or RUNTIME[target.partition("-")[0]], times[target])

        monkeypatch.setattr("edgeface.exporting.for_board.predict", predict)
        return asked

    return known


RUNTIME = {"tflite": "litert", "onnx": "ort", "ncnn": "ncnn"}
OTHERS = dict.fromkeys(CANDIDATES, 50.0)


def prediction(model, device, runtime, ms):
    fitted = ms * (1.5 if runtime == "tflite-runtime" else 1.25)
    made = {
        **dict.fromkeys((field.name for field in fields(Prediction)), ""),
        **{"model": model, "device": device, "runtime": runtime, "version": "7", "core": "a72", "threads": 1},
        **{"pipe_ms": ms / 2, "low_ms": ms / 2, "expected_ms": ms, "high_ms": fitted, "fitted_ms": fitted},
        **{"evidence": "made up", "caveats": ("nothing was counted",)},
        "shares": {"arithmetic": 1.0, "loads": 0.0, "L2": 0.0, "DRAM": 0.0},
    }
    return Prediction(**made)


def test_a_named_target_is_predicted_in_its_runtime_and_in_the_older_one(request_for, predicted):
    asked = predicted({"tflite-int8": 20.0})
    (artifact,) = export(request_for("tflite-int8"))
    assert [(runtime, core) for _, runtime, core, _ in asked] == [(None, "a72"), ("tflite-runtime", "a72")]
    record = read_prediction(artifact)
    assert [each.runtime for each in record.predictions] == ["litert", "tflite-runtime"]
    assert (record.candidates, record.missing, record.threads) == ((), None, 2)
    page = (artifact.folder / "report.html").read_text()
    assert "LiteRT 7 on A72×1 takes about 20 (10–25) ms" in page
    assert "tflite-runtime 7 takes 1.20 × as long by the same counts." in page


def test_a_prediction_that_only_the_older_runtime_lacks_is_kept(request_for, predicted):
    predicted({"tflite-int8": 20.0}, failing=("tflite-runtime",))
    record = read_prediction(export(request_for("tflite-int8"))[0])
    assert ([each.runtime for each in record.predictions], record.missing) == (["litert"], None)


def test_the_target_with_the_least_predicted_time_is_written_and_no_other(request_for, predicted, tmp_path):
    predicted({**OTHERS, "onnx-int8": 10.0, "tflite-fp32": 10.5})
    (artifact,) = export(request_for())
    record = read_prediction(artifact)
    assert artifact.manifest.target == "onnx-int8"
    assert len(list((tmp_path / "out").iterdir())) == 1
    by_name = {each.target: each for each in record.candidates}
    assert (by_name["onnx-int8"].gate, by_name["tflite-int8"].gate) == ("passed", "not judged")
    assert by_name["tflite-int8"].why == "predicted 5.00 × as long"
    assert "onnx-int8 is the quickest on Rockchip RK3399 that passes the gate; tflite-fp32 is as quick" in record.why
    assert "Which target" in (artifact.folder / "report.html").read_text()


def test_a_candidate_that_its_runtime_does_not_run_has_the_reason(request_for, predicted):
    predicted({**OTHERS, "tflite-fp32": 20.0, "onnx-int8": None})
    by_name = {each.target: each for each in read_prediction(export(request_for())[0]).candidates}
    assert (by_name["tflite-fp32"].chosen, by_name["onnx-int8"].gate) == (True, "not judged")
    assert by_name["onnx-int8"].why == "no prediction: it does not run; try another"


def test_the_quickest_is_not_written_if_the_gate_refuses_it(request_for, predicted, tmp_path):
    predicted({**OTHERS, "tflite-int8": 10.0, "tflite-fp32": 20.0})
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('model = "small"\n[gates.tflite-int8]\nsnr_db = 190.0\n[gates.tflite-fp32]\nsnr_db = 30.0\n')
    (artifact,) = export(request_for(recipe=recipe, repair=RepairOptions("fast")))
    by_name = {each.target: each for each in read_prediction(artifact).candidates}
    assert artifact.manifest.target == "tflite-fp32"
    assert by_name["tflite-int8"].gate == "refused"
    assert "required ≥ 190 dB" in by_name["tflite-int8"].why


@pytest.mark.hostile
def test_what_is_predicted_is_recorded_beside_the_manifest_and_reported(request_for, emulator):
    (artifact,) = export(request_for("tflite-int8"))
    record = read_prediction(artifact)
    litert, old = record.predictions
    assert (litert.runtime, litert.core, old.runtime) == ("litert", "a72", "tflite-runtime")
    assert 0 < litert.low_ms <= litert.expected_ms <= litert.high_ms < 10
    assert record.missing is None
    page = (artifact.folder / "report.html").read_text()
    assert "not a measurement" in page
    assert f"LiteRT {litert.version}" in page
    assert PREDICTION not in (artifact.folder / "manifest.json").read_text()


def test_for_a_board_that_nothing_is_known_of_the_first_that_passes_is_chosen(request_for, tmp_path, monkeypatch):
    (tmp_path / "devices").mkdir()
    text = (FOLDER / "rk3399.toml").read_text()
    (tmp_path / "devices" / "mine.toml").write_text(text[: text.index("[[latency]]")])
    monkeypatch.setenv("EDGEFACE_DEVICES", str(tmp_path / "devices"))
    (artifact,) = export(request_for(device="mine"))
    record = read_prediction(artifact)
    assert (artifact.manifest.target, record.device, record.predictions) == ("tflite-int8", "mine", ())
    assert "[[latency]]" in record.missing
    assert set(artifact.manifest.quantization["prices"]["decided_by"]) == set(price_tables())


def test_a_target_that_no_board_runs_has_no_record(request_for, no_emulator):
    written = export(request_for("onnx-fp32", device=None))[0]
    assert not (written.folder / PREDICTION).exists()


@pytest.mark.parametrize(
    ("options", "lacking", "there"),
    [
        ({}, set(), set(CANDIDATES) & set(targets())),
        ({"io": "int8"}, {"tflite-fp32", "onnx-int8"}, {"tflite-int8"}),
        ({"integer_only": True}, {"tflite-fp32"}, {"tflite-int8", "onnx-int8"}),
    ],
)
def test_candidates_are_those_that_the_request_leaves(options, lacking, there):
    found = set(with_candidates(ExportRequest(targets=(), device="rk3399", **options)).targets)
    assert not found & lacking
    assert found >= there


def test_a_name_of_a_table_of_prices_is_no_board():
    assert board_of("rk3399").name == "rk3399"
    assert board_of("x86-avx2") is board_of("here") is board_of(None) is None


def test_a_board_that_no_table_describes_lets_every_table_decide():
    request = ExportRequest(device="rk3399")
    assert without_board(request, board("rk3399")) == request
    assert without_board(request, None) == request
    assert without_board(request, replace(board("rk3399"), name="other")).device is None


def test_a_board_is_of_use_to_every_target(request_for, no_emulator):
    (artifact,) = export(request_for("onnx-fp32"))
    assert json.loads((artifact.folder / PREDICTION).read_text())["device"] == "rk3399"
