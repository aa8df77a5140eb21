"""Words of an export in any order, and what is wrong with others."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from edgeface.cli.export_inputs import named_inputs
from edgeface.errors import InputError

ORDERS = list(itertools.permutations(["retinaface_mnet025", "my.pth", "tflite-int8"]))


@pytest.mark.parametrize("words", ORDERS, ids="-".join)
def test_a_model_a_checkpoint_and_a_target_are_told_apart_in_any_order(words):
    named = named_inputs(words, (), None)
    assert (named.model, named.weights, named.targets) == ("retinaface_mnet025", Path("my.pth"), ("tflite-int8",))


@pytest.mark.parametrize(
    ("words", "options", "targets"),
    [
        (["a.pth"], ["tflite-int8", "onnx-fp32"], ("tflite-int8", "onnx-fp32")),
        (["a.pth"], ["tflite-int8,onnx-fp32", "ncnn-fp32"], ("tflite-int8", "onnx-fp32", "ncnn-fp32")),
        (["a.pth", "ncnn-fp32,onnx-fp16"], ["tflite-int8"], ("tflite-int8", "ncnn-fp32", "onnx-fp16")),
        (["a.pth"], [], ()),
    ],
)
def test_targets_are_those_of_every_option_and_word(words, options, targets):
    assert named_inputs(words, options, None).targets == targets


@pytest.mark.parametrize(("words", "model"), [(["a.onnx"], "a.onnx"), (["my.toml", "w.pth"], "my.toml"), ([], "")])
def test_models_and_recipes_are_models(words, model):
    assert named_inputs(words, ["onnx-fp32"], None).model == model


def test_a_checkpoint_alone_is_the_model_whose_family_it_tells():
    assert named_inputs(["a.safetensors"], [], None).model == "a.safetensors"


@pytest.mark.parametrize(
    ("words", "said", "fix"),
    [
        (["a.pth", "b.pth"], "there are 2 checkpoints", "one after the other"),
        (["a.onnx", "b.onnx"], "there are 2 models", "one after the other"),
        (["tflite-int9"], "is no model and no target", "did you mean tflite-int8?"),
        (["photos"], "a folder is no model", "--calibration photos"),
        (["artifact"], "an artifact already", "exported from"),
        (["nowhere/model"], "there is no such file", "check the path"),
        (["model.bin"], "there is no such file", "check the path"),
        (["onnx-fp32", "onnx-fp32"], "each once", "commas"),
    ],
)
def test_what_is_none_of_these_is_refused_with_what_it_may_be(tmp_path, monkeypatch, words, said, fix):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "artifact").mkdir()
    (tmp_path / "artifact" / "manifest.json").touch()
    with pytest.raises(InputError) as refused:
        named_inputs(words, (), None)
    assert said in refused.value.what
    assert fix in str(refused.value.fix)


def test_two_checkpoints_by_word_and_option_are_refused():
    with pytest.raises(InputError, match="there is another one"):
        named_inputs(["a.pth"], (), Path("b.pth"))


@pytest.mark.parametrize("words", [["mobilefacnet", "onnx-fp32"], ["nope.pth", "onnx-fp32"], ["--weights", "no.pth"]])
def test_what_is_not_there_is_said_before_any_work(edgeface_cli, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    ended = edgeface_cli("export", *words, "--target", "tflite-fp32")
    assert ended.code == 2
    assert ended.err.startswith(("error: unknown model", "error: MODEL: there is no", "error: --weights: there is no"))
    assert not list(tmp_path.iterdir())
