"""Predictions of an artifact whose counts are remembered."""

from __future__ import annotations

import json
import shutil

import pytest

import edgeface
from edgeface.backends import target
from edgeface.backends.target import EmitOptions
from edgeface.devices.count import Counts
from edgeface.errors import EdgefaceError, InputError, RuntimeFailure
from edgeface.graph.ops.conv import Conv
from edgeface.prediction.answer import Question, answer
from edgeface.prediction.predict import predict, predict_all, predict_each
from edgeface.prediction.ship import ship
from edgeface.quantize.plan import QuantPlan

SLOW = Counts(9_000_000, 2_000_000, 80_000, 20_000)


@pytest.fixture
def artifact(seeded_artifact):
    return seeded_artifact("tflite-int8")


@pytest.fixture
def counted_artifact(artifact, remember):
    """The artifact, counted in both of its runtimes, of which the second is slower."""
    remember(artifact.model_path)
    remember(artifact.model_path, SLOW, "tflite-runtime")
    return artifact


def test_the_default_is_the_first_runtime_on_one_of_the_fastest_cores(counted_artifact):
    found = edgeface.predict(counted_artifact.folder)
    assert (found.runtime, found.core, found.threads, found.dtype) == ("litert", "a72", 1, "int8")
    assert found.title == "retinaface_mnet025 tflite-int8, 96×64"
    assert found.low_ms <= found.expected_ms <= found.high_ms
    assert found.fps == pytest.approx(1000 / found.expected_ms)
    assert "upper estimate" in found.evidence


def test_the_model_file_of_an_artifact_stands_for_it(counted_artifact):
    assert predict(counted_artifact.model_path) == predict(counted_artifact.folder)


def test_a_file_without_manifest_is_called_by_its_path(counted_artifact, tmp_path):
    bare = tmp_path / "bare.tflite"
    bare.write_bytes(counted_artifact.model_path.read_bytes())
    found = predict(bare)
    assert found.title == str(bare)
    assert found.expected_ms == predict(counted_artifact.folder).expected_ms


def test_a_fit_to_counts_of_another_kind_of_core_says_nothing_of_other_runtimes(counted_artifact):
    with pytest.raises(InputError, match="nothing is known of LiteRT on the A53 of rk3399") as refused:
        predict(counted_artifact.folder, core="a53")
    assert "other cores" in str(refused.value.fix)


def test_every_runtime_that_reads_the_file_is_predicted(counted_artifact):
    found = predict_all(counted_artifact.folder, core="a72", threads=1)
    assert [each.runtime for each in found] == ["litert", "tflite-runtime"]


def test_a_runtime_that_cannot_be_counted_is_left_out_and_named(artifact, remember):
    remember(artifact.model_path)
    found, refused = predict_each(artifact.folder, core="a72", threads=1)
    assert [each.runtime for each in found] == ["litert"]
    assert list(refused) == ["tflite-runtime"]


def test_if_none_can_be_counted_the_first_error_is_raised(artifact, empty_cache):
    with pytest.raises(RuntimeFailure, match="emulator is missing"):
        predict_all(artifact.folder, core="a72")


def test_the_quickest_is_shipped_with_the_reason(counted_artifact):
    found = predict_all(counted_artifact.folder, core="a72", threads=1)
    chosen = ship(found)
    assert chosen.prediction.runtime == "litert"
    assert "tflite-runtime takes" in chosen.reason
    assert "ranges" in chosen.reason
    assert ship(found[1:]).prediction.runtime == "tflite-runtime"


def test_an_answer_without_parts_says_why(counted_artifact):
    found = answer(Question((counted_artifact.folder,), "rk3399", threads=1))
    assert found.breakdowns == ()
    assert "emulator" in found.unparted
    json.dumps(found.as_dict(), allow_nan=False)
    with pytest.raises(RuntimeFailure, match="emulator"):
        answer(Question((counted_artifact.folder,), "rk3399", threads=1, layers=True))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"runtime": "onnx"}, "no runtime of a board is called 'onnx'"),
        ({"runtime": "ort"}, "ort does not read this file"),
        ({"device": "a72"}, "has no [[latency]]"),
        ({"device": "rk"}, "no device is called 'rk'"),
        ({"core": "a76"}, "cores called 'a76'"),
        ({"threads": 6}, "6 threads"),
    ],
)
def test_what_is_not_known_is_refused(counted_artifact, asked, said):
    with pytest.raises(InputError) as refused:
        predict(counted_artifact.folder, **asked)
    assert said in str(refused.value)
    assert refused.value.fix


def test_models_that_no_board_runs_are_refused(tmp_path, empty_cache):
    for name, content in (("model.engine", b"engine"), ("model.pt", b"PK\x03\x04"), ("model", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(EdgefaceError) as refused:
            predict(tmp_path / name)
        assert refused.value.exit_code == 2
    with pytest.raises(InputError):
        predict(tmp_path / "absent.tflite")


def test_an_artifact_for_a_gpu_is_refused(counted_artifact, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(counted_artifact.folder, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"target": "tensorrt-fp16"}))
    with pytest.raises(InputError, match="tensorrt-fp16 is for a GPU"):
        predict(folder)


@pytest.fixture
def chain(make_graph, normal, tmp_path):
    """A .tflite file of four convolutions, two of which are alike, in two stages."""
    names = ["/body/a", "/body/b", "/head/c", "/head/d"]
    reads = ["x", *names]
    rows = [(Conv(), f"{reads[i]} w{i}", name) for i, name in enumerate(names)]
    weights = {f"w{i}": normal(8, 8 if i else 3, 1, 1, seed=i) for i in range(3)} | {"w3": normal(16, 8, 1, 1)}
    path = tmp_path / "chain.tflite"
    chosen = target("tflite-fp32")
    path.write_bytes(chosen.emit_model(make_graph({"x": (1, 3, 24, 32)}, rows, weights), QuantPlan(), EmitOptions()))
    return path


@pytest.mark.hostile
def test_an_answer_is_the_same_without_the_emulator_once_it_was_given(chain, emulator, monkeypatch, tmp_path):
    """Through a cache of its own, in which the emulator is a link to the one that is installed."""
    monkeypatch.setenv("EDGEFACE_CACHE", str(tmp_path / "cache"))
    link = tmp_path / "cache" / "arm" / emulator.folder.name
    link.parent.mkdir(parents=True)
    link.symlink_to(emulator.folder)
    question = Question((chain,), "rk3399", "litert", threads=1, layers=True)
    found = answer(question)
    link.unlink()
    assert answer(question) == found
    assert len(list((link.parent / "counts").iterdir())) == 1 + 2 + 3  # the model, its stages, its distinct operators
    stages, operators = found.breakdowns
    assert [(part.name, part.what) for part in stages.parts] == [("body", "2 operators"), ("heads", "2 operators")]
    assert [part.what for part in operators.parts] == ["CONV_2D"] * 4
    assert operators.parts[1].expected_ms == operators.parts[2].expected_ms != operators.parts[3].expected_ms
    assert operators.sum_ms > operators.whole_ms > 0
