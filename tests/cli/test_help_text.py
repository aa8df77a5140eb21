"""Help: every option in a group, examples that can be typed, no line wider than the terminal."""

from __future__ import annotations

import shlex

import pytest

from edgeface.cli.app import COMMANDS as FUNCTIONS
from edgeface.cli.app import program
from edgeface.cli.help_text import command_lines, examples_of
from edgeface.core.wrapping import display_width

PROGRAM = program()
COMMANDS = PROGRAM.commands
EXAMPLES = [(name, line) for name, each in COMMANDS.items() for line in examples_of(each.callback)]


@pytest.mark.parametrize("width", ["40", "80"])
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_fits_the_terminal(edgeface_cli, monkeypatch, name, width):
    monkeypatch.setenv("COLUMNS", width)
    ended = edgeface_cli(*([name] if name else []), "--help")
    too_long = [line for line in ended.out.splitlines() if display_width(line) > min(int(width), 100)]
    assert [line for line in too_long if len(line.split()) > 3] == []
    assert not too_long or width == "40"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained_once(edgeface_cli, name):
    lines = edgeface_cli(name, "--help").out.splitlines()
    for each in COMMANDS[name].params:
        if each.param_type_name == "option":
            long = each.opts[0].removeprefix("--")
            starts = (f"--{long}", f"--[no-]{long}")
            assert len([line for line in lines if set(line.split()[:2]) & set(starts) and line[2:3] == "-"]) == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example(name):
    assert any(line.split("edgeface ")[1].split()[0] == name for _, line in EXAMPLES if name in line)


@pytest.mark.parametrize(("name", "line"), [*EXAMPLES, *(("", line) for line in examples_of(PROGRAM.callback))])
def test_examples_can_be_typed(name, line):
    printed = "\n".join(command_lines(line))
    first, *words = shlex.split(
        printed.replace("\\\n", "").replace('eval "$(', "").replace(')"', "").partition(" > ")[0]
    )
    assert first == "edgeface"
    context = PROGRAM.make_context("edgeface", list(words), resilient_parsing=False)
    used, command, rest = PROGRAM.resolve_command(context, words)
    assert used == name or not name
    with command.make_context(used, rest, parent=context):
        pass


def test_options_are_in_groups(edgeface_cli):
    text = edgeface_cli("export", "--help").out
    titles = [line for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert titles[0] == "Arguments:"
    assert titles[-2:] == ["Every command:", "Examples:"]
    assert len(titles) >= 7


def test_every_command_is_in_one_group():
    assert len({command.__name__ for command in FUNCTIONS}) == len(FUNCTIONS) == len(COMMANDS) - 2
