from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from onnx import TensorProto, helper, save

SMALL = "mobilefacenet:y1"
LARGE = "vargfacenet"


@pytest.fixture
def broken_onnx(tmp_path):
    node = helper.make_node("Frobnicate", ["x"], ["y"], name="odd", domain="com.acme")
    kinds = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 8, 8]) for name in "xy"]
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.acme", 1)]
    path = tmp_path / "odd.onnx"
    save(helper.make_model(helper.make_graph([node], "odd", kinds[:1], kinds[1:]), opset_imports=opsets), path)
    return path


def test_a_network_within_its_budget_exits_0(edgeface_cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    ended = edgeface_cli("check", SMALL, "--budget", "lfr-light")
    assert ended.code == 0
    assert "within: lfr-light" in ended.out
    assert "439,821,056 FLOP (439.8 MFLOP)" in ended.out
    assert "220,965,376 MAC" in ended.out


def test_a_network_over_its_budget_exits_1_with_advice(edgeface_cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    ended = edgeface_cli("check", LARGE, "--budget", "lfr-light")
    assert ended.code == 1
    assert "over: lfr-light" in ended.out
    assert "-22,388,952 FLOP (-22.39 MFLOP), -2.24%  over" in ended.out
    assert "a width multiplier of about 0.9" in ended.out
    assert "reduce the costliest stages, 2.2% in total: 14×14" in ended.out


def test_one_limit_missed_by_one_of_several_models_exits_1(edgeface_cli):
    ended = edgeface_cli("check", SMALL, LARGE, "--budget", "lfr-light", "--json")
    assert ended.code == 1
    assert [model["within"] for model in ended.document["models"]] == [True, False]
    assert ended.document["within"] is False


def test_without_a_budget_nothing_is_judged(edgeface_cli):
    ended = edgeface_cli("check", LARGE)
    assert ended.code == 0
    assert "within" not in ended.out
    assert "lfr_flops" in ended.out


def test_every_figure_names_its_convention(edgeface_cli):
    [model] = edgeface_cli("check", "retinaface_mnet025", "--json").document["models"]
    assert all(figure["convention"] for figure in model["figures"].values())
    values = {name: figure["value"] for name, figure in model["figures"].items()}
    assert values["macs"] == 735_859_200
    assert values["flops"] == 2 * values["macs"]
    assert values["lfr_flops"] == 1_465_432_200
    assert values["parameters"] == 426_608
    assert values["embedding_width"] is None
    assert values["peak_activation_bytes"] == 7_372_800


def test_layers_and_stages_add_up_to_the_totals(edgeface_cli):
    [model] = edgeface_cli("check", LARGE, "--json").document["models"]
    for metric in ("macs", "lfr_flops", "parameters"):
        total = model["figures"][metric]["value"]
        assert sum(layer[metric] for layer in model["layers"]) == total
        assert sum(stage[metric] for stage in model["stages"]) == total


def test_flip_counts_two_passes(edgeface_cli):
    one, two = (
        edgeface_cli("check", SMALL, "--json", *more).document["models"][0]["figures"] for more in ([], ["--flip"])
    )
    assert two["lfr_flops"]["value"] == one["lfr_flops_flip"]["value"] == 2 * one["lfr_flops"]["value"]
    assert two["macs"]["value"] == 2 * one["macs"]["value"]
    assert two["parameters"]["value"] == one["parameters"]["value"]


@pytest.mark.parametrize(("size", "macs"), [("240x320", 184_738_560), ("1080x1920", 4_980_057_600)])
def test_input_counts_at_another_size(edgeface_cli, size, macs):
    [model] = edgeface_cli("check", "retinaface_mnet025", "--input", size, "--json").document["models"]
    assert model["figures"]["macs"]["value"] == macs


def test_all_layers_are_listed_on_request(edgeface_cli):
    few, everything = (edgeface_cli("check", SMALL, *more).out for more in ([], ["--layers", "all"]))
    assert "more with parameters or work: --layers all" in few
    assert "more with parameters" not in everything
    assert len(everything.splitlines()) > len(few.splitlines()) + 50


def test_a_user_s_budget_file_is_used(edgeface_cli, tmp_path):
    own = tmp_path / "board.toml"
    own.write_text('[limits.peak_activation_bytes]\nat_most = "2 MB"\n')
    ended = edgeface_cli("check", SMALL, "--budget", own)
    assert ended.code == 1
    assert "peak activation memory" in ended.out


def test_formats_for_machines_are_complete_documents(edgeface_cli):
    def run(form):
        ended = edgeface_cli("check", LARGE, "--budget", "lfr-light", "--format", form)
        assert ended.code == 1
        return ended.out

    assert ET.fromstring(run("junit")).find(".//failure") is not None
    assert json.loads(run("sarif"))["version"] == "2.1.0"
    assert run("github").startswith("::error")
    assert "over budget" in run("markdown")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--format", "yaml"], "unknown format 'yaml'"),
        (["--layers", "few"], "not a number of layers"),
        (["--budget", "lfr-lite"], "did you mean lfr-light?"),
        (["--input", "112"], "not an input size"),
        (["--input", "128x128"], "only supports 112×112 pixels"),
    ],
)
def test_options_that_are_not_usable_exit_2(edgeface_cli, arguments, says):
    ended = edgeface_cli("check", SMALL, *arguments)
    assert ended.code == 2
    assert says in ended.err
    assert ended.out == ""


def test_an_unknown_operator_is_an_error(edgeface_cli, broken_onnx):
    ended = edgeface_cli("check", broken_onnx, "--json")
    assert ended.code == 2
    error = ended.document["error"]
    assert "the cost of the operator com.acme::Frobnicate is unknown" in error["what"]
    assert "odd" in error["where"]
    assert error["fix"]


def test_bad_input_among_several_models_prints_one_document(edgeface_cli, broken_onnx):
    ended = edgeface_cli("check", SMALL, broken_onnx, "--format", "junit")
    assert ended.code == 2
    assert ended.out == ""


@pytest.mark.parametrize("model", ["retinaface_mnet025", "onnx", "tflite", "pth"])
def test_torch_and_the_runtimes_are_not_imported(model, seeded_files, seeded_weights):
    source = {"pth": seeded_weights, **seeded_files}.get(model, model)
    code = (
        "import sys\nfrom edgeface.cli import main\n"
        f"try: main(['check', {str(source)!r}, '--budget', 'lfr-light'])\n"
        "except SystemExit as ended: print(ended.code < 2)\n"
        "heavy = ('torch', 'onnxruntime', 'onnxsim', 'cv2', 'ai_edge_litert.interpreter')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-2:] == ["True", "[]"]
