"""What a bundle says of the runtime that its board should have."""

from __future__ import annotations

import json
import shutil

import pytest

from edgeface.bundle.archive import open_archive
from edgeface.bundle.boards import board
from edgeface.bundle.face_runner.runtime_advice import note_on, read_advice
from edgeface.bundle.pack import Order, pack_bundle
from edgeface.bundle.runtime_costs import costs_of
from edgeface.bundle.runtime_settings import (
    board_facts,
    board_lines,
    placement,
    predicted_settings,
    runtime_settings,
)
from edgeface.core.artifact import Artifact
from edgeface.core.prediction_record import Predicted, PredictionRecord, write_prediction
from edgeface.devices.pins import SITES
from edgeface.devices.recommended_runtime import Counted, Older

PINNED = {wheel.name: wheel.version for site in ("current", "legacy") for wheel in SITES[site]}
LITERT, OLD = PINNED["ai-edge-litert"], PINNED["tflite-runtime"]
ADVICE = {
    "device": {"title": "Rockchip RK3399", "cores": [4, 5], "threads": 2},
    "runtime": {
        "package": "ai-edge-litert",
        "version": "2.3.0",
        "min_python": [3, 10],
        "slower": {"tflite-runtime": {"version": "2.14.0", "costs": "takes 1.2 to 1.7 × as long"}},
    },
}


@pytest.fixture(scope="module")
def settings(files):
    return json.loads(files["bundle.json"])


def test_a_bundle_recommends_the_pinned_runtime_and_says_what_the_old_one_costs(settings):
    assert (settings["runtime"]["package"], settings["runtime"]["version"]) == ("ai-edge-litert", LITERT)
    said = settings["runtime"]["slower"]["tflite-runtime"]
    assert said == {
        "version": OLD,
        "costs": "takes 1.3 to 1.7 × as long for networks in int8 and 2.2 to 3.8 × as long for networks in int8 with "
        "LeakyReLU, by counts on an emulated Cortex-A72",
    }


def test_the_readme_and_the_lines_hold_runtime_cores_and_threads(files, settings):
    first, second = board_lines(settings)
    needs = f"ai-edge-litert {LITERT}, which needs Python 3.10 or newer"
    assert first == f"Rockchip RK3399: {needs}; pinned to cores 4 and 5, 2 threads"
    assert second.startswith(f"tflite-runtime {OLD} takes 1.3 to 1.7 ×")
    readme = files["README.md"].decode()
    assert f"- {first}\n- {second}\n" in readme
    assert f"pip install 'ai-edge-litert=={LITERT}'" in readme
    assert not any("@" in line and line.isupper() for line in readme.splitlines())
    assert "CPUAffinity=4 5" in files["systemd/face.service"].decode()


def test_what_the_old_runtime_costs_is_said_for_networks_of_their_kind(seeded_artifact):
    models = ("retinaface_mnet025", "mobilefacenet")
    folders = [seeded_artifact("tflite-fp32", model).folder for model in models]
    artifacts = map(Artifact.open, folders)
    found = runtime_settings(dict(zip(("detector", "recognizer"), artifacts, strict=True)), "rk3399")
    (said,) = found["slower"].values()
    assert said["costs"] == "takes 1.1 × as long for networks in float32, by counts on an emulated Cortex-A72"


def test_what_costs_nothing_notable_is_not_said():
    older = Older("a", "1", (Counted("n", "int8", 1.04), Counted("n", "float32", 1.3)))
    assert costs_of(older, ["int8"]) is costs_of(older, ["int8 with LeakyReLU"]) is None
    assert costs_of(older, ["int8", "float32"]).startswith("takes 1.3 × as long for networks in float32,")


@pytest.mark.parametrize(
    ("package", "version", "said"),
    [
        ("tflite-runtime", "2.14.0", "on the Rockchip RK3399 it takes 1.2 to 1.7 × as long; pip install"),
        ("ai-edge-litert", "2.1.0", "2.1.0 is older than 2.3.0"),
        ("ai-edge-litert", "1.4", "1.4 is older than 2.3.0"),
        ("ai-edge-litert", "2.3.0", None),
        ("ai-edge-litert", "2.10.1", None),
        ("ai-edge-litert", "unknown", None),
        ("another", "1.0", None),
    ],
)
def test_a_board_with_another_runtime_is_told_what_it_loses(package, version, said):
    found = note_on(ADVICE, f"{package} {version}")
    assert found is None if said is None else said in found


def test_a_python_without_wheels_is_named_with_the_one_that_has_them():
    advice = read_advice(ADVICE)
    assert advice.lost_with("tflite-runtime", "2.14.0", (3, 8)).endswith(
        "pip install 'ai-edge-litert==2.3.0' needs Python 3.10 or newer, this is 3.8"
    )
    assert advice.cure((3, 11)) == "pip install 'ai-edge-litert==2.3.0'"


@pytest.mark.parametrize(
    "runtime",
    [None, {}, [], "x", {"package": 3, "version": "1", "slower": {}}, {"package": "a", "version": "1", "slower": 4}],
)
def test_older_bundles_and_odd_records_say_nothing(runtime):
    assert note_on({**ADVICE, "runtime": runtime}, "tflite-runtime 2.14.0") is None
    without = {key: value for key, value in ADVICE.items() if key != "runtime"}
    assert note_on(without, "tflite-runtime 2.14.0") is None


def test_a_record_of_odd_parts_keeps_what_is_usable():
    odd = {**ADVICE["runtime"], "min_python": ["a", 3], "slower": {"tflite-runtime": {"costs": 3}, "b": None}}
    advice = read_advice({**ADVICE, "runtime": odd})
    assert (advice.min_python, advice.slower) == (None, {})


def record_of(folder, device, *times):
    """A record of what was predicted of an artifact: fitted milliseconds in LiteRT, and in tflite-runtime."""
    runtimes = (("litert", LITERT), ("tflite-runtime", OLD))
    found = [
        Predicted(
            runtime=runtime,
            version=version,
            core="a72",
            threads=2,
            low_ms=ms / 2,
            expected_ms=0.75 * ms,
            high_ms=ms,
            fitted_ms=ms,
        )
        for (runtime, version), ms in zip(runtimes, times, strict=False)
    ]
    write_prediction(
        folder,
        PredictionRecord(
            model_sha256=Artifact.open(folder).manifest.model_sha256,
            device=device,
            title="A board",
            cores=(4, 5),
            threads=2,
            predictions=tuple(found),
        ),
    )


@pytest.fixture
def predicted(seeded, tmp_path):
    """Artifacts' folders with these predictions: (device, detector's times, recognizer's times)."""

    def copy(device, *times):
        names = zip(("detector", "recognizer"), seeded["integer"], strict=True)
        folders = [shutil.copytree(folder, tmp_path / name) for name, folder in names]
        for folder, found in zip(folders, times, strict=True):
            record_of(folder, device, *found)
        return folders

    return copy


def test_what_exports_predicted_for_the_board_is_in_its_bundle(predicted):
    order = Order(*predicted("rk3399", (20.0, 26.0), (40.0, 50.0)), "rk3399")
    files, _ = open_archive(pack_bundle(order), "x")
    settings, readme = json.loads(files["bundle.json"]), files["README.md"].decode()
    said = "takes 1.30 × as long for the detector and 1.25 × as long for the recognizer, by counts on an emulated core"
    assert settings["runtime"]["slower"]["tflite-runtime"]["costs"] == said
    assert settings["predicted"]["recognizer"]["expected_ms"] == 30.0
    detector = f"detector: about 15 ms (10–20) in litert {LITERT} on A72×2; predicted from counts, not measured"
    assert detector in board_lines(settings)
    assert f"- {detector}\n" in readme


@pytest.mark.parametrize(
    ("device", "times"), [("another", ((20.0, 26.0), (40.0, 50.0))), ("rk3399", ((20.0,), (40.0, 50.0)))]
)
def test_predictions_for_another_board_or_of_one_runtime_say_nothing_of_the_older_one(predicted, device, times):
    artifacts = map(Artifact.open, predicted(device, *times))
    models = dict(zip(("detector", "recognizer"), artifacts, strict=True))
    assert "for networks in int8" in runtime_settings(models, "rk3399")["slower"]["tflite-runtime"]["costs"]
    assert set(predicted_settings(models, "rk3399")) == ({"detector", "recognizer"} if device == "rk3399" else set())


@pytest.mark.parametrize(
    ("cores", "words"), [((0,), "core 0"), ((4, 5), "cores 4 and 5"), ((0, 1, 2, 3), "cores 0, 1, 2 and 3")]
)
def test_cores_are_listed_as_words_are(cores, words):
    assert placement(cores, 2) == f"pinned to {words}, 2 threads"


def test_a_board_without_a_pinned_runtime_is_told_its_cores():
    settings = {"device": {"title": "A board", "cores": [0], "threads": 1}, "runtime": None}
    assert board_lines(settings) == ("A board: pinned to core 0, 1 thread",)
    facts = board_facts(board("rk3399"), settings)
    assert (facts["@BOARD@"], facts["@CORES@"]) == ("- A board: pinned to core 0, 1 thread", "4 5")


def test_the_programs_say_nothing_where_the_recommended_runtime_is(on_board, unpacked):
    ended = on_board(unpacked, "face", "--no-pin", "embed", unpacked / "golden" / "first.ppm")
    assert "note" not in ended.stderr
    assert "note" not in on_board(unpacked, "verify").stdout
