"""What people type that is not quite a command line: it works, or the error names what is meant."""

from __future__ import annotations

import itertools

import pytest

from edgeface.cli.app import program
from edgeface.cli.arguments import arranged

PROGRAM = program()
COMMANDS = PROGRAM.commands


def swapped(word):
    """The word with a letter left out, doubled, and two of them swapped."""
    at = len(word) // 2
    yield word[:at] + word[at + 1 :]
    yield word[:at] + word[at] + word[at:]
    yield word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_misspelt_command_names_the_one_that_is_meant(edgeface_cli, name):
    for wrong in swapped(name):
        if wrong not in COMMANDS:
            error = edgeface_cli(wrong, "--json").document["error"]
            assert error["what"] == f"there is no command {wrong!r}"
            assert f"did you mean {name}?" in error["fix"] or len(name) < 5


@pytest.mark.parametrize("name", COMMANDS)
def test_a_misspelt_option_names_the_one_that_is_meant(edgeface_cli, name):
    known = {option for each in COMMANDS[name].params for option in each.opts}
    for option in known:
        wrong = f"{option}s"
        if option.startswith("--") and wrong not in {*known, "--images"}:
            ended = edgeface_cli(name, wrong)
            assert ended.code == 2
            assert (
                f"{name} has no option {wrong}\n  fix:   did you mean {option}? `edgeface {name} --help`" in ended.err
            )


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["convert", "a.onnx"], "`edgeface export`"),
        (["my.pth"], "`edgeface export my.pth`"),
        (["export", "a.pth", "-o", "x"], "--out"),
        (["export", "a.pth", "--imgsz", "64"], "--input"),
        (["detect", "a.jpg", "--model", "x"], "--artifact"),
        (["export", "a.pth", "--calib", "x"], "--calibration"),
    ],
)
def test_words_of_other_tools_are_understood(edgeface_cli, words, meant):
    assert f"did you mean {meant}?" in edgeface_cli(*words).err


@pytest.mark.parametrize("name", [name for name, each in COMMANDS.items() if any(p.required for p in each.params)])
def test_what_is_missing_is_named_with_an_example(edgeface_cli, name):
    ended = edgeface_cli(name, "--json")
    error = ended.document["error"]
    assert ended.code == 2
    assert " is missing: " in error["what"]
    assert f"`edgeface {name} " in error["fix"] or name == "completion"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bench", "a", "--rounds", "x"], "--rounds: this must be a whole number"),
        (["detect", "a", "--artifact", "b", "--threshold", "x"], "--threshold: this must be a number"),
        (["export", "--target"], "--target needs a value"),
        (["models", "--json=1"], "--json takes no value"),
        (["models", "tflite"], "models does not take 'tflite'"),
        (["--taget", "x"], "there is no option --taget in front of a command"),
        (["-q"], "there is no command"),
    ],
)
def test_a_usage_error_is_said_in_our_words(edgeface_cli, words, said):
    ended = edgeface_cli(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {said}")


def test_alone_it_shows_its_help(edgeface_cli):
    ended = edgeface_cli()
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == edgeface_cli("--help").out


@pytest.mark.parametrize(
    "words", [*itertools.permutations(["export", "-q", "--json"]), ("--quiet", "--json", "export")]
)
def test_quiet_and_json_may_stand_anywhere(words):
    assert arranged(words, PROGRAM) == ["--quiet", "export", "--json"]


def test_values_and_what_follows_two_dashes_are_left_alone():
    assert arranged(["export", "--out", "-q", "a"], PROGRAM) == ["export", "--out", "-q", "a"]
    assert arranged(["check", "--", "-q"], PROGRAM) == ["check", "--", "-q"]
    assert arranged(["export", "--out=x", "-q", "a"], PROGRAM) == ["--quiet", "export", "--out=x", "a"]


@pytest.mark.parametrize("words", [["help", "bench"], ["bench", "help"], ["bench", "-h"], ["bench", "a", "--help"]])
def test_help_is_given_however_it_is_asked_for(edgeface_cli, words):
    ended = edgeface_cli(*words)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Usage: edgeface bench ")


def test_a_file_named_help_is_a_file(edgeface_cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "help").touch()
    assert edgeface_cli("bench", "help").code == 2


def test_the_version_is_given_however_it_is_asked_for(edgeface_cli):
    assert len({edgeface_cli(word).out for word in ("version", "--version", "-V")}) == 1
