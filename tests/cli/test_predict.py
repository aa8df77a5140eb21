from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from edgeface.cli.prediction_text import format_answer
from edgeface.devices.count import Counts
from edgeface.prediction.answer import Answer
from edgeface.prediction.breakdown import Breakdown, Part
from edgeface.prediction.prediction import Prediction
from edgeface.prediction.ship import ship

SHARES = {"arithmetic": 0.2, "loads": 0.5, "L2": 0.2, "DRAM": 0.1}
QUICK = Prediction(
    model=Path("a/model.tflite"),
    title="a tflite-int8, 320×240",
    device="rk3399",
    runtime="litert",
    version="2.3.0",
    core="a72",
    threads=1,
    dtype="int8",
    pipe_ms=15.0,
    low_ms=15.0,
    expected_ms=26.0,
    high_ms=34.7,
    fitted_ms=34.7,
    shares=SHARES,
    evidence="quick evidence",
    caveats=("no camera",),
    counts=Counts(1, 1, 1, 1),
)
SLOW = replace(QUICK, runtime="tflite-runtime", expected_ms=120.0, low_ms=100.0, high_ms=140.0, evidence="slow one")
STAGES = Breakdown(
    "stage",
    "litert on A72×1",
    (Part("body", "3 operators", 20.0, SHARES), Part("heads", "2 operators", 10.0, SHARES)),
    26.0,
)


def answered(*predictions, **more):
    return Answer("Rockchip RK3399", predictions, ship(predictions), (STAGES,), **more)


def test_a_table_by_runtime_what_to_ship_where_the_time_goes_and_what_it_rests_on():
    text = format_answer(answered(SLOW, QUICK))
    assert text.startswith("a tflite-int8, 320×240 on Rockchip RK3399\n")
    assert re.search(r"^litert 2\.3\.0 +A72×1 +26\.0 +15\.0–34\.7 +38 +15\.0 +loads 50%$", text, re.MULTILINE)
    assert re.search(r"^tflite-runtime 2\.3\.0 +A72×1 +120\.0 +100\.0–140\.0 +8\.3", text, re.MULTILINE)
    assert "ship litert on A72×1: 26 ms expected" in text
    assert "the ranges do not overlap" in " ".join(text.split())
    assert re.search(r"^body +3 operators +20\.00 +67% +loads 50%$", text, re.MULTILINE)
    assert "sum 30.0 ms, the whole 26.0: 15% more" in text
    assert "slow one" in text
    assert text.endswith("not in these figures:\n  no camera")


def test_each_model_has_a_table_and_the_shipped_one_is_named():
    other = replace(QUICK, title="b ncnn-fp32, 320×240", runtime="ncnn", expected_ms=31.5, low_ms=28.0, high_ms=35.0)
    text = format_answer(answered(other, QUICK))
    assert text.index("b ncnn-fp32, 320×240 on") < text.index("a tflite-int8, 320×240 on")
    assert "ship litert on A72×1 with a tflite-int8, 320×240" in text
    assert "the ranges overlap" in " ".join(text.split())


def test_evidence_is_said_once_for_all_cores():
    text = " ".join(format_answer(answered(QUICK, replace(QUICK, threads=2))).split())
    assert text.count("quick evidence") == 1
    assert "litert on A72×1, A72×2: quick evidence" in text


def test_refusals_and_missing_parts_are_said():
    found = answered(QUICK, refused={"tflite-runtime with a": "it is too old"}, unparted="it has control flow")
    text = format_answer(found)
    assert "not in tflite-runtime with a: it is too old" in text
    assert "not by stage: it has control flow" in text
    assert found.as_dict()["refused"] == {"tflite-runtime with a": "it is too old"}


def test_a_breakdown_below_the_whole_is_explained_too():
    assert replace(STAGES, whole_ms=40.0).difference == "25% less: a part alone has the caches for itself"


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_without_an_emulator_the_error_says_how_to_set_it_up(edgeface_cli, tflite_file, tmp_path, monkeypatch, options):
    monkeypatch.setenv("EDGEFACE_CACHE", str(tmp_path / "none"))
    ended = edgeface_cli("predict", tflite_file, *options)
    assert ended.code == 2
    assert "edgeface doctor --install arm" in ended.err
    if options:
        assert "doctor" in json.loads(ended.out)["error"]["fix"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--device", "rk3398"), "no device is called 'rk3398'"),
        (("--device", "a55"), "[[latency]]"),
        (("--runtime", "onnx"), "no runtime of a board is called 'onnx'"),
        (("--runtime", "ncnn"), "ncnn does not read this file"),
        (("--core", "a73"), "a73"),
        (("--threads", "7"), "7 threads"),
        (("--threads", "0"), "0"),
    ],
)
def test_what_cannot_be_predicted_ends_with_2_and_says_why(edgeface_cli, tflite_file, options, said):
    ended = edgeface_cli("predict", tflite_file, *options)
    assert ended.code == 2
    assert said in ended.err


@pytest.fixture
def tflite_file(seeded_files):
    return seeded_files["tflite"]
