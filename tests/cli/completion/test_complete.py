from __future__ import annotations

import pytest
import typer

from edgeface.cli.app import app
from edgeface.cli.completion.complete import complete

PROGRAM = typer.main.get_command(app)


def answer(*typed):
    found = complete(PROGRAM, typed)
    return [word for word, _ in found.words], found.files


def words(*typed):
    return answer(*typed)[0]


def test_commands_are_offered_with_their_descriptions():
    found = complete(PROGRAM, ["exp"])
    assert found.words == (("export", "Compile a model, and write it if it is good enough."),)
    assert {"export", "eval", "completion"} <= set(words(""))
    assert complete(PROGRAM, []) == complete(PROGRAM, [""])


def test_options_of_the_command_that_are_not_given_yet_are_offered():
    assert words("export", "--in") == ["--input", "--integer-only"]
    assert "--integer-only" not in words("export", "--integer-only", "--")
    assert "--weights" not in words("export", "--weights=a.pth", "--")
    assert "--target" in words("export", "--target=tflite-int8", "--")
    assert "--budget" in words("check", "--budget", "lfr-light", "--")
    assert words("--ver") == ["--version"]
    assert words("--quiet", "expo") == ["export"]
    assert "--help" in words("targets", "-")


def test_several_targets_are_completed_one_after_the_other_and_none_twice():
    assert words("export", "--target", "tflite-i") == ["tflite-int8"]
    assert words("export", "--target", "tflite-fp32,tflite-f") == ["tflite-fp32,tflite-fp16"]
    assert words("export", "--target", "tflite-fp32", "--target", "tflite-f") == ["tflite-fp16"]
    assert words("export", "--target=tflite-fp32", "--target", "tflite-f") == ["tflite-fp16"]


def test_what_every_command_takes_is_offered_by_every_command():
    assert {"--help", "--quiet", "--json"} <= set(words("bench", "--"))
    assert "--quiet" not in words("bench", "--quiet", "--")


def test_help_is_completed_with_the_names_of_commands():
    assert words("help", "exp") == ["export"]


def test_a_value_after_an_equals_sign_is_completed_with_its_option():
    assert words("parity", "--on=a") == ["--on=a53", "--on=a55", "--on=a72", "--on=a76", "--on=adb"]
    assert words("bench", "--on=a") == ["--on=adb"]  # what is emulated has no time of its own
    assert words("bench", "--nonsense=a") == []


def test_variants_are_those_of_the_model_that_is_named():
    assert words("export", "mobilefacenet", "--variant", "") == [
        "y1",
        "y1-512",
        "y2",
        "mbf",
        "relu6-128",
        "prelu-112x96",
    ]
    assert words("export", "--variant", "") == ["official", "1mb", "rgb"]


def test_networks_budgets_and_recipes_are_names_or_files():
    assert answer("check", "mobilefacenet:y1-") == (["mobilefacenet:y1-512"], True)
    assert answer("check", "a.onnx", "iresnet10") == (["iresnet100"], True)
    assert answer("check", "a.onnx", "--budget", "lfr-l") == (words("budgets", "lfr-l"), True)
    assert answer("export", "retinaface_mne") == (["retinaface_mnet025"], True)
    assert answer("export", "my.pth", "tflite-i") == (["tflite-int8"], True)


@pytest.mark.parametrize(
    "line", ["export --weights", "detect", "bench a", "embed --recognizer", "compare a", "keygen --out"]
)
def test_files_are_left_to_the_shell(line):
    assert answer(*line.split(), "") == ([], True)


@pytest.mark.parametrize(
    "line", ["export --seed", "nonsense", "nonsense a", "bench --threads", "models", "compare a b"]
)
def test_without_known_values_nothing_is_offered(line):
    assert answer(*line.split(), "") == ([], False)


def test_after_two_dashes_there_are_no_options():
    assert words("check", "--", "--") == []
    assert words("check", "--", "vargf") == ["vargfacenet"]
